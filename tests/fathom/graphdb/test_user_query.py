"""Cypher from a person reads within limits, and changes nothing."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import datetime

import pytest
from neo4j.exceptions import Neo4jError

from fathom.errors import QueryRefused
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.arcadedb_process import COMMAND_TIMEOUT_MS
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.user_query import MAX_LIMIT, MAX_QUERY, reject_writes, run_query
from tests.fathom.graphdb.small_corpus import BRIDGE, FIRM, WRITTEN_AT, chunks_of, digest

WRITING = [
    "CREATE (n:Entity)",
    "create(n)",
    "MATCH (n) SET n.name = 'x'",
    "MATCH (n)SET n.name = 'x'",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) DELETE n",
    "MERGE (n:Entity {uuid: 'x'}) RETURN n",
    "MATCH (n) REMOVE n.name",
    "MATCH (n) WITH n /* quiet */ DELETE n",
    "MATCH (n) WHERE n.name = 'it\\'s' DELETE n",
    "MATCH (n) WHERE n.name = '/*' DELETE n //*/",
    "MATCH (n) WITH collect(n) AS all FOREACH (x IN all | SET x.a = 1)",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "LOAD  /* */ CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "DROP INDEX entity_uuid",
    "CALL { MATCH (n) RETURN n } IN TRANSACTIONS RETURN 1",
    "CALL apoc.cypher.doIt('x', {})",
    "CALL dbms.killQueries(['x'])",
    "CALL `dbms`.`killQueries`(['x'])",
    "CALL `apoc`.load.json('http://127.0.0.1')",
    "RETURN 1; CREATE (n)",
    "MATCH (n) D\\u0045LETE n",
    "LO\\u0041D CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "RETURN '\\u0027 LOAD CSV FROM \\u0027file:///etc/passwd' AS a",
    "// '\rCREATE (:H4 {hacked:1}) // '\n RETURN 1",
    "RETURN 1 //\r UNION CREATE (:H5 {hacked:1}) RETURN 1",
    "RETURN 1 //\u2028 UNION CREATE (:H5) RETURN 1",
    "",
    "  // nothing",
]
READING = [
    "MATCH (n:Entity) RETURN n.name",
    "MATCH (n) WHERE n.name = 'CREATE' RETURN n",
    'MATCH (n) WHERE n.name = "DELETE it; SET x" RETURN n',
    "MATCH (n) WHERE n.name = 'it\\'s a SET' RETURN n",
    "RETURN 1 // then DELETE",
    "RETURN /* MERGE\n this */ 1",
    "MATCH (`CREATE`:Entity) RETURN `CREATE`",
    "MATCH (n:Set) RETURN n.set, n.delete",
    "MATCH (n) RETURN n.created_at AS created, n.dataset AS dataset",
    "MATCH (n) WHERE n.name = $create RETURN n",
    "RETURN {create: 1}.create AS offset",
    "CALL db.labels() YIELD label RETURN label",
    "CALL { MATCH (n) RETURN count(n) AS n } RETURN n",
    "SHOW INDEXES",
    "RETURN 'caf\\u00e9' AS name",
]


@pytest.mark.parametrize("cypher", WRITING)
def test_a_query_that_would_write_is_refused(cypher: str) -> None:
    with pytest.raises(QueryRefused):
        reject_writes(cypher)


@pytest.mark.parametrize("cypher", READING)
def test_a_query_that_reads_is_allowed_whatever_words_it_quotes(cypher: str) -> None:
    reject_writes(cypher)


def test_a_query_of_any_length_is_judged_at_once() -> None:
    began = time.monotonic()
    reject_writes("RETURN '" + "\\'" * (MAX_QUERY // 2 - 10) + "'")
    reject_writes("RETURN 1 " + "/*" * (MAX_QUERY // 2 - 10))
    assert time.monotonic() - began < 2
    with pytest.raises(QueryRefused, match="characters"):
        reject_writes("R" * (MAX_QUERY + 1))


@pytest.mark.integration
def test_rows_end_at_the_limit_and_say_so(graph: GraphConnection) -> None:
    result = run_query(graph, "UNWIND range(1, 20) AS n RETURN n ORDER BY n", limit=5)
    assert result.records == [{"n": number} for number in range(1, 6)]
    assert (result.summary["records_returned"], result.summary["truncated"]) == (5, True)
    exact = run_query(graph, "UNWIND range(1, $most) AS n RETURN n", {"most": 5}, limit=5)
    assert (exact.summary["records_returned"], exact.summary["truncated"]) == (5, False)


@pytest.mark.integration
@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1])
def test_a_limit_out_of_bounds_is_refused(graph: GraphConnection, limit: int) -> None:
    with pytest.raises(QueryRefused):
        run_query(graph, "RETURN 1", limit=limit)


@pytest.mark.integration
@pytest.mark.parametrize("cypher", ["MATCH (n RETURN n", "RETURN nobody", "SELECT * FROM V", "RETURN $missing AS a"])
def test_what_is_not_cypher_is_refused_in_a_sentence(graph: GraphConnection, cypher: str) -> None:
    with pytest.raises(QueryRefused) as raised:
        run_query(graph, cypher)
    assert "\n" not in raised.value.message


@pytest.mark.integration
def test_a_query_that_takes_too_long_is_refused(graph: GraphConnection) -> None:
    began = time.monotonic()
    endless = "UNWIND range(1, 30000) AS a UNWIND range(1, 30000) AS b WITH a * b AS c WHERE c < 0 RETURN count(c) AS n"
    with pytest.raises(QueryRefused):
        run_query(graph, endless, timeout_s=1)
    assert time.monotonic() - began < (COMMAND_TIMEOUT_MS / 1000 + 15 if graph.address.embedded else 20)
    assert run_query(graph, "RETURN 1 AS one").records == [{"one": 1}]


@pytest.mark.integration
def test_everything_a_query_gives_is_json(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    result = run_query(
        graph,
        "MATCH path = (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.group_id = $group AND n.name = 'Tamar Bridge' "
        "RETURN p, m, n, path, p.valid_at AS at, [1, 2.5, null, true] AS list, {a: p.created_at} AS map",
        {"group": collection},
    )
    (row,) = json.loads(json.dumps(result.records))
    assert row["n"]["labels"] == ["Entity", "Location"]
    assert row["n"]["properties"]["name"] == "Tamar Bridge"
    assert row["m"]["type"] == "MENTIONS"
    assert len(row["path"]["nodes"]) == 2
    assert datetime.fromisoformat(row["at"]) == WRITTEN_AT
    assert row["list"] == [1, 2.5, None, True]
    assert row["map"]["a"] == row["at"]


SLIPPED = [
    "MATCH (n:Entity) WHERE n.group_id = $group SET n.name = 'x' RETURN n",
    "// '\rCREATE (:H4 {hacked:1}) // '\n RETURN 1",
    "CREATE (n:Entity {group_id: $group}) RETURN n",
    "MATCH (n:Entity) WHERE n.group_id = $group DETACH DELETE n",
    "MATCH (n:Entity) WHERE n.group_id = $group SET n:Hacked RETURN n",
    "MATCH (n:Entity), (m:Entity) CREATE (n)-[:HACKED]->(m)",
    "CREATE INDEX hacked FOR (n:Entity) ON (n.hacked)",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "CREATE USER hacked SET PASSWORD 'a-long-password'",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'",
    "SHOW USERS",
    "CALL dbms.killConnection('bolt-1')",
]


@pytest.mark.integration
@pytest.mark.parametrize("cypher", SLIPPED)
def test_the_server_refuses_a_write_that_our_own_reading_let_through(
    graph: GraphConnection, writer: DocumentWriter, collection: str, cypher: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    before = digest(graph, collection)
    with contextlib.suppress(Neo4jError, QueryRefused):  # the embedded server refuses some only where they are committed
        graph.read_as_user(cypher, {"group": collection}, timeout_s=5, limit=9)
    assert digest(graph, collection) == before
    with pytest.raises((Neo4jError, QueryRefused)):
        committed(graph, cypher, collection)
    assert digest(graph, collection) == before


def committed(graph: GraphConnection, cypher: str, collection: str) -> None:
    """Runs it as a person's query, and commits it where a person's query could be committed."""
    if not graph.address.embedded:
        graph.read_as_user(cypher, {"group": collection}, timeout_s=5, limit=9)
        return
    with graph.reading_driver.session(database=graph.address.database) as session:
        session.run(cypher, group=collection).consume()
