"""Measures the statistics of a graph of a million nodes on Neo4j and on the embedded server.

python -m benchmarks.graph_stats          both servers
python -m benchmarks.graph_stats 200000   with so many nodes
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from neo4j import ManagedTransaction
from pydantic import SecretStr

from benchmarks.figure import Figure, median_seconds
from fathom.database import close_databases
from fathom.deployment.graph_component import GraphComponent
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.graphdb.fencing import LABEL, lease_node
from fathom.graphdb.schema import ensure_schema
from fathom.operations.graph.graph_stats import graph_stats
from fathom.settings import Settings
from scripts.neo4j_server import Neo4jServer

NODES = 1_000_000
BATCH = 20_000
COLLECTIONS = 5
NAIVE = "MATCH (n) UNWIND labels(n) AS label RETURN label, count(*) AS n"
FILL = (
    "UNWIND range($first, $last) AS i CREATE (n:Entity {uuid: toString(i), name: 'Entity ' + toString(i), "
    "group_id: 'bench-' + toString(i % $collections), summary: 'of a document'})"
)
MARK = f"MERGE (f:{LABEL} {{uuid: $uuid}}) SET f.collection = $collection, f.number = 1, f.writes = $writes"


def measure(nodes: int = NODES) -> list[Figure]:
    """Time of the statistics on each server, with the naive count by label on the same graph."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        neo4j = Neo4jServer(Path(folder) / "neo4j")
        (Path(folder) / "neo4j").mkdir()
        neo4j.start()
        try:
            password = SecretStr(neo4j.password)
            settings = Settings(home=Path(folder) / "a", graph_uri=neo4j.uri, graph_password=password)
            figures += _of_server("Neo4j", settings, nodes)
        finally:
            neo4j.stop()
        settings = Settings(home=Path(folder) / "b", graph_uri=None, graph_heap_mb=1024)
        part = GraphComponent(settings)
        part.start()
        try:
            figures += _of_server("the embedded graph", settings, nodes)
        finally:
            part.stop()
        close_databases()
    return figures


def _of_server(name: str, settings: Settings, nodes: int) -> list[Figure]:
    settings.home.mkdir(parents=True, exist_ok=True)
    graph = open_graph(settings)
    ensure_schema(graph)
    for first in range(0, nodes, BATCH):
        graph.write(partial(_fill, first=first, last=min(first + BATCH, nodes) - 1))
    _mark(graph, writes=1)
    graph_stats(settings, graph, exact=True)
    kept_ms = median_seconds(lambda: graph_stats(settings, graph)) * 1000
    naive_ms = median_seconds(lambda: graph.read(NAIVE), runs=3) * 1000
    _mark(graph, writes=2)
    stale_ms = median_seconds(lambda: (_mark(graph, writes=2), graph_stats(settings, graph)), runs=1, warm_up=0) * 1000
    graph.close()
    size = f"{nodes:,} nodes in {COLLECTIONS} collections"
    return [
        Figure(f"statistics on {name}", kept_ms, "ms", "MATCH (n) UNWIND labels(n)", naive_ms, "≤ 200 ms", size),
        Figure(f"the same after writes to all collections, on {name}", stale_ms, "ms", note=f"{size}; the first call after"),
    ]


def _fill(transaction: ManagedTransaction, first: int, last: int) -> None:
    transaction.run(FILL, first=first, last=last, collections=COLLECTIONS).consume()


def _mark(graph: GraphConnection, writes: int) -> None:
    for number in range(COLLECTIONS):
        name = f"bench-{number}"
        values = {"uuid": lease_node(name), "collection": name, "writes": writes}
        graph.write(partial(_set_mark, values=values))


def _set_mark(transaction: ManagedTransaction, values: dict[str, object]) -> None:
    transaction.run(MARK, values).consume()


if __name__ == "__main__":
    print(json.dumps([one.as_dict() for one in measure(*map(int, sys.argv[1:2]))]))
