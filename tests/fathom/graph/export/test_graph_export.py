"""Exports of both servers, read again by the tools that people have for each format."""

from __future__ import annotations

import csv
import json
import math
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import networkx as nx
import pandas as pd
import pyoxigraph
import pytest
from neo4j.time import Duration

from fathom.graph.content.graph_digest import GraphDigest, digest_of
from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord, Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.export.graph_export import FORMATS, ExportedGraph, FormatName, export_graph
from fathom.graph.export.xml_text import unescape_characters
from fathom.graph.write.clearing import clear_collection
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.property_values import decode_value
from tests.fathom.graph.content.random_graphs import create, random_graph
from tests.fathom.graph.export.cypher_splitter import load

pytestmark = pytest.mark.integration

BORN = datetime(1815, 12, 10, 12, 30, 15, 250000, tzinfo=UTC)
STRANGE = "a;b|\t'\"<&>\\u0041\\ \x07 写 🜁 _x0041_\r\n// ;"
VECTOR = [number / 8 for number in range(-16, 16)]


def small_graph(collection: str) -> tuple[list[NodeRecord], list[RelationshipRecord]]:
    """Ada and her bridge: every kind of value that all formats hold, two parallel facts, and a value of two kinds."""
    ada: dict[str, Any] = {
        "uuid": f"{collection}-ada",
        "group_id": collection,
        "name": STRANGE,
        "born": BORN,
        "day": date(1815, 12, 10),
        "walk": Duration(months=1, days=2, seconds=3),
        "age": 2**53 + 1,
        "size": 1.5,
        "alive": False,
        "name_embedding": VECTOR,
        "tags": ["one", "", STRANGE],
        "years": [1815, -3],
        "number": 7,
    }
    bridge = {"uuid": f"{collection}-bridge", "group_id": collection, "name": "Bridge", "number": "seven", "empty": ""}
    nodes = [NodeRecord("1", ("Entity", "Person"), ada), NodeRecord("2", ("Entity", "Odd `label"), bridge)]
    said = {"group_id": collection, "valid_at": BORN, "sure": 0.25}
    edges = [
        RelationshipRecord("1", "RELATES_TO", "1", "2", {**said, "uuid": f"{collection}-1", "fact": "Ada designed it."}),
        RelationshipRecord("2", "RELATES_TO", "1", "2", {**said, "uuid": f"{collection}-2", "fact": "Ada crossed it."}),
        RelationshipRecord("3", "odd type", "2", "2", {"uuid": f"{collection}-3", "group_id": collection}),
    ]
    return nodes, edges


@pytest.fixture
def ada(graph: GraphConnection, collection: str) -> GraphConnection:
    """A graph with the small graph in the collection."""
    create(graph, small_graph(collection))
    return graph


def exported(graph: GraphConnection, name: FormatName, target: Path, selection: Selection) -> ExportedGraph:
    """Exports, and nothing is left beside the target."""
    made = export_graph(graph, selection, name, target)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return made


def digest(graph: GraphConnection, collection: str) -> GraphDigest:
    reader = RecordReader(graph, Selection(collection=collection))
    return digest_of(reader.nodes(), reader.relationships())


def test_every_format_says_what_it_wrote(ada: GraphConnection, collection: str, tmp_path: Path) -> None:
    assert set(FORMATS) == set(get_args(FormatName))
    for name, known in FORMATS.items():
        made = exported(ada, name, tmp_path / name / f"graph{known.suffix}", Selection(collection=collection))
        assert (made.nodes, made.relationships, made.record_count, made.left_out) == (2, 3, 5, 0)
        files = [Path(made.path)] if Path(made.path).is_file() else list(Path(made.path).iterdir())
        assert made.size_bytes == sum(file.stat().st_size for file in files)
        assert len(made.sha256) == 64


@pytest.mark.parametrize("seed", range(3))
def test_json_lines_hold_everything(graph: GraphConnection, collection: str, tmp_path: Path, seed: int) -> None:
    create(graph, random_graph(seed, collection))
    exported(graph, "json", tmp_path / "graph.jsonl", Selection(collection=collection))
    head, *lines, end = map(json.loads, (tmp_path / "graph.jsonl").read_text(encoding="utf-8").splitlines())
    assert (head["type"], head["format"], head["version"]) == ("graph", "fathom-graph", 1)
    nodes = [
        NodeRecord(line["id"], tuple(line["labels"]), decode_value(line["properties"]))
        for line in lines
        if line["type"] == "node"
    ]
    edges = [
        RelationshipRecord(line["id"], line["label"], line["start"], line["end"], decode_value(line["properties"]))
        for line in lines
        if line["type"] == "relationship"
    ]
    assert (end["type"], end["nodes"], end["relationships"]) == ("end", len(nodes), len(edges))
    assert digest_of(nodes, edges) == digest(graph, collection)


