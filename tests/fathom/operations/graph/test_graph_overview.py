"""Statistics count what is in the graph, and its health names what is wrong and what to do."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.graph import collection_counts as counts_module
from fathom.graph.collection_counts import collection_counts
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.index_states import IndexState, index_issues
from fathom.graphdb.query.query_tally import QueryTally
from fathom.graphdb.schema import SCHEMA_NAMES, UNIQUE_NAMES, ensure_schema
from fathom.graphdb.server_version import version_issue
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.graph import graph_health as health_module
from fathom.operations.graph.graph_health import graph_health
from fathom.operations.graph.graph_stats import graph_stats
from fathom.settings import Settings
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, WRITTEN_AT, chunks_of


@pytest.fixture
def settings(tmp_path: Path, ledger: Ledger) -> Settings:
    """Settings whose operational database is the test's ledger."""
    url = ledger.engine.url.render_as_string(hide_password=False)
    return Settings(home=tmp_path / "home", graph_uri=None, database_url=url)


@pytest.mark.integration
def test_statistics_count_the_graph_and_each_collection(
    graph: GraphConnection, writer: DocumentWriter, settings: Settings, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "tally", QueryTally(settings.home.parent / "tally"))
    empty = graph_stats(settings, graph)
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM), reference_time=WRITTEN_AT)
    found = graph_stats(settings, graph, exact=True)
    assert found.status == "healthy"
    assert found.nodes.by_label["Episodic"] - empty.nodes.by_label.get("Episodic", 0) == 2
    assert found.nodes.by_label["Entity"] - empty.nodes.by_label.get("Entity", 0) == 3
    assert found.nodes.total - empty.nodes.total == 5
    assert found.relationships.by_type["RELATES_TO"] - empty.relationships.by_type.get("RELATES_TO", 0) == 2
    assert found.relationships.total == sum(found.relationships.by_type.values())
    assert "WriterLease" not in found.nodes.by_label
    totals = found.collections[collection]
    assert (totals.episodes, totals.documents, totals.entities, totals.facts, totals.current) == (2, 1, 3, 2, True)
    assert found.indexes is not None
    assert found.indexes.total == len(found.indexes.details) >= len(SCHEMA_NAMES)
    assert {index.state for index in found.indexes.details} == {"ONLINE"}
    assert found.performance is not None
    assert found.performance.query_count_last_hour > 5
    assert found.performance.avg_query_time_ms is not None
    assert [(day.episodes, day.mentions, day.facts) for day in found.growth] == [(2, 4, 2)]


@pytest.mark.integration
def test_statistics_of_a_collection_tell_nothing_of_others(
    graph: GraphConnection, writer: DocumentWriter, settings: Settings, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}-other/b.md", CITY), reference_time=WRITTEN_AT)
    found = graph_stats(settings, graph, collection, exact=True)
    assert set(found.collections) == {collection}
    assert found.nodes.by_label == {"Entity": 2, "Episodic": 1}
    assert found.relationships.by_type == {"RELATES_TO": 1}
    assert (found.indexes, found.storage, found.performance) == (None, None, None)
    assert [day.episodes for day in found.growth] == [1]


@pytest.mark.integration
def test_a_count_is_kept_until_somebody_writes(
    graph: GraphConnection, writer: DocumentWriter, settings: Settings, collection: str
) -> None:
    engine = open_database(settings.operational_url)
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    first = collection_counts(graph, engine, only=collection)[collection]
    assert collection_counts(graph, engine, only=collection)[collection] == first
    writer.write(chunks_of(f"{collection}/b.md", CITY), reference_time=WRITTEN_AT)
    late = collection_counts(graph, engine, within_s=-1.0, only=collection)[collection]
    assert (late.entities, late.counted_at, late.current) == (first.entities, first.counted_at, False)
    again = collection_counts(graph, engine, only=collection)[collection]
    assert (again.entities, again.facts, again.current) == (4, 2, True)


