"""The score is 100 less the deductions, each issue keeps since when it is there, and the levels are those of the seed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.quality.health_score import DEDUCTIONS, FoundIssue, level_of, score_health

GRAPH = FoundIssue("component.graph", "graph is stopped.", "Run `fathom up`.")
CHECKS = FoundIssue("checks.failing", "2 checks failed.", "See `fathom quality --failed`.")


def test_issues_are_deducted_and_remembered_until_they_are_gone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/fathom.db")
    assert score_health(engine, [], 1000.0).model_dump()["issues"] == []
    first = score_health(engine, [CHECKS], 1000.0)
    assert (first.score, first.status) == (90, "healthy")
    both = score_health(engine, [CHECKS, GRAPH], 2000.0)
    assert (both.score, both.status) == (35, "critical")
    assert [(issue.kind, issue.since.timestamp(), issue.deduction) for issue in both.issues] == [
        ("component.graph", 2000.0, 55),
        ("checks.failing", 1000.0, 10),
    ]
    score_health(engine, [GRAPH], 3000.0)
    again = score_health(engine, [CHECKS, GRAPH], 4000.0)
    assert {issue.kind: issue.since for issue in again.issues}["checks.failing"] == datetime.fromtimestamp(4000.0, UTC)


def test_without_a_database_issues_are_there_since_now() -> None:
    found = score_health(None, [FoundIssue("database", "It is away.", "Run `fathom doctor`.")], 5000.0)
    assert (found.score, found.status, found.issues[0].since.timestamp()) == (45, "critical", 5000.0)
    assert score_health(None, [GRAPH] * 3, 1.0).score == 0


@pytest.mark.parametrize(
    ("score", "level"), [(100, "healthy"), (80, "healthy"), (79, "degraded"), (50, "degraded"), (49, "critical")]
)
def test_the_levels(score: int, level: str) -> None:
    assert level_of(score) == level


def test_a_part_without_which_nothing_is_ingested_is_critical_by_itself() -> None:
    for kind in ("component.graph", "component.dagster-daemon", "database", "disk.full"):
        assert level_of(100 - DEDUCTIONS[kind]) == "critical"
