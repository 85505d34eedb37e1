"""A document's chunks are episodes of the graph, once each, whatever is repeated; the same on both servers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.extraction.rules.extractor import OfflineModel
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graph.write.quarantine import MAX_TRIES
from fathom.graph.write.write_report import EpisodeProgress
from fathom.graphdb.connection import GraphConnection
from fathom.ids import episode_uuid
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.small_corpus import (
    BRIDGE,
    CITY,
    CLOSED,
    FIRM,
    FOUNDED,
    RIVER,
    WRITTEN_AT,
    ScriptedModel,
    WriterOf,
    chunks_of,
    counts,
    digest,
    held,
    names,
)

pytestmark = pytest.mark.integration


def test_each_chunk_is_an_episode_with_its_entities_mentions_and_facts(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM)
    report = writer.write(chunk_set, reference_time=WRITTEN_AT)
    rows = held(graph, collection)
    uuids = {episode_uuid(collection, chunk_set.document, chunk.id) for chunk in chunk_set.chunks}
    assert {row["uuid"] for row in rows["Episodic"]} == uuids
    assert {row["content"] for row in rows["Episodic"]} == {f"Works\n{BRIDGE}", f"Works\n{FIRM}"}
    assert names(graph, collection) == ["Ada Moreno", "Moreno Works", "Tamar Bridge"]
    assert {row["name"]: row["labels"] for row in rows["Entity"]} == {
        "Ada Moreno": ["Entity", "Person"],
        "Moreno Works": ["Entity", "Organization"],
        "Tamar Bridge": ["Entity", "Location"],
    }
    assert len(rows["MENTIONS"]) == 4
    assert sorted(row["fact"] for row in rows["RELATES_TO"]) == sorted([BRIDGE, FIRM])
    assert (report.chunks, report.written, report.unchanged, report.removed) == (2, 2, 0, 0)
    assert (report.entities, report.facts, report.orphans, report.missing_embeddings) == (3, 2, 0, 0)
    assert report.entities_by_type == {"Person": 1, "Organization": 1, "Location": 1}
    assert (report.tokens_in, report.tokens_out, report.failures) == (20, 6, [])


def test_names_and_facts_carry_unit_embeddings(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    rows = held(graph, collection)
    vectors = [row["name_embedding"] for row in rows["Entity"]] + [row["fact_embedding"] for row in rows["RELATES_TO"]]
    assert len(vectors) == 3
    for vector in vectors:
        assert len(vector) == 384
        assert sum(number * number for number in vector) == pytest.approx(1, abs=1e-3)


def test_times_read_back_as_the_zoned_moments_that_were_written(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)

    def moments(cypher: str) -> dict[str, Any]:
        row = graph.read(cypher, group=collection)[0]
        found: dict[str, datetime] = {name: value.to_native() for name, value in row.items() if value is not None}
        assert all(moment.tzinfo is not None for moment in found.values())
        return found

    episode = "MATCH (p:Episodic) WHERE p.group_id = $group RETURN p.valid_at AS valid, p.created_at AS created LIMIT 1"
    assert moments(episode) == {"valid": WRITTEN_AT, "created": WRITTEN_AT}
    fact = (
        "MATCH ()-[r:RELATES_TO]->() WHERE r.group_id = $group AND r.name = '{}' "
        "RETURN r.valid_at AS valid, r.invalid_at AS invalid, r.expired_at AS expired"
    )
    assert moments(fact.format("FOUNDED")) == {"valid": FOUNDED, "invalid": CLOSED, "expired": WRITTEN_AT}
    assert moments(fact.format("DESIGNED")) == {"valid": WRITTEN_AT}


def test_an_entity_two_documents_name_is_one_node_that_both_mention(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}/b.md", RIVER), reference_time=WRITTEN_AT)
    assert names(graph, collection) == ["Ada Moreno", "River Lynher", "Tamar Bridge"]
    joined = graph.read(
        "MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE n.group_id = $group AND n.name = 'Tamar Bridge' "
        "RETURN p.source_description AS file ORDER BY file",
        group=collection,
    )
    assert [row["file"] for row in joined] == [f"{collection}/a.md", f"{collection}/b.md"]


def test_two_collections_never_mix(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    left, right = f"{collection[:50]}-L", f"{collection[:50]}-R"
    writer.write(chunks_of(f"{left}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    before = digest(graph, left)
    writer.write(chunks_of(f"{right}/a.md", BRIDGE, RIVER), reference_time=WRITTEN_AT)
    assert digest(graph, left) == before
    assert names(graph, right) == ["Ada Moreno", "River Lynher", "Tamar Bridge"]
    across = "MATCH (a)-[r]-(b) WHERE a.group_id = $group AND b.group_id <> $group RETURN count(r) AS n"
    assert graph.read(across, group=left) == [{"n": 0}]
    writer.write(chunks_of(f"{right}/a.md"), reference_time=WRITTEN_AT)
    assert digest(graph, left) == before


def test_writing_again_changes_nothing_and_asks_no_model(
    graph: GraphConnection, writer: DocumentWriter, model: ScriptedModel, collection: str
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM, RIVER)
    writer.write(chunk_set, reference_time=WRITTEN_AT)
    before, asked = digest(graph, collection), len(model.asked)
    report = writer.write(chunk_set, reference_time=WRITTEN_AT)
    assert digest(graph, collection) == before
    assert len(model.asked) == asked
    assert (report.written, report.unchanged, report.entities, report.facts) == (0, 3, 4, 3)


def test_a_fact_two_documents_assert_keeps_both_episodes(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    sets = [chunks_of(f"{collection}/{name}.md", BRIDGE) for name in "ab"]
    for chunk_set in sets:
        writer.write(chunk_set, reference_time=WRITTEN_AT)
    (fact,) = held(graph, collection)["RELATES_TO"]
    wanted = {episode_uuid(collection, one.document, one.chunks[0].id) for one in sets}
    assert len(fact["episodes"]) == 2
    assert set(fact["episodes"]) == wanted


def test_two_chunks_of_one_batch_that_assert_a_fact_are_both_kept(
    graph: GraphConnection, writer: DocumentWriter, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, f"Again: {BRIDGE}"), reference_time=WRITTEN_AT)
    assert [len(row["episodes"]) for row in held(graph, collection)["RELATES_TO"]] == [2]


def test_a_chunk_whose_extraction_fails_again_and_again_is_set_aside_until_it_is_let_go(
    graph: GraphConnection, writer: DocumentWriter, model: ScriptedModel, ledger: Ledger, collection: str
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM, RIVER)
    model.failing = {"founded"}
    report = writer.write(chunk_set, reference_time=WRITTEN_AT)
    assert [(one.chunk, one.position, one.reason) for one in report.failures] == [
        (chunk_set.chunks[1].id, 1, "ExtractionFailed")
    ]
    assert (report.written, report.unchanged) == (2, 0)
    assert counts(graph, collection)["Episodic"] == 2
    rows = ledger.rows(chunk_set.document)
    assert [row.state for row in rows] == ["written", "quarantined", "written"]
    assert (rows[1].attempts, rows[1].reason) == (MAX_TRIES, "ExtractionFailed: The model's answer was no JSON.")
    model.failing = set()
    asked = len(model.asked)
    again = writer.write(chunk_set, reference_time=WRITTEN_AT)
    assert (again.written, again.unchanged, again.failures) == (0, 2, report.failures)
    assert len(model.asked) == asked
    assert ledger.release(chunk_set.document) == 1
    report = writer.write(chunk_set, reference_time=WRITTEN_AT)
    assert (report.written, report.unchanged, report.failures) == (1, 2, [])
    assert counts(graph, collection)["Episodic"] == 3
    assert {row.state for row in ledger.rows(chunk_set.document)} == {"written"}


def test_a_chunk_that_fails_once_is_tried_again_in_the_same_write(
    graph: GraphConnection, writer: DocumentWriter, model: ScriptedModel, ledger: Ledger, collection: str
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM, RIVER)
    model.failing = {"founded"}

    def mend(progress: EpisodeProgress) -> None:
        model.failing = model.failing if progress.phase != "written" else set()

    report = writer.write(chunk_set, reference_time=WRITTEN_AT, progress=mend)
    assert (report.written, report.failures) == (3, [])
    assert {row.state for row in ledger.rows(chunk_set.document)} == {"written"}


def test_where_all_chunks_fail_none_is_set_aside_for_the_fault_is_not_theirs(
    graph: GraphConnection, writer: DocumentWriter, model: ScriptedModel, ledger: Ledger, collection: str
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM)
    model.failing = {"Moreno"}
    report = writer.write(chunk_set, reference_time=WRITTEN_AT)
    assert (report.written, [one.position for one in report.failures]) == (0, [0, 1])
    assert {row.state for row in ledger.rows(chunk_set.document)} == {"failed"}
    model.failing = set()
    assert writer.write(chunk_set, reference_time=WRITTEN_AT).written == 2


def test_progress_ends_with_every_chunk_written(writer: DocumentWriter, collection: str) -> None:
    told: list[EpisodeProgress] = []
    texts = [f"{number}. {BRIDGE}" for number in range(10)]
    writer.write(chunks_of(f"{collection}/a.md", *texts), reference_time=WRITTEN_AT, progress=told.append)
    assert (told[-1].phase, told[-1].done, told[-1].total) == ("written", 10, 10)
    assert [one.done for one in told if one.phase == "extracted"] == list(range(1, 11))


def test_a_document_without_chunks_is_nothing(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    report = writer.write(chunks_of(f"{collection}/a.md"), reference_time=WRITTEN_AT)
    assert (report.chunks, report.written, report.entities, report.facts) == (0, 0, 0, 0)
    assert sum(counts(graph, collection).values()) == 0


def test_both_servers_hold_the_same_to_the_last_property(
    embedded_graph: GraphConnection, neo4j_graph: GraphConnection, writer_of: WriterOf, tmp_path: Path
) -> None:
    texts = (BRIDGE, FIRM, RIVER, CITY, "On 4 May 2019 Siemens Energy bought Gamesa in Madrid; José Núñez led the talks. 東京")
    found = []
    for number, graph in enumerate((embedded_graph, neo4j_graph)):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        for by, name in ((ScriptedModel(), "by-hand"), (OfflineModel(), "offline")):
            writer = writer_of(graph, by=by, keeping=Ledger(engine))
            writer.write(chunks_of(f"same-{name}/a.md", *texts), reference_time=WRITTEN_AT)
            writer.write(chunks_of(f"same-{name}/b.md", BRIDGE), reference_time=WRITTEN_AT)
            writer.write(chunks_of(f"same-{name}/a.md", *texts[1:]), reference_time=WRITTEN_AT)
        engine.dispose()
        found.append([held(graph, f"same-{name}") for name in ("by-hand", "offline")])
    assert found[0][1]["Entity"]
    assert found[0] == found[1]
