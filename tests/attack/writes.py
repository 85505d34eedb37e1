"""Tries to change the graph as a reader, many thousand times, and counts what changed.

python -m tests.attack.writes --attempts 100000 --server embedded
python -m tests.attack.writes --attempts 100000 --server neo4j
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from neo4j import ManagedTransaction, Query
from neo4j.exceptions import Neo4jError
from pydantic import SecretStr

from fathom.deployment.graph_component import GraphComponent
from fathom.errors import GraphUnreachable, QueryFailed, QueryInvalid, QueryRefused
from fathom.graph.content.graph_digest import GraphDigest, digest_of
from fathom.graph.content.record_reader import RecordReader
from fathom.graphdb.arcadedb_sql import run_sql
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.graphdb.query.user_query import QueryOptions, run_query
from fathom.graphdb.schema import ensure_schema
from fathom.settings import Settings
from scripts.neo4j_server import Neo4jServer
from tests.attack.cypher_forms import attempts

BATCH = 500
TIMEOUT_S = 5.0  # that one attempt may take
OPTIONS = QueryOptions(timeout_s=TIMEOUT_S, limit=10)


@dataclass
class Attack:
    """Counts of the attempts: refused by the server, answered, and those after which the graph differed."""

    tried: int = 0
    refused_by_server: Counter[str] = field(default_factory=Counter[str])
    answered: int = 0
    changed: list[str] = field(default_factory=list[str])

    def rows(self) -> list[tuple[str, int]]:
        """Returns the rows of a table."""
        by_server = [(f"refused by the server: {kind}", number) for kind, number in self.refused_by_server.most_common()]
        answered = ("answered, having read only", self.answered)
        return [("attempts", self.tried), *by_server, answered, ("changed something", len(self.changed))]


def attack(graph: GraphConnection, seed: int, count: int) -> Attack:
    """Tries so many writes as a reader; looks after each batch whether anything differs.

    The queries of a batch after which something differs are all listed as `changed`.
    """
    done, before, queries = Attack(), state(graph), attempts(seed, count)
    while batch := list(islice(queries, BATCH)):
        for query in batch:
            _try(graph, query, done)
        if (after := state(graph)) != before:
            done.changed += batch
            before = after
        if done.tried % (10 * BATCH) == 0:
            print(f"{done.tried:,} tried, {len(done.changed)} changed something", file=sys.stderr, flush=True)
    return done


def state(graph: GraphConnection) -> dict[str, object]:
    """Returns counts of all that a query could change: nodes, relationships, properties, labels, types, indexes, users."""
    counts: dict[str, object] = {
        "nodes": graph.read("MATCH (n) RETURN labels(n) AS of, count(*) AS many, sum(size(keys(n))) AS keys ORDER BY of"),
        "relationships": graph.read("MATCH ()-[r]->() RETURN type(r) AS of, count(*) AS many, sum(size(keys(r))) AS keys"),
        "names": graph.read("MATCH (n) RETURN n.name AS name ORDER BY name"),
    }
    if graph.address.embedded:
        for what in ("types", "indexes", "database"):
            asked = "SELECT name, properties FROM schema:types" if what == "types" else f"SELECT name FROM schema:{what}"
            counts[what] = sorted(str(row) for row in run_sql(graph.address, asked))
        return counts
    for what in ("INDEXES YIELD name", "CONSTRAINTS YIELD name", "USERS YIELD user", "DATABASES YIELD name"):
        counts[what] = sorted(str(row) for row in graph.read(f"SHOW {what}"))
    counts["labels"] = graph.read("CALL db.labels() YIELD label RETURN label ORDER BY label")
    counts["types"] = graph.read("CALL db.relationshipTypes() YIELD relationshipType AS type RETURN type ORDER BY type")
    counts["keys"] = graph.read("CALL db.propertyKeys() YIELD propertyKey AS key RETURN key ORDER BY key")
    return counts


def try_each(graph: GraphConnection, queries: Sequence[str]) -> dict[str, str]:
    """Tries each as a reader by the route of people's queries; returns the error of each, "" for one that was answered.

    Raises AssertionError as soon as anything differs.
    """
    outcomes: dict[str, str] = {}
    before = digest(graph), state(graph)
    for query in queries:
        try:
            run_query(graph, query, {"rows": [1]}, OPTIONS)
            outcomes[query] = ""
        except (QueryRefused, QueryInvalid, QueryFailed) as error:
            outcomes[query] = error.name
        assert digest(graph) == before[0], query
    assert state(graph) == before[1]
    return outcomes


def digest(graph: GraphConnection) -> GraphDigest:
    """Returns the digest of the whole graph."""
    reader = RecordReader(graph)
    return digest_of(reader.nodes(), reader.relationships())


@contextmanager
def small_graph(server: str, folder: Path) -> Iterator[GraphConnection]:
    """A graph of a few nodes on a server of its own: `embedded` or `neo4j`."""
    settings, neo4j = Settings(home=folder / "home", graph_uri=None), None
    if server == "neo4j":
        neo4j = Neo4jServer(folder / "neo4j", keep_alive_s=1)  # it leaves a few attempts without an answer
        neo4j.start()
        settings = Settings(home=folder / "home", graph_uri=neo4j.uri, graph_password=SecretStr(neo4j.password))
    part = GraphComponent(settings)
    part.start()
    graph = open_graph(settings)
    try:
        fill(graph)
        yield graph
    finally:
        graph.close()
        part.stop()
        if neo4j is not None:
            neo4j.stop()


def fill(graph: GraphConnection) -> None:
    """Writes the schema and a few nodes that there is something to change."""
    ensure_schema(graph)
    for name in ("Ada Moreno", "Tamar Bridge", "Plymouth"):
        graph.write(partial(_made, name=name))
    joined = "MATCH (a:Entity {uuid: 'Ada Moreno'}), (b:Entity {uuid: 'Tamar Bridge'}) MERGE (a)-[:RELATES_TO {uuid: 'r'}]->(b)"
    graph.write(lambda tx: tx.run(joined).consume())


def _made(transaction: ManagedTransaction, name: str) -> None:
    named = "MERGE (n:Entity {uuid: $name}) SET n.name = $name, n.group_id = 'attacked'"
    transaction.run(named, name=name).consume()


def _try(graph: GraphConnection, query: str, done: Attack) -> None:
    done.tried += 1
    try:
        if graph.address.embedded and done.tried % 2:  # the rights of the user alone, with no plan and nothing rolled back
            with graph.reading_driver.session(database=graph.address.database) as session:
                session.run(Query(query, timeout=TIMEOUT_S)).consume()
        else:
            run_query(graph, query, options=OPTIONS)
        done.answered += 1
    except (QueryRefused, QueryInvalid, QueryFailed) as error:
        done.refused_by_server[error.name] += 1
    except Neo4jError as error:
        done.refused_by_server[str(error.code)] += 1
    except GraphUnreachable:
        done.refused_by_server["connection ended"] += 1


def main() -> int:
    """Attacks a server of its own and prints what became of the attempts; fails where any changed the graph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", choices=("embedded", "neo4j"), default="embedded")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, small_graph(asked.server, Path(folder)) as graph:
        done = attack(graph, asked.seed, asked.attempts)
    for what, number in done.rows():
        print(f"{what:<60} {number:>8,}")
    for query in done.changed:
        print(repr(query))
    return 1 if done.changed else 0


if __name__ == "__main__":
    sys.exit(main())
