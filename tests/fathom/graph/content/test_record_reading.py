"""A graph is read as it was written, in any size, and its digest tells every difference and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fathom.graph.content import record_reader
from fathom.graph.content.graph_digest import digest_of
from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord, Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.write.clearing import clear_collection
from fathom.graphdb.connection import GraphConnection
from tests.fathom.graph.content.random_graphs import create, random_graph

pytestmark = pytest.mark.integration
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def emptied(graph: GraphConnection, collection: str) -> Iterator[GraphConnection]:
    """The graph, without the collection afterwards."""
    yield graph
    clear_collection(graph, collection)


def test_what_is_written_is_read_with_the_same_digest(emptied: GraphConnection, collection: str) -> None:
    for seed in range(10):
        nodes, edges = random_graph(seed, collection)
        create(emptied, (nodes, edges))
        reader = RecordReader(emptied, Selection(collection))
        read = digest_of(reader.nodes(), reader.relationships())
        assert (read.nodes, read.relationships) == (len(nodes), len(edges))
        assert read == digest_of(nodes, edges)
        cleared = clear_collection(emptied, collection)
        assert (cleared.nodes, cleared.relationships) == (len(nodes), len(edges))


def test_a_long_reading_is_continued_where_the_server_would_end_it(
    embedded_graph: GraphConnection, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_reader, "SEGMENT_S", 0.0)  # a query for each row
    nodes, edges = random_graph(3, collection)
    create(embedded_graph, (nodes, edges))
    reader = RecordReader(embedded_graph, Selection(collection))
    assert digest_of(reader.nodes(), reader.relationships()) == digest_of(nodes, edges)
    clear_collection(embedded_graph, collection)


def test_a_selection_has_its_collection_labels_time_and_size(emptied: GraphConnection, collection: str) -> None:
    names = ("a", "b", "c")
    nodes = [NodeRecord(name, ("Entity",), {"group_id": collection, "uuid": name, "name": name}) for name in names]
    nodes.append(NodeRecord("d", ("Entity", "Person"), {"group_id": f"{collection}-2", "uuid": "d"}))
    held = {"valid_at": NOON.replace(year=2020), "invalid_at": NOON.replace(year=2022)}
    edges = [
        RelationshipRecord("1", "RELATES_TO", "a", "b", {"uuid": "past", **held}),
        RelationshipRecord("2", "RELATES_TO", "a", "b", {"uuid": "now", "valid_at": NOON.replace(year=2021)}),
        RelationshipRecord("3", "RELATES_TO", "a", "d", {"uuid": "across"}),
    ]
    create(emptied, (nodes, edges))

    def facts(selection: Selection) -> set[str]:
        return {str(edge.properties["uuid"]) for edge in RecordReader(emptied, selection).relationships()}

    assert facts(Selection(collection)) == {"past", "now"}
    assert facts(Selection(collection, at=NOON.replace(year=2023))) == {"now"}
    assert facts(Selection(collection, at=NOON.replace(year=2021, month=2))) == {"past", "now"}
    assert facts(Selection(collection, at=NOON.replace(year=2010))) == set()
    people = RecordReader(emptied, Selection(labels=("Person",))).nodes()
    assert "d" in {node.properties.get("uuid") for node in people}
    assert len(list(RecordReader(emptied, Selection(collection, limit=2)).nodes())) == 2
    clear_collection(emptied, f"{collection}-2")


def test_embeddings_are_left_out_when_they_are_not_wanted(emptied: GraphConnection, collection: str) -> None:
    vector = [0.5] * 384
    create(emptied, ([NodeRecord("a", ("Entity",), {"group_id": collection, "name": "a", "name_embedding": vector})], []))
    (whole,) = RecordReader(emptied, Selection(collection)).nodes()
    (short,) = RecordReader(emptied, Selection(collection, embeddings=False)).nodes()
    assert whole.properties["name_embedding"] == vector
    assert short.properties["name"] == "a"
    assert short.properties.get("name_embedding") is None


def test_every_difference_changes_the_digest(collection: str) -> None:
    nodes, edges = random_graph(5, collection)
    whole = digest_of(nodes, edges).digest
    assert digest_of(reversed(nodes), reversed(edges)).digest == whole
    for position, node in enumerate(nodes):
        other = replace(node, properties={**node.properties, "name": "changed"})
        assert digest_of([*nodes[:position], other, *nodes[position + 1 :]], edges).digest != whole
        assert digest_of([*nodes, node], edges).digest != whole
    for position, edge in enumerate(edges):
        rest = [*edges[:position], *edges[position + 1 :]]
        assert digest_of(nodes, rest).digest != whole
        assert digest_of(nodes, [*rest, replace(edge, type="OTHER")]).digest != whole
        assert digest_of(nodes, [*rest, edge, edge]).digest != whole


def test_a_copy_under_another_name_has_the_same_digest() -> None:
    first, second = (random_graph(7, name) for name in ("one", "two"))
    assert digest_of(*first).digest == digest_of(*second).digest
