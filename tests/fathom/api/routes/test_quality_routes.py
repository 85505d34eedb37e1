"""Checks, health and metrics over HTTP: within the key's collection, with bounds, and the same as on the command line."""

from __future__ import annotations

import time

from fathom.metrics.check_recording import CheckResult, to_json
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.observability.structured_logging import emit, stage
from tests.fathom.api.conftest import Api

LOST = CheckResult(
    name="conversion_keeps_text", passed=False, severity="warn", measured=0.5, threshold=0.9, detail="Half is lost."
)
KEPT = CheckResult(name="document_has_text", passed=True, severity="block", measured=900, threshold=1)


def checked(*documents: str) -> None:
    for document in documents:
        with stage("docling", document=document, run="r1"):
            emit("quality.checked", "Checks", asset="documents", results=to_json([LOST, KEPT]))


def test_checks_are_shown_with_what_was_measured_within_the_keys_collection(api: Api) -> None:
    checked("c/a.md", "other/b.md")
    found = api.client.get("/api/quality", headers=api.key("reader")).json()
    failed = [one for one in found["checks"] if not one["passed"]]
    assert {one["document"] for one in failed} == {"c/a.md", "other/b.md"}
    assert {"asset", "check", "document", "passed", "severity", "measured", "threshold"} <= set(failed[0])
    assert (failed[0]["measured"], failed[0]["threshold"], failed[0]["detail"]) == (0.5, 0.9, "Half is lost.")
    assert {(row["check"], row["failed"]) for row in found["summary"]} == {
        ("conversion_keeps_text", 2),
        ("document_has_text", 0),
    }
    mine = api.client.get("/api/quality?failed=true", headers=api.key("reader", "c")).json()
    assert [one["document"] for one in mine["checks"]] == ["c/a.md"]
    assert api.client.get("/api/quality?collection=other", headers=api.key("reader", "c")).status_code == 403
    assert api.client.get("/api/quality?limit=0", headers=api.key("reader")).status_code == 422


def test_the_history_of_a_metric_has_its_series_and_figures(api: Api) -> None:
    now = time.time()
    history = MetricHistory(api.intake.engine)
    history.record(
        MetricSample("stage_seconds", value, now - 60, {"stage": "docling", "collection": "c"}) for value in (1.0, 3.0)
    )
    history.record([MetricSample("stage_seconds", 9.0, now - 60, {"stage": "docling", "collection": "other"})])
    found = api.client.get("/api/metrics/stage_seconds?by=stage&step=60", headers=api.key("reader")).json()
    (series,) = found["series"]
    assert (series["labels"], series["total"]["count"], series["total"]["max"]) == ({"stage": "docling"}, 3, 9.0)
    mine = api.client.get("/api/metrics/stage_seconds", headers=api.key("reader", "c")).json()
    assert mine["series"][0]["total"]["sum"] == 4.0
    for path, status in (
        ("nothing", 400),
        ("stage_seconds?by=colour", 400),
        ("stage_seconds?step=61", 400),
        ("stage_seconds?step=1", 422),
    ):
        assert api.client.get(f"/api/metrics/{path}", headers=api.key("reader")).status_code == status
    assert api.client.get("/api/metrics/disk_free_bytes", headers=api.key("reader", "c")).status_code == 400
    listed = api.client.get("/api/metrics", headers=api.key("reader")).json()["metrics"]
    assert {one["name"]: one["series"] for one in listed}["stage_seconds"] == 2


def test_prometheus_reads_counters_gauges_and_summaries(api: Api) -> None:
    now = time.time()
    history = MetricHistory(api.intake.engine)
    history.record([MetricSample("documents_done", 1, now, {"collection": "c", "file_type": "pdf"})] * 3)
    history.record([MetricSample("disk_free_share", 0.25, now), MetricSample("queue_oldest_seconds", 9, now - 3600)])
    history.record([MetricSample("stage_seconds", 2.0, now, {"stage": "docling"})])
    text = api.client.get("/metrics", headers=api.key("reader")).text
    assert 'fathom_documents_done_total{collection="c",file_type="pdf"} 3.0' in text
    assert "fathom_disk_free_share 0.25" in text
    assert "fathom_queue_oldest_seconds 9" not in text  # no longer current
    assert 'fathom_stage_seconds_sum{collection="",file_type="",stage="docling"} 2.0' in text


def test_health_names_each_issue_since_when_and_what_to_do(api: Api) -> None:
    checked("c/a.md")
    found = api.client.get("/api/health", headers=api.key("reader")).json()
    assert found["status"] == "critical"  # nothing of this deployment runs
    issues = {one["kind"]: one for one in found["issues"]}
    assert {"component.graph", "component.dagster-daemon", "checks.failing"} <= set(issues)
    assert "conversion_keeps_text of c/a.md" in issues["checks.failing"]["issue"]
    assert "fathom up" in issues["component.graph"]["what_to_do"]
    assert found["score"] == max(0, 100 - sum(one["deduction"] for one in found["issues"]))
    again = api.client.get("/api/health", headers=api.key("reader")).json()
    assert {one["kind"]: one["since"] for one in again["issues"]}["checks.failing"] == issues["checks.failing"]["since"]
