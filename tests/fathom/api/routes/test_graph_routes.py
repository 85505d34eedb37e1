"""Queries, statistics and health over HTTP: shapes, roles, errors with their position, and what the audit log keeps."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.graphdb.connection import GraphConnection
from fathom.settings import Settings
from fathom.tables import audit_log
from tests.fathom.api.conftest import Api, serving


@pytest.fixture
def graph_api(graph: GraphConnection, home_settings: Settings) -> Iterator[Api]:
    """The application on the graph, on each server in turn."""
    with serving(home_settings) as api:
        api.app.state.graph.connection = lambda: graph
        yield api


def ask(api: Api, cypher: str, role: Any = "reader", **more: Any) -> Any:
    return api.client.post("/api/neo4j/query", json={"cypher": cypher, **more}, headers=api.key(role))


@pytest.mark.integration
def test_a_query_is_answered_with_records_and_a_summary(graph_api: Api) -> None:
    answer = ask(graph_api, "RETURN $a AS `n.name`, 9007199254740993 AS big", params={"a": "Palanquée"}, timeout=30)
    assert answer.status_code == 200
    assert answer.json()["records"] == [{"n.name": "Palanquée", "big": 2**53 + 1}]
    summary = answer.json()["summary"]
    assert (summary["query_type"], summary["records_returned"], summary["truncated"]) == ("r", 1, False)
    assert summary["execution_time_ms"] > 0


@pytest.mark.integration
def test_each_fault_of_a_query_has_its_status(graph_api: Api) -> None:
    wrong = ask(graph_api, "RETURN 1 +\n ) AS x")
    assert (wrong.status_code, wrong.json()["title"]) == (400, "QueryInvalid")
    assert wrong.json()["position"] == {"line": 2, "column": 2, "offset": 12}
    write = ask(graph_api, "CREATE (:Hacked)")
    assert (write.status_code, write.json()["title"]) == (403, "QueryRefused")
    endless = "UNWIND range(1, 90000) AS a UNWIND range(1, 90000) AS b WITH a * b AS c WHERE c < 0 RETURN count(c) AS n"
    late = ask(graph_api, endless, timeout=0.3)
    assert (late.status_code, late.json()["title"]) == (408, "QueryTimedOut")
    for body in ({"timeout": 0}, {"limit": 0}, {"unknown": 1}, {"params": [1]}):
        assert ask(graph_api, "RETURN 1", **body).status_code == 422
    assert ask(graph_api, "R" * 20_001).status_code == 422
    assert ask(graph_api, "RETURN $a AS a", params={"a": 2**70}).status_code == 400
    deep = json.loads("[" * 400 + "]" * 400)
    assert ask(graph_api, "RETURN size($a) AS a", params={"a": deep}).status_code in (200, 400, 422)


@pytest.mark.integration
def test_only_an_admin_writes_and_it_is_recorded(graph_api: Api, graph: GraphConnection, collection: str) -> None:
    write = "CREATE (n:Note {group_id: $c}) RETURN n.group_id AS c"
    for role in ("reader", "operator"):
        assert ask(graph_api, write, role, write=True, params={"c": collection}).status_code == 403
    assert ask(graph_api, write, "admin", params={"c": collection}).status_code == 403  # it was not asked to write
    done = ask(graph_api, write, "admin", write=True, params={"c": collection})
    assert (done.json()["records"], done.json()["summary"]["written"]["nodes_created"]) == ([{"c": collection}], 1)
    assert ask(graph_api, "CREATE (", "admin", write=True).status_code == 400
    lines = sa.select(audit_log).where(audit_log.c.action == "graph.write").order_by(audit_log.c.number)
    with open_database(graph_api.settings.operational_url).connect() as database:
        rows = database.execute(lines).all()
    assert [row.outcome for row in rows] == ["begun", "done", "begun", "QueryInvalid"]
    assert {(row.by, row.source) for row in rows} == {("admin of None", "testclient")}
    accounts = [json.loads(row.account) for row in rows]
    assert accounts[0]["cypher"] == write
    assert accounts[1]["written"]["nodes_created"] == 1
    assert collection not in json.dumps(accounts)  # values may be secret
    ask(graph_api, "MATCH (n:Note {group_id: $c}) DELETE n", "admin", write=True, params={"c": collection})


@pytest.mark.integration
def test_statistics_and_health_have_the_shapes_of_the_interface(graph_api: Api) -> None:
    stats = graph_api.client.get("/api/neo4j/stats", headers=graph_api.key("reader"))
    assert stats.status_code == 200
    found = stats.json()
    assert {"status", "version", "database", "nodes", "relationships", "indexes", "storage", "performance"} <= set(found)
    assert set(found["nodes"]) == {"total", "by_label"}
    assert {"total", "types", "details"} == set(found["indexes"])
    assert {"size_mb", "node_store_mb", "relationship_store_mb"} <= set(found["storage"])
    assert {"query_count_last_hour", "avg_query_time_ms"} == set(found["performance"])
    health = graph_api.client.get("/api/neo4j/health", headers=graph_api.key("reader")).json()
    assert health["status"] in ("healthy", "degraded")
    assert (health["connection"], health["latency_ms"] > 0) == ("connected", True)
    assert {"last_check", "issues"} <= set(health)


@pytest.mark.integration
def test_a_key_of_a_collection_sees_that_collection_alone(graph_api: Api) -> None:
    key = graph_api.key("admin", "reports")
    query = graph_api.client.post("/api/neo4j/query", json={"cypher": "RETURN 1"}, headers=key)
    assert query.status_code == 403
    assert graph_api.client.get("/api/neo4j/health", headers=key).status_code == 403
    stats = graph_api.client.get("/api/neo4j/stats", headers=key)
    assert (stats.status_code, stats.json()["indexes"]) == (200, None)
    assert set(stats.json()["collections"]) <= {"reports"}
    assert graph_api.client.get("/api/neo4j/stats?collection=other", headers=key).status_code == 403


def test_a_graph_that_is_away_is_said_within_two_seconds_with_how_to_start_it(api: Api) -> None:
    for call in (
        lambda: ask(api, "RETURN 1"),
        lambda: api.client.get("/api/neo4j/stats", headers=api.key("reader")),
        lambda: api.client.get("/api/neo4j/health", headers=api.key("reader")),
    ):
        began = time.monotonic()
        answer = call()
        assert (answer.status_code, time.monotonic() - began < 2) == (503, True)
        assert "fathom up" in answer.text
        assert answer.headers["Retry-After"]
