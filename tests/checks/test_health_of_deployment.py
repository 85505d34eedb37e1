"""The check fails below a healthy score, and its figures and sentence name the issues."""

from __future__ import annotations

import dagster as dg

from checks.backup_proof import backup_outcome, result_of_backup
from checks.health_of_deployment import health_check_result, health_outcome, result_of_health
from fathom.quality.health_score import MIN_HEALTHY, FoundIssue, score_health

GRAPH = FoundIssue("component.graph", "graph is stopped.", "Run `fathom up`.")
CHECKS = FoundIssue("checks.failing", "2 checks failed.", "See `fathom quality --failed`.")


def test_a_healthy_deployment_passes_and_a_stopped_graph_is_an_error() -> None:
    healthy, critical = score_health(None, [CHECKS], 1000.0), score_health(None, [CHECKS, GRAPH], 1000.0)
    assert health_outcome(healthy).passed
    failed = health_check_result("quality_metrics", critical)
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "graph is stopped. (-55)" in (failed.description or "")
    kept = result_of_health(critical)
    assert (kept.measured, kept.threshold, kept.passed) == (35, MIN_HEALTHY, False)


def test_a_missing_backup_is_kept_without_a_measure() -> None:
    kept = result_of_backup(backup_outcome([], 24.0, 0.0), 24.0)
    assert (kept.passed, kept.measured, kept.threshold) == (False, None, 48.0)
