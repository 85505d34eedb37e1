"""The CSV files of an export make a new database by neo4j-admin, by the command of their README, with the same digest."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fathom.graph.content.graph_digest import digest_of
from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord, Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.export.admin_csv import README
from fathom.graph.export.graph_export import export_graph
from fathom.graphdb.connection import GraphAddress, GraphConnection
from scripts.neo4j_server import ADMIN, Neo4jServer, jars
from tests.fathom.graph.content.random_graphs import create, random_graph

pytestmark = pytest.mark.integration


def test_neo4j_admin_imports_the_same_graph(neo4j_graph: GraphConnection, collection: str, tmp_path: Path) -> None:
    nodes, edges = random_graph(5, collection, nodes=30, edges=60)
    kept = [NodeRecord(one.id, one.labels, without_empty_lists(one.properties)) for one in nodes]
    related = [
        RelationshipRecord(one.id, one.type, one.source, one.target, without_empty_lists(one.properties)) for one in edges
    ]
    create(neo4j_graph, (kept, related))
    reader = RecordReader(neo4j_graph, Selection(collection=collection))
    before = digest_of(reader.nodes(), reader.relationships())
    export_graph(neo4j_graph, Selection(collection=collection), "csv", tmp_path / "graph")

    home = tmp_path / "neo4j"
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "neo4j.conf").touch()
    places = {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    words = shlex.split(command(tmp_path / "graph" / README))[1:]
    call = ["java", "-Xmx256m", "-cp", f"{jars()}/*", ADMIN, *words]
    done = subprocess.run(call, cwd=tmp_path / "graph", env=os.environ | places, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    server = Neo4jServer(home)
    server.start()
    try:
        graph = GraphConnection(GraphAddress(server.uri, server.user, server.password, "neo4j", embedded=False))
        reader = RecordReader(graph)
        assert digest_of(reader.nodes(), reader.relationships()) == before
        graph.close()
    finally:
        server.stop()


def without_empty_lists(properties: Any) -> dict[str, Any]:
    """neo4j-admin reads an empty list, or no bytes, as no value."""
    return {name: value for name, value in properties.items() if value not in ([], b"")}


def command(readme: Path) -> str:
    """The command of the README."""
    text = readme.read_text(encoding="utf-8")
    return text[text.index("neo4j-admin database import") :].split("\n\n")[0].replace("\\\n", " ")