@pytest.mark.parametrize("seed", range(3))
def test_a_cypher_script_loads_into_neo4j_as_the_same_graph(
    graph: GraphConnection, neo4j_graph: GraphConnection, collection: str, tmp_path: Path, seed: int
) -> None:
    create(graph, without_bytes(random_graph(seed, collection)))
    before = digest(graph, collection)
    exported(graph, "cypher", tmp_path / "graph.cypher", Selection(collection=collection))
    clear_collection(graph, collection)
    load(neo4j_graph, tmp_path / "graph.cypher")
    assert digest(neo4j_graph, collection) == before
    assert neo4j_graph.read("MATCH (n:__FathomImport) RETURN count(n) AS n") == [{"n": 0}]
    assert not neo4j_graph.read("SHOW CONSTRAINTS YIELD name WHERE name = 'fathom_import_id' RETURN name")


def without_bytes(
    graph: tuple[list[NodeRecord], list[RelationshipRecord]],
) -> tuple[list[NodeRecord], list[RelationshipRecord]]:
    """Cypher has no literal of bytes."""
    nodes, edges = graph
    plain = [NodeRecord(n.id, n.labels, {k: v for k, v in n.properties.items() if not isinstance(v, bytes)}) for n in nodes]
    return plain, [
        RelationshipRecord(
            e.id, e.type, e.source, e.target, {k: v for k, v in e.properties.items() if not isinstance(v, bytes)}
        )
        for e in edges
    ]


def test_networkx_reads_graphml_with_types_and_parallel_edges(ada: GraphConnection, collection: str, tmp_path: Path) -> None:
    exported(ada, "graphml", tmp_path / "graph.graphml", Selection(collection=collection))
    text = (tmp_path / "graph.graphml").read_text(encoding="utf-8")
    assert text.rindex("<key ") < text.index("<graph ")
    assert '<node id="' in text
    assert 'labels=":Entity:Person"' in text
    assert 'label="RELATES_TO"' in text
    found = nx.read_graphml(tmp_path / "graph.graphml")
    assert isinstance(found, nx.MultiDiGraph)
    by_uuid = {str(values["uuid"]): values for _, values in found.nodes(data=True)}
    person, bridge = by_uuid[f"{collection}-ada"], by_uuid[f"{collection}-bridge"]
    assert unescape_characters(person["name"]) == STRANGE
    assert (person["age"], person["size"], person["alive"], person["labels"]) == (2**53 + 1, 1.5, False, ":Entity:Person")
    assert datetime.fromisoformat(person["born"]) == BORN
    assert person["day"] == "1815-12-10"
    assert json.loads(person["name_embedding"]) == VECTOR
    assert json.loads(unescape_characters(person["tags"])) == ["one", "", STRANGE]
    assert (json.loads(person["number"]), json.loads(bridge["number"])) == (7, "seven")
    edges = list(found.edges(data=True))
    assert Counter(values["label"] for _, _, values in edges) == {"RELATES_TO": 2, "odd type": 1}
    assert {values["sure"] for _, _, values in edges if "sure" in values} == {0.25}


def test_pandas_reads_parquet_with_types(ada: GraphConnection, collection: str, tmp_path: Path) -> None:
    exported(ada, "parquet", tmp_path / "graph", Selection(collection=collection))
    nodes = pd.read_parquet(tmp_path / "graph" / "nodes.parquet").set_index("uuid")
    edges = pd.read_parquet(tmp_path / "graph" / "relationships.parquet")
    person = nodes.loc[f"{collection}-ada"]
    assert person["name"] == STRANGE
    assert person["age"] == 2**53 + 1
    assert str(nodes["age"].dtype) == "Int64"
    assert nodes["born"].dtype == pd.DatetimeTZDtype("us", "UTC")
    assert person["born"] == pd.Timestamp(BORN)
    assert person["day"] == date(1815, 12, 10)
    assert list(person["name_embedding"]) == VECTOR
    assert list(person["tags"]) == ["one", "", STRANGE]
    assert sorted(person["labels"]) == ["Entity", "Person"]
    assert json.loads(person["number"]) == 7
    assert sorted(edges["type"]) == ["RELATES_TO", "RELATES_TO", "odd type"]
    assert set(edges["source"]) | set(edges["target"]) == set(nodes["id"])
    whole = pd.read_parquet(tmp_path / "graph")
    assert Counter(whole["kind"]) == {"node": 2, "relationship": 3}
    assert set(whole["fact"].dropna()) == {"Ada designed it.", "Ada crossed it."}


