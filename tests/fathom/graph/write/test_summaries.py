"""An entity's summary is what its facts say, most asserted first, and loses what a removed document said."""

from __future__ import annotations

from itertools import permutations

import pytest

from fathom.graph.write.document_writer import DocumentWriter
from fathom.graph.write.summaries import MAX_CHARACTERS, MAX_SENTENCES, summarize
from fathom.graphdb.connection import GraphConnection
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, RIVER, WRITTEN_AT, WriterOf, chunks_of


def summaries(graph: GraphConnection, collection: str) -> dict[str, str]:
    """The summaries of the collection by name."""
    rows = graph.read("MATCH (n:Entity) WHERE n.group_id = $group RETURN n.name AS name, n.summary AS said", group=collection)
    return {row["name"]: row["said"] for row in rows}


@pytest.mark.integration
def test_it_says_what_most_episodes_assert_first(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM, CITY), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}/b.md", FIRM), reference_time=WRITTEN_AT)
    said = summaries(graph, collection)
    assert said["Ada Moreno"] == f"{FIRM} {BRIDGE}"
    assert said["Plymouth"] == CITY
    writer.write(chunks_of(f"{collection}/c.md", f"1. {BRIDGE}", f"2. {BRIDGE}"), reference_time=WRITTEN_AT)
    assert summaries(graph, collection)["Ada Moreno"] == f"{BRIDGE} {FIRM}"


@pytest.mark.integration
def test_what_went_with_a_document_is_no_longer_said(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM, RIVER), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}/b.md", f"It is said: {BRIDGE}"), reference_time=WRITTEN_AT)
    writer.erase(f"{collection}/a.md")
    assert summaries(graph, collection) == {"Ada Moreno": BRIDGE, "Tamar Bridge": BRIDGE}


@pytest.mark.integration
def test_an_entity_that_is_named_and_of_which_nothing_is_said_any_more_has_none(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}/b.md", "Ada Moreno sat by the Tamar Bridge."), reference_time=WRITTEN_AT)
    writer.erase(f"{collection}/a.md")
    assert summaries(graph, collection) == {"Ada Moreno": "", "Tamar Bridge": ""}


@pytest.mark.integration
def test_one_that_somebody_else_wrote_stays_until_what_it_may_tell_of_is_removed(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    change = "MATCH (n:Entity {name: 'Ada Moreno'}) WHERE n.group_id = $group SET n.summary = 'Built bridges.'"
    graph.write(lambda tx: tx.run(change, group=collection).consume())
    writer.write(chunks_of(f"{collection}/b.md", f"It is said: {BRIDGE}"), reference_time=WRITTEN_AT)
    assert summaries(graph, collection)["Ada Moreno"] == "Built bridges."
    writer.erase(f"{collection}/a.md")
    assert summaries(graph, collection)["Ada Moreno"] == BRIDGE


@pytest.mark.integration
def test_it_is_the_same_in_whatever_order_documents_came(
    embedded_graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    texts = {"a": BRIDGE, "b": FIRM, "c": f"{CITY} {RIVER}"}
    found = set()
    for number, order in enumerate(permutations(texts)):
        here = f"{collection}-{number}"
        for name in order:
            writer_of(embedded_graph).write(chunks_of(f"{here}/{name}.md", texts[name]), reference_time=WRITTEN_AT)
        found.add(frozenset(summaries(embedded_graph, here).items()))
    assert len(found) == 1


def test_sentences_are_said_once_and_only_as_many_as_there_is_room_for() -> None:
    assert summarize([]) == ""
    assert summarize(["One.", "Two.", "One."]) == "One. Two."
    assert summarize([f"{number}." for number in range(2 * MAX_SENTENCES)]).count(".") == MAX_SENTENCES
    long = "x" * MAX_CHARACTERS
    assert summarize([long, "More."]) == long