@pytest.mark.integration
def test_a_long_count_goes_on_after_its_caller_closed_the_connection(
    graph: GraphConnection, writer: DocumentWriter, settings: Settings, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(settings.operational_url)
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    closed, count = threading.Event(), counts_module._count

    def slow(*of: Any) -> Any:
        assert closed.wait(10)
        return count(*of)

    monkeypatch.setattr(counts_module, "_count", slow)
    caller = GraphConnection(graph.address)
    assert collection_counts(caller, engine, within_s=0.05, only=collection) == {}
    caller.close()
    closed.set()
    deadline = time.monotonic() + 10
    while not (found := collection_counts(graph, engine, within_s=-1.0, only=collection)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (found[collection].entities, found[collection].current) == (2, True)
    with counts_module._counting:  # the thread has ended
        pass


@pytest.mark.integration
def test_health_names_a_missing_index_and_a_ledger_that_differs(
    graph: GraphConnection, writer: DocumentWriter, settings: Settings, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    others = [issue for issue in graph_health(settings, graph).issues if collection not in issue]
    lost = "MATCH (p:Episodic {group_id: $group}) DETACH DELETE p"
    graph.write(lambda tx: tx.run(lost, group=collection).consume())
    if graph.address.embedded:
        graph.read("DROP INDEX entity_group_id")
    else:
        graph.read("DROP INDEX entity_group_id IF EXISTS")
    try:
        found = graph_health(settings, graph)
        assert (found.status, found.connection) == ("degraded", "connected")
        assert [issue for issue in found.issues if "entity_group_id" in issue and "missing" in issue]
        assert [issue for issue in found.issues if f"--collection {collection}" in issue]
        assert len(found.issues) <= len(others) + 2
    finally:
        ensure_schema(graph)
    assert "entity_group_id" not in str(graph_health(settings, graph).issues)


@pytest.mark.integration
def test_a_disk_that_is_nearly_full_and_a_slow_server_are_named(
    graph: GraphConnection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "free_disk_gb", lambda *_: 0.1)
    monkeypatch.setattr(graph, "verify", lambda: 2.5)
    found = graph_health(settings, graph)
    assert found.status == "unhealthy"
    assert [issue for issue in found.issues if "0.1 GB" in issue]
    assert [issue for issue in found.issues if "2500 ms" in issue]


def test_a_graph_that_is_away_is_unhealthy_within_two_seconds(home_settings: Settings) -> None:
    from fathom.graphdb.connection import open_impatient_graph

    connection = open_impatient_graph(home_settings)
    began = time.monotonic()
    found = graph_health(home_settings, connection)
    assert time.monotonic() - began < 2
    assert (found.status, found.connection, found.latency_ms) == ("unhealthy", "disconnected", None)
    assert "`fathom up`" in found.issues[0]
    connection.close()


def state(name: str, **more: Any) -> IndexState:
    shown = {
        "type": "RANGE",
        "state": "ONLINE",
        "population_percent": 100.0,
        "of": "NODE",
        "labels_or_types": [],
        "properties": [],
    }
    return IndexState(**{"name": name, "constraint": name if name in UNIQUE_NAMES else None, **shown, **more})


def test_each_fault_of_an_index_is_a_sentence() -> None:
    well = [state(name) for name in SCHEMA_NAMES]
    assert index_issues(well) == []
    assert "relation_uuid" in index_issues([index for index in well if index.name != "relation_uuid"])[0]
    without = [index for index in well if index.name != "episodic_uuid_unique"]
    assert "Constraints are missing" in index_issues(without)[0]
    building = [*well, state("mine", state="POPULATING", population_percent=41.5)]
    assert index_issues(building) == ["The index mine is populating (42 %). Wait until it is built."]
    assert "is failed" in index_issues([*well, state("mine", state="FAILED", population_percent=None)])[0]


@pytest.mark.parametrize(
    ("version", "supported"), [("5.26.0", True), ("2026.10.1", True), ("5.25.1", False), ("4.4.9", False), ("unknown", True)]
)
def test_a_neo4j_that_is_too_old_is_named(version: str, supported: bool) -> None:
    assert (version_issue(version, embedded=False) is None) == supported
    assert version_issue(version, embedded=True) is None
