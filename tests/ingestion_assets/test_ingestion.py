"""A document becomes a structured document, chunks and episodes; a bad one says why and stops no other."""

from __future__ import annotations

import dagster as dg
import pytest

from checks.chunks import CHUNK_CHECKS
from checks.documents import DOCUMENT_CHECKS
from checks.graph_episodes import GRAPH_EPISODE_CHECKS
from checks.usual_episodes import USUAL_CHECKS
from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.observability.event_collector import Collector
from fathom.observability.event_store import Events
from fathom.observability.events import BY_NAME
from fathom.observability.json_lines_handler import keep_logs
from fathom.settings import PROJECT_ROOT
from tests.ingestion_assets.conftest import Deployment

pytestmark = pytest.mark.integration

SAMPLES = PROJECT_ROOT / "samples"
LETTER = b"# Letter\n\nMargaret Ellison met Thomas Okafor in London. Thomas Okafor founded Marlow University in Bergen."
NOTE = b"# Note\n\nThomas Okafor visited Marlow University on 3 May 2021."
ASSETS = ("documents", "chunks", "graph_episodes")
EPISODES = "MATCH (p:Episodic {source_description: $document}) RETURN p.uuid AS uuid"


def test_one_document_is_made_checked_and_in_the_graph(deployment: Deployment) -> None:
    [document] = deployment.drop("one", letter_md=LETTER)
    result = deployment.ingest(document)
    assert result.success
    assert all(document in deployment.materialized(asset) for asset in ASSETS)
    outcomes = {name: passed for asset in ASSETS for name, passed in deployment.checks(asset, document).items()}
    assert set(outcomes) == {check.name for check in (*DOCUMENT_CHECKS, *CHUNK_CHECKS, *GRAPH_EPISODE_CHECKS, *USUAL_CHECKS)}
    assert all(outcomes.values())
    assert deployment.upload(document).state == "done"
    assert len(deployment.asked(EPISODES, document=document)) == 1


