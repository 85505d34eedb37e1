"""Ledger and graph agree after every write, and each way in which they can differ is found, on both servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fathom.graph.reconciliation.diff import Differences, find_differences, list_collections
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ids import episode_uuid
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.small_corpus import BRIDGE, FIRM, RIVER, WRITTEN_AT, chunks_of

pytestmark = pytest.mark.integration

Look = Callable[[], Differences]


@pytest.fixture
def uuids(graph: GraphConnection, writer: DocumentWriter, collection: str) -> list[str]:
    """The episodes of a document that is written."""
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM, RIVER)
    writer.write(chunk_set, reference_time=WRITTEN_AT)
    return [episode_uuid(collection, chunk_set.document, chunk.id) for chunk in chunk_set.chunks]


@pytest.fixture
def look(graph: GraphConnection, ledger: Ledger, collection: str) -> Look:
    """The differences there are now."""

    def looked() -> Differences:
        written = {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
        return find_differences(graph, collection, written)

    return looked


def change(graph: GraphConnection, cypher: str, **parameters: Any) -> None:
    """What nobody should do to a graph."""
    graph.write(lambda tx: tx.run(cypher, **parameters).consume())


def found(differences: Differences) -> dict[str, list[str]]:
    """The kinds of differences that there are."""
    return {name: value for name, value in differences if isinstance(value, list) and value}


def test_what_was_written_agrees_also_after_a_part_was_removed(
    graph: GraphConnection, writer: DocumentWriter, look: Look, uuids: list[str], collection: str
) -> None:
    assert (look().agree, look().episodes) == (True, 3)
    assert collection in list_collections(graph)
    writer.write(chunks_of(f"{collection}/a.md", FIRM), reference_time=WRITTEN_AT)
    assert (look().agree, look().episodes) == (True, 1)


def test_an_episode_lost_from_the_graph_is_missing(graph: GraphConnection, look: Look, uuids: list[str]) -> None:
    change(graph, "MATCH (p:Episodic {uuid: $uuid}) DETACH DELETE p", uuid=uuids[0])
    differs = look()
    assert not differs.agree
    assert differs.missing == [uuids[0]]
    assert len(differs.ungrounded) == 1  # what only it asserted


def test_an_episode_the_ledger_does_not_know_is_unknown(
    graph: GraphConnection, look: Look, uuids: list[str], ledger: Ledger
) -> None:
    ledger.mark_removed([uuids[1]], "by hand")
    assert found(look()) == {"unknown": [uuids[1]]}


def test_an_episode_of_another_document_is_elsewhere(graph: GraphConnection, look: Look, uuids: list[str]) -> None:
    change(graph, "MATCH (p:Episodic {uuid: $uuid}) SET p.source_description = 'x/other.md'", uuid=uuids[2])
    assert found(look()) == {"elsewhere": [uuids[2]]}


def test_a_mention_that_is_there_twice_is_named(graph: GraphConnection, look: Look, uuids: list[str]) -> None:
    again = "MATCH (p:Episodic {uuid: $uuid})-[:MENTIONS]->(n:Entity) CREATE (p)-[:MENTIONS {uuid: 'again'}]->(n)"
    change(graph, again, uuid=uuids[0])
    differs = look()
    assert set(found(differs)) == {"doubled_mentions"}
    assert len(differs.doubled_mentions) == 2


def test_an_entity_that_is_there_twice_or_that_nobody_mentions_is_named(
    graph: GraphConnection, look: Look, uuids: list[str], collection: str
) -> None:
    change(
        graph, "CREATE (:Entity {uuid: $uuid, group_id: $group, name: 'Nobody'})", uuid=f"{collection}-one", group=collection
    )
    assert found(look()) == {"orphans": [f"{collection}-one"]}
    change(
        graph, "CREATE (:Entity {uuid: $uuid, group_id: $group, name: 'Nobody'})", uuid=f"{collection}-one", group=collection
    )
    assert look().doubled == [f"{collection}-one"]
