"""A graph with a fault of each class, as the command line, Dagster and the API say it; repaired, recorded, healthy again."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from fathom import settings as settings_module
from fathom.database import open_database
from fathom.embedding.embedder import Embedder
from fathom.graph.validation.fault_classes import FaultClass
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import Settings
from ingestion_assets.validated_graph import graph_validation
from scripts.neo4j_server import Neo4jServer
from tests.fathom.cli.conftest import Call
from tests.fathom.graph.validation.seeded_faults import DesignModel, Seeder, write_all
from tests.fathom.graphdb.small_corpus import WriterOf

pytestmark = pytest.mark.integration

ASKED = {"duplicate_entities_by_name", "duplicate_entities_by_embedding"}


@pytest.fixture
def settings(home_settings: Settings, neo4j_server: Neo4jServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of a home of the test's own, whose graph is the Neo4j that all tests share."""
    monkeypatch.setenv("FATHOM_GRAPH_URI", neo4j_server.uri)
    monkeypatch.setenv("FATHOM_GRAPH_PASSWORD", neo4j_server.password)
    settings_module.settings.cache_clear()
    yield settings_module.settings()
    settings_module.settings.cache_clear()


@pytest.fixture
def seeded(settings: Settings, neo4j_graph: GraphConnection, writer_of: WriterOf, embedder: Embedder, collection: str) -> str:
    """A collection with a fault of each class."""
    ledger = Ledger(open_database(settings.operational_url))
    write_all(writer_of(neo4j_graph, by=DesignModel(), keeping=ledger), collection)
    Seeder(neo4j_graph, ledger, collection, embedder).seed()
    return collection


def test_faults_are_listed_checked_planned_repaired_and_recorded(call: Call, seeded: str) -> None:
    found = call("graph", "validate", "--collection", seeded, "--json")
    assert found.code == 1
    assert found.json["healthy"] is False
    assert [fault["class"] for fault in found.json["classes"]] == [kind.value for kind in FaultClass]
    assert all(fault["count"] and fault["examples"] for fault in found.json["classes"])

    checked = dg.materialize([graph_validation])
    checks = {one.check_name: one for one in checked.get_asset_check_evaluations()}
    assert {name: one.passed for name, one in checks.items()} == {f"no_{kind.value}": False for kind in FaultClass}
    assert {one.severity for one in checks.values()} == {dg.AssetCheckSeverity.WARN}

    planned = call("graph", "repair", "--collection", seeded, "--dry-run", "--json")
    assert planned.code == 0
    assert {step["class"]: step["count"] for step in planned.json["steps"]} == {
        fault["class"]: fault["count"] for fault in found.json["classes"]
    }
    assert {step["class"] for step in planned.json["steps"] if step["action"] is None} == ASKED
    assert call("graph", "validate", "--collection", seeded, "--json").json["classes"] == found.json["classes"]
    assert call("graph", "repair", "--collection", seeded).code == 4  # nobody confirmed it

    done = call("graph", "repair", "--collection", seeded, "--yes", "--json")
    assert done.code == 0
    left = call("graph", "validate", "--collection", seeded, "--json")
    assert {fault["class"] for fault in left.json["classes"] if fault["count"]} == ASKED
    assert call("episodes", "verify", "--collection", seeded).code == 0
    again = call("graph", "repair", "--collection", seeded, "--yes", "--json")
    assert (again.code, {step["class"] for step in again.json["steps"]}) == (0, ASKED)

    audit = call("audit", "--action", "graph.repair", "--verify", "--json")
    assert audit.code == 0
    assert [(line["outcome"], line["collection"]) for line in audit.json["lines"]] == [("done", seeded), ("begun", seeded)]
    assert audit.json["lines"][0]["account"]["found"]["self_loop"] == 1


def test_a_collection_that_is_not_there_is_wrong_usage(call: Call, settings: Settings) -> None:
    assert call("graph", "validate", "--collection", "never-was").code == 2
