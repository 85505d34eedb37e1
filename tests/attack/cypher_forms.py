"""Generates Cypher that tries to write: clauses that change something, hidden in comments, quotes, white space and escapes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

# Every character that Unicode or some reader of text calls a line break or a space, and some that look like none.
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
SPACES = (
    " \t\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u202f\u205f\u3000\x1f\u180e\u200b\u2060\ufeff\x00"
)
WRITES = (
    "CREATE (:Hacked {by: 1})",
    "CREATE (n:Entity {uuid: 'hacked'}) RETURN n",
    "MERGE (n:Hacked {by: 2}) RETURN n",
    "MATCH (n) SET n.hacked = 1",
    "MATCH (n) SET n += {hacked: 1} RETURN n",
    "MATCH (n) SET n:Hacked",
    "MATCH (n) REMOVE n.name",
    "MATCH (n) REMOVE n:Entity",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) DELETE n",
    "MATCH (n) WITH n LIMIT 1 CREATE (n)-[:HACKED]->(n)",
    "MATCH ()-[r]->() DELETE r",
    "MATCH ()-[r]->() SET r.hacked = 1",
    "FOREACH (x IN [1, 2] | CREATE (:Hacked {by: x}))",
    "UNWIND [1, 2] AS x CREATE (:Hacked {by: x})",
    "CALL { CREATE (:Hacked) RETURN 1 AS one } RETURN one",
    "CALL { CREATE (:Hacked) } IN TRANSACTIONS",
    "MATCH (n) CALL { WITH n SET n.hacked = 1 } IN TRANSACTIONS OF 1 ROWS",
    "MERGE (n:Hacked) ON CREATE SET n.by = 3 ON MATCH SET n.by = 4",
    "CREATE INDEX hacked FOR (n:Entity) ON (n.hacked)",
    "CREATE CONSTRAINT hacked FOR (n:Hacked) REQUIRE n.by IS UNIQUE",
    "CREATE FULLTEXT INDEX hacked_text FOR (n:Entity) ON EACH [n.hacked]",
    "DROP INDEX entity_uuid",
    "DROP CONSTRAINT entity_uuid IF EXISTS",
    "CALL db.createLabel('Hacked')",
    "CALL db.createRelationshipType('HACKED')",
    "CALL db.createProperty('hacked')",
    "CALL db.create.setNodeVectorProperty(null, 'hacked', [1.0])",
    "MATCH (n) CALL db.create.setNodeVectorProperty(n, 'hacked', [1.0]) RETURN 1",
    "CALL apoc.create.node(['Hacked'], {by: 5})",
    "CALL apoc.cypher.doIt('CREATE (:Hacked)', {}) YIELD value RETURN value",
    "CALL sql('CREATE VERTEX Entity SET hacked = 1')",
    "INSERT (:Hacked {by: 6})",
    "LOAD CSV FROM 'file:///etc/passwd' AS line CREATE (:Hacked {by: line})",
    "CREATE USER hacked SET PASSWORD 'a-long-password'",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'a-long-password'",
    "DROP DATABASE neo4j",
    "CREATE DATABASE hacked",
)
READS = ("RETURN 1", "MATCH (n) RETURN n LIMIT 1", "UNWIND [1] AS a RETURN a", "RETURN 1 AS one UNION RETURN 2 AS one")
_WORD = re.compile(r"[A-Za-z]{3,}")

Form = Callable[[random.Random, str], str]


def attempts(seed: int, count: int) -> Iterator[str]:
    """Yields so many queries: a clause that writes, changed by one to four forms."""
    chance = random.Random(seed)
    for _ in range(count):
        query = chance.choice(WRITES)
        for form in chance.sample(FORMS, chance.randint(1, 4)):
            query = form(chance, query)
        yield query


def _break(chance: random.Random) -> str:
    breaks = [*BREAKS, "\r\n", "\n\r", "\\n", "\\u000a", "\\u000D"]
    return chance.choice(breaks)


def _space(chance: random.Random) -> str:
    comments = ["/**/", "/* ' */", '/* " */', "/* ` */", f"//{_break(chance)}"]
    spaces = [*SPACES, *BREAKS, *comments, "\\u0020", "\\u0009"]
    return chance.choice(spaces)


def _spaced(chance: random.Random, query: str) -> str:
    """Other white space, or a comment, for some of the spaces."""
    return re.sub(r" ", lambda _: _space(chance) if chance.random() < 0.5 else " ", query)


def _behind_line_comment(chance: random.Random, query: str) -> str:
    """A comment to the end of a line, which ends where some reader says that it does."""
    return f"{chance.choice(READS)} //{chance.choice(('', ' ', chr(39), chr(34), '`', '/*'))}{_break(chance)} UNION {query}"


def _between_quotes(chance: random.Random, query: str) -> str:
    """Between two quotes that only one reading of the comments takes for quotes."""
    quote = chance.choice("'\"`")
    return f"// {quote}{_break(chance)}{query} // {quote}{_break(chance)} RETURN 1"


def _behind_block_comment(chance: random.Random, query: str) -> str:
    """Behind a block comment that ends early, late or twice."""
    opened = chance.choice(("/*/ */", "/* /* */", "/**/", "/***/", "/* */ */", "/* // */", "/*\\u002a/*/", "/* '*/", "/*\\*/"))
    return f"{opened}{query}"


def _in_quoted_comment(chance: random.Random, query: str) -> str:
    """A comment that begins in a string, and what follows it."""
    value = chance.choice(("1", "'/*'", "'//'", '"/*"', "`a`"))
    return f"WITH {value} AS `b` {query} //*/ {_break(chance)}"


def _behind_string(chance: random.Random, query: str) -> str:
    """Behind a string that ends by an escaped quote, a doubled one or one of another kind."""
    string = chance.choice(("'\\''", "'\\\\'", "''''", "'\\u0027", '"\\""', "'\\\\\\''", "`a``b`", "'\"'", "'\n'", "'\\"))
    return f"WITH {string} AS s {query}"


def _escaped(chance: random.Random, query: str) -> str:
    """Letters of a word as escapes, as Neo4j decodes them before it parses."""
    words = list(_WORD.finditer(query))
    if not words:
        return query
    word = chance.choice(words)
    at = chance.randrange(word.start(), word.end())
    return f"{query[:at]}\\{'u' * chance.randint(1, 2)}{ord(query[at]):04x}{query[at + 1 :]}"


def _in_other_letters(chance: random.Random, query: str) -> str:
    """Words in other cases, letters of full width, or letters that become ASCII in another case."""
    change = chance.choice(
        (str.lower, str.swapcase, str.title, lambda text: text.replace("S", "\u017f").replace("K", "\u212a"))
    )
    return change(query)


def _prefixed(chance: random.Random, query: str) -> str:
    """Options of the planner, clauses before it, or another statement."""
    before = ("PROFILE ", "EXPLAIN ", "CYPHER 5 ", "CYPHER planner=cost ", "USE neo4j ", "RETURN 1; ", "RETURN 1 UNION ALL ",
              "MATCH (a) WITH a ", "OPTIONAL MATCH (zz) ", "{ ", ";", "\ufeff", "{cypher} ", "sql ")  # fmt: skip
    return chance.choice(before) + query


def _nested(chance: random.Random, query: str) -> str:
    """Within a subquery, a condition or a loop."""
    around = (
        "CALL {{ {} }} RETURN 1",
        "CALL () {{ {} }} RETURN 1",
        "MATCH (q) WHERE EXISTS {{ {} }} RETURN q",
        "RETURN COUNT {{ {} }}",
        "RETURN COLLECT {{ {} }}",
        "FOREACH (i IN [1] | {})",
        "WITH 1 AS w {} RETURN 1",
    )
    return chance.choice(around).format(query)


def _ended(chance: random.Random, query: str) -> str:
    """Appends a second statement, a comment that is not closed, a lone backslash."""
    return query + chance.choice((";", "; RETURN 1", " /*", " //", "\\", "\x00", " RETURN 1", f" //{_break(chance)}RETURN 1"))


def _glued(chance: random.Random, query: str) -> str:
    """Without white space where a bracket or quote ends a word."""
    return query.replace(" (", "(").replace(") ", ")").replace(" {", "{").replace("} ", "}")


FORMS: tuple[Form, ...] = (
    _spaced,
    _behind_line_comment,
    _between_quotes,
    _behind_block_comment,
    _in_quoted_comment,
    _behind_string,
    _escaped,
    _in_other_letters,
    _prefixed,
    _nested,
    _ended,
    _glued,
)
