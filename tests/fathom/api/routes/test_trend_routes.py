"""Trends and patterns over HTTP: within the key's collection, and refused by name."""

from __future__ import annotations

import time

from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from tests.fathom.api.conftest import Api

HOUR = 3600.0


def record(api: Api, collection: str, value: float) -> None:
    now = time.time() // HOUR * HOUR
    labels = {"collection": collection, "file_type": "pdf"}
    samples = [MetricSample("documents_done", value, now - hours * HOUR + 60, labels) for hours in range(48, 0, -1)]
    MetricHistory(open_database(api.settings.operational_url)).record(samples)


def test_a_trend_is_that_of_the_keys_collection(api: Api) -> None:
    record(api, "a", 3.0)
    record(api, "b", 7.0)
    since = time.time() // HOUR * HOUR - 24 * HOUR
    address = f"/api/trends/documents_done?since={since}"
    assert api.client.get(address, headers=api.key("reader")).json()["current"] == 24 * 10
    assert api.client.get(address, headers=api.key("reader", "a")).json()["current"] == 24 * 3
    of_b = api.client.get(f"{address}&collection=b", headers=api.key("reader"))
    assert of_b.json()["current"] == 24 * 7
    assert of_b.json()["direction"] == "steady"
    assert api.client.get(f"{address}&collection=b", headers=api.key("reader", "a")).status_code == 403


def test_an_unknown_metric_is_400_and_so_is_one_without_collections_for_a_bound_key(api: Api) -> None:
    assert api.client.get("/api/trends/nonsense", headers=api.key("reader")).status_code == 400
    answer = api.client.get("/api/trends/disk_free_bytes", headers=api.key("reader", "a"))
    assert answer.status_code == 400
    assert "no label collection" in answer.json()["detail"]


def test_patterns_have_the_log_and_for_an_unbound_key_recommendations(api: Api) -> None:
    found = api.client.get("/api/patterns", headers=api.key("reader"))
    assert found.status_code == 200
    assert set(found.json()) == {"patterns", "log", "recommendations"}
    bound = api.client.get("/api/patterns", headers=api.key("reader", "a")).json()
    assert (bound["recommendations"], bound["log"]["total"]) == ([], 0)
    assert api.client.get("/api/patterns?collection=b", headers=api.key("reader", "a")).status_code == 403
    assert api.client.get("/api/patterns?since=-1", headers=api.key("reader")).status_code == 422