def test_csv_has_the_headers_of_neo4j_admin(ada: GraphConnection, collection: str, tmp_path: Path) -> None:
    exported(ada, "csv", tmp_path / "graph.zip", Selection(collection=collection))
    with zipfile.ZipFile(tmp_path / "graph.zip") as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    rows = {name: list(csv.DictReader(text.splitlines(keepends=True))) for name, text in files.items() if name.endswith(".csv")}
    person = next(row for name, found in rows.items() if name.endswith("_Entity_Person.csv") for row in found)
    assert person["name:string"] == STRANGE
    assert person["age:long"] == str(2**53 + 1)
    assert person["born:datetime"].startswith("1815-12-10T12:30:15.25")
    delimiter = next(sign for sign in ("~", "^", "\x1f") if sign in person["tags:string[]"])
    assert person["tags:string[]"].split(delimiter) == ["one", "", STRANGE]
    assert f"{collection}-bridge" in {row["uuid:string"] for found in rows.values() for row in found}
    facts = next(found for name, found in rows.items() if name.endswith("_RELATES_TO.csv"))
    assert {row[":TYPE"] for row in facts} == {"RELATES_TO"}
    assert {row[":START_ID"] for row in facts} == {person[":ID"]}
    assert "neo4j-admin database import full" in files["README.txt"]
    assert all(f"={name}" in files["README.txt"] for name in rows)
    assert "CREATE CONSTRAINT" in files["schema.cypher"]


def test_turtle_has_direct_triples_and_facts_as_resources(ada: GraphConnection, collection: str, tmp_path: Path) -> None:
    exported(ada, "turtle", tmp_path / "graph.ttl", Selection(collection=collection))
    triples = list(pyoxigraph.parse(path=tmp_path / "graph.ttl"))
    related = pyoxigraph.NamedNode("urn:fathom:type:RELATES_TO")
    direct = {(triple.subject, triple.object) for triple in triples if triple.predicate == related}
    assert len(direct) == 1  # parallel facts are a single triple, and two resources
    assert sum(triple.object == related for triple in triples) == 2
    values = {triple.predicate.value.rpartition(":")[2]: triple.object for triple in triples}
    names = {triple.object.value for triple in triples if triple.predicate.value == "urn:fathom:property:name"}
    assert names == {STRANGE, "Bridge"}
    assert values["age"] == pyoxigraph.Literal(2**53 + 1)
    assert values["born"].datatype.value.endswith("#dateTime")
    assert json.loads(values["name_embedding"].value) == VECTOR


def test_a_selection_leaves_the_rest_out(ada: GraphConnection, collection: str, tmp_path: Path) -> None:
    def lines(selection: Selection) -> list[dict[str, Any]]:
        target = tmp_path / "graph.jsonl"
        exported(ada, "json", target, selection)
        return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()[1:-1]]

    people = lines(Selection(collection=collection, labels=("Person",)))
    assert [line["properties"]["uuid"] for line in people] == [f"{collection}-ada"]
    bare = lines(Selection(collection=collection, embeddings=False))
    assert not any("name_embedding" in line["properties"] for line in bare)
    early = lines(Selection(collection=collection, at=datetime(1800, 1, 1, tzinfo=UTC)))
    assert [line["label"] for line in early if line["type"] == "relationship"] == ["odd type"]
    single = lines(Selection(collection=collection, limit=1))
    nodes = {line["id"] for line in single if line["type"] == "node"}
    assert len(nodes) == 1
    assert all({line["start"], line["end"]} <= nodes for line in single if line["type"] == "relationship")


def test_numbers_that_are_not_finite_are_kept(graph: GraphConnection, collection: str, tmp_path: Path) -> None:
    values = {"group_id": collection, "uuid": collection, "name": "N", "size": math.nan, "largest": math.inf}
    create(graph, ([NodeRecord("1", ("Entity",), values)], []))
    exported(graph, "graphml", tmp_path / "a" / "graph.graphml", Selection(collection=collection))
    ((_, found),) = nx.read_graphml(tmp_path / "a" / "graph.graphml").nodes(data=True)
    assert math.isnan(found["size"])
    assert found["largest"] == math.inf
    exported(graph, "parquet", tmp_path / "b" / "graph", Selection(collection=collection))
    assert pd.read_parquet(tmp_path / "b" / "graph" / "nodes.parquet")["largest"].tolist() == [math.inf]
