"""`fathom graph query`, `stats` and `health`: what they answer, and their exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fathom import settings as settings_module
from fathom.graphdb.connection import GraphConnection
from fathom.security.api_keys import ensure_admin_key
from fathom.settings import Settings


@pytest.fixture
def on_neo4j(call: Any, neo4j_graph: GraphConnection, home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line on a home whose graph is that Neo4j."""
    home_settings.home.mkdir(mode=0o700)
    monkeypatch.setenv("FATHOM_GRAPH_URI", neo4j_graph.address.uri)
    monkeypatch.setenv("FATHOM_GRAPH_PASSWORD", neo4j_graph.address.password)
    settings_module.settings.cache_clear()
    return call


@pytest.mark.integration
def test_a_query_takes_parameters_and_answers_json(on_neo4j: Any) -> None:
    params = json.dumps({"a": 2**53 + 1, "at": {"$date": "2020-01-02"}})
    shown = on_neo4j("graph", "query", "RETURN $a AS a, $at AS at, $b AS b", "--params", params, "--param", "b=Ada", "--json")
    assert shown.code == 0
    assert shown.json["records"] == [{"a": 2**53 + 1, "at": "2020-01-02", "b": "Ada"}]
    assert {"query_type", "records_returned", "execution_time_ms", "truncated"} <= set(shown.json["summary"])
    typed = on_neo4j("neo4j", "query", "RETURN date('2020-01-02') AS at", "--typed", "--json")
    assert typed.json["records"] == [{"at": {"$date": "2020-01-02"}}]
    cut = on_neo4j("graph", "query", "UNWIND range(1, 9) AS n RETURN n", "--limit", "2")
    assert "--limit" in cut.err
    assert (
        on_neo4j("graph", "query", "RETURN 1 AS a", "--plan", "--json")
        .json["plan"]["operatorType"]
        .startswith("ProduceResults")
    )


@pytest.mark.integration
def test_each_fault_has_its_exit_code(on_neo4j: Any) -> None:
    wrong = on_neo4j("graph", "query", "RETRUN 1", "--json")
    assert (wrong.code, wrong.json["error"]) == (2, "QueryInvalid")
    assert wrong.json["position"] == {"line": 1, "column": 1, "offset": 0}
    assert on_neo4j("graph", "query", "CREATE (:Hacked)").code == 4
    endless = "UNWIND range(1, 90000) AS a UNWIND range(1, 90000) AS b WITH a * b AS c WHERE c < 0 RETURN count(c) AS n"
    assert on_neo4j("graph", "query", endless, "--timeout", "0.3").code == 1
    for options in (("--params", "[1]"), ("--params", "{"), ("--param", "name"), ("--limit", "100001")):
        assert on_neo4j("graph", "query", "RETURN 1", *options).code == 2


@pytest.mark.integration
def test_only_the_owner_of_the_home_writes(on_neo4j: Any, home_settings: Settings) -> None:
    write = ("graph", "query", "CREATE (n:OwnersNote) DELETE n", "--write", "--json")
    assert on_neo4j(*write).code == 4
    ensure_admin_key(home_settings)
    done = on_neo4j(*write)
    assert (done.code, done.json["summary"]["written"]) == (0, {"nodes_created": 1, "nodes_deleted": 1, "labels_added": 1})


@pytest.mark.integration
def test_statistics_and_health_are_shown(on_neo4j: Any) -> None:
    assert on_neo4j("graph", "stats", "--json").json["server"] == "neo4j"
    assert "nodes" in on_neo4j("graph", "stats").out
    health = on_neo4j("graph", "health", "--json")
    assert (health.code, health.json["connection"]) == (0, "connected")


def test_a_graph_that_is_away_is_code_3_with_how_to_start_it(call: Any) -> None:
    for words in (("query", "RETURN 1"), ("stats",), ("health",)):
        shown = call("graph", *words)
        assert shown.code == 3
        assert "`fathom up`" in shown.err + shown.out
