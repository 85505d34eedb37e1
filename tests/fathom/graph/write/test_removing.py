"""What a document no longer says leaves the graph, and nothing that something else still says."""

from __future__ import annotations

import pytest

from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ids import episode_uuid
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, RIVER, WRITTEN_AT, chunks_of, counts, digest, held, names

pytestmark = pytest.mark.integration

NOTHING = {"Episodic": 0, "Entity": 0, "MENTIONS": 0, "RELATES_TO": 0}


def test_a_changed_document_loses_just_the_chunk_that_is_gone(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, collection: str
) -> None:
    before = chunks_of(f"{collection}/a.md", BRIDGE, FIRM, CITY)
    writer.write(before, reference_time=WRITTEN_AT)
    report = writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    assert (report.removed, report.written, report.unchanged, report.orphans) == (1, 0, 2, 0)
    rows = held(graph, collection)
    gone = episode_uuid(collection, before.document, before.chunks[2].id)
    assert gone not in {row["uuid"] for row in rows["Episodic"]}
    assert names(graph, collection) == ["Ada Moreno", "Moreno Works", "Tamar Bridge"]
    assert {row["fact"] for row in rows["RELATES_TO"]} == {BRIDGE, FIRM}
    assert [row.state for row in ledger.rows(before.document) if row.uuid == gone] == ["removed"]


def test_what_another_document_asserts_stays_with_that_document_alone(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    kept = chunks_of(f"{collection}/b.md", BRIDGE)
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    writer.write(kept, reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}/a.md"), reference_time=WRITTEN_AT)
    assert names(graph, collection) == ["Ada Moreno", "Tamar Bridge"]
    (fact,) = held(graph, collection)["RELATES_TO"]
    assert fact["fact"] == BRIDGE
    assert list(fact["episodes"]) == [episode_uuid(collection, kept.document, kept.chunks[0].id)]


def test_removing_everything_leaves_nothing(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    for name in "ab":
        writer.write(chunks_of(f"{collection}/{name}.md", BRIDGE, FIRM, RIVER, CITY), reference_time=WRITTEN_AT)
    for name in "ab":
        report = writer.write(chunks_of(f"{collection}/{name}.md"), reference_time=WRITTEN_AT)
        assert (report.removed, report.orphans) == (4, 0)
    assert counts(graph, collection) == NOTHING


def test_a_chunk_that_comes_back_is_written_again(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    whole = chunks_of(f"{collection}/a.md", BRIDGE, FIRM)
    writer.write(whole, reference_time=WRITTEN_AT)
    before = digest(graph, collection)
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    assert digest(graph, collection) != before
    assert writer.write(whole, reference_time=WRITTEN_AT).written == 1
    assert digest(graph, collection) == before


def test_a_chunk_that_only_moved_is_left_alone(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    report = writer.write(chunks_of(f"{collection}/a.md", RIVER, BRIDGE, FIRM), reference_time=WRITTEN_AT)
    assert (report.removed, report.written, report.unchanged) == (0, 1, 2)