def test_what_dagster_shows_can_be_plotted_and_read(deployment: Deployment) -> None:
    [document] = deployment.drop("shown", letter_md=LETTER)
    result = deployment.ingest(document)
    shown = {
        event.asset_key.to_user_string(): event.step_materialization_data.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    assert shown["documents"]["words"].value > 10
    assert "Margaret Ellison" in shown["documents"]["preview"].value
    assert shown["documents"]["converter"].value
    assert shown["chunks"]["chunks"].value == 1
    assert shown["chunks"]["chunker"].value
    assert shown["graph_episodes"]["entities"].value >= 3
    assert {"model", "prompt", "embedder", "sample_facts"} <= set(shown["graph_episodes"])
    assert isinstance(shown["graph_episodes"]["entities_by_type"], dg.TableMetadataValue)


def test_a_backlog_is_recorded_document_by_document_and_a_bad_one_holds_back_none(deployment: Deployment) -> None:
    documents = deployment.drop(
        "many",
        a_md=LETTER,
        broken_pdf=b"%PDF-1.7\n garbage",
        b_md=NOTE,
        empty_pdf=b"",
        c_html=b"<h1>X</h1><p>Ada Lovelace.</p>",
    )
    result = deployment.drain(documents)
    good = {"many/a.md", "many/b.md", "many/c.html"}
    assert not result.success
    assert all(deployment.materialized(asset) & set(documents) == good for asset in ASSETS)
    states = {document: deployment.upload(document).state for document in documents}
    assert {document for document, state in states.items() if state == "done"} == good
    assert {states["many/broken.pdf"], states["many/empty.pdf"]} <= {"rejected", "refused"}
    assert deployment.upload("many/broken.pdf").reason == "DocumentDamaged"
    assert set(deployment.checks("documents", "many/a.md")) == {check.name for check in DOCUMENT_CHECKS}


def test_a_bad_document_of_a_backlog_is_a_failed_partition(deployment: Deployment) -> None:
    documents = deployment.drop("seen", good_md=NOTE, bad_docx=b"PK\x03\x04 not a package")
    result = deployment.drain(documents)
    storage = deployment.instance.event_log_storage
    attempts = storage.get_latest_asset_partition_materialization_attempts_without_materializations(dg.AssetKey("documents"))
    assert "seen/bad.docx" in attempts
    assert attempts["seen/bad.docx"][0] == result.run_id
    assert "seen/good.md" not in attempts


def test_the_same_document_again_writes_nothing_twice(deployment: Deployment) -> None:
    [document] = deployment.drop("again", letter_md=LETTER)
    counted = """
    MATCH (p:Episodic {source_description: $document})-[m:MENTIONS]->(n)
    RETURN count(m) AS mentions, count(DISTINCT n) AS entities
    """
    deployment.ingest(document)
    first = deployment.asked(counted, document=document)
    result = deployment.ingest(document)
    assert result.success
    assert deployment.asked(counted, document=document) == first
    shown = [event.step_materialization_data.materialization.metadata for event in result.get_asset_materialization_events()]
    assert shown[-1]["episodes_written"].value == 0
    assert shown[-1]["episodes_unchanged"].value == 1


def test_files_that_name_the_same_share_it_in_the_graph(deployment: Deployment) -> None:
    documents = deployment.drop("shared", a_md=LETTER, b_md=NOTE)
    assert deployment.drain(documents).success
    rows = deployment.asked(
        "MATCH (e:Entity {group_id: 'shared'})<-[:MENTIONS]-(p:Episodic) "
        "RETURN e.name AS name, count(DISTINCT p.source_description) AS files"
    )
    files = {row["name"]: row["files"] for row in rows}
    assert files["Thomas Okafor"] == 2
    assert files["Margaret Ellison"] == 1


def test_the_version_that_was_accepted_is_converted_whatever_the_file_became(deployment: Deployment) -> None:
    [document] = deployment.drop("kept", letter_md=LETTER)
    (deployment.settings.inbox_path / "kept" / "letter.md").write_bytes(b"something else")
    assert deployment.ingest(document).success
    assert (
        "Margaret Ellison"
        in deployment.asked(
            "MATCH (p:Episodic {source_description: $document}) RETURN p.content AS content", document=document
        )[0]["content"]
    )


def test_a_graph_that_was_killed_is_started_again_by_who_misses_it(deployment: Deployment) -> None:
    [document] = deployment.drop("killed", letter_md=LETTER)
    import psutil

    pid = GraphComponent(deployment.settings).status().pid
    assert pid is not None
    psutil.Process(pid).kill()
    assert deployment.ingest(document).success
    assert len(deployment.asked(EPISODES, document=document)) == 1
    revived = GraphComponent(deployment.settings).status()
    assert revived.healthy
    assert revived.pid != pid


def test_a_real_pdf_keeps_its_pages_as_provenance(deployment: Deployment) -> None:
    [document] = deployment.drop("pdf", history_pdf=(SAMPLES / "harbour-history.pdf").read_bytes())
    result = deployment.ingest(document)
    assert result.success
    chunks = result.output_for_node("chunks")
    assert chunks.chunks
    assert all(chunk.pages for chunk in chunks.chunks)


def test_all_that_happens_to_a_document_is_on_record_as_events_of_the_catalogue(deployment: Deployment) -> None:
    keep_logs(deployment.settings, "runs")
    [document] = deployment.drop("told", letter_md=LETTER)
    assert deployment.ingest(document).success
    Collector(open_database(deployment.settings.operational_url), deployment.settings.home).collect()
    told = [event for event in Events(open_database(deployment.settings.operational_url)).of_document(document) if event.event]
    # a converter that warms up, and any work on a loaded machine, says now and then that it goes on
    goes_on = {"docling.converted", "docling.working", "chunking.working", "graphiti.working"}
    assert [event.event for event in told if event.event not in goes_on] == [
        "upload.received",
        "upload.stored",
        "docling.begun",
        "docling.models",
        "validation.started",
        "validation.complete",
        "docling.started",
        "docling.complete",
        "quality.checked",
        "chunking.begun",
        "chunking.started",
        "chunking.tokenizing",
        "chunking.created",
        "chunking.complete",
        "quality.checked",
        "graphiti.begun",
        "graphiti.started",
        "graphiti.sending",
        "graphiti.extracted",
        "graphiti.writing",
        "graphiti.written",
        "graphiti.complete",
        "quality.checked",
        "upload.done",
    ]
    for event in told:
        figures = BY_NAME[event.event or ""].figures
        assert {name: isinstance(value, (int, figures[name])) for name, value in event.metrics.items()} == dict.fromkeys(
            event.metrics, True
        ), event
