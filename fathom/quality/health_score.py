"""Scores the health of a deployment: 100, less a deduction for each issue; the formula is this table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.sql import insert_into
from fathom.tables import health_issues

HealthLevel = Literal["healthy", "degraded", "critical"]
MIN_HEALTHY, MIN_DEGRADED = 80, 50  # S3's levels

# Points that each kind of issue costs. A part without which nothing is ingested makes the deployment critical by itself.
DEDUCTIONS: Final[dict[str, int]] = {
    "component.graph": 55,
    "component.dagster-daemon": 55,
    "component.runs": 30,
    "component.converter": 30,
    "component.api": 30,
    "component.supervisor": 25,
    "component.dagster-webserver": 25,
    "database": 55,
    "disk.full": 55,
    "disk.low": 25,
    "graph.unhealthy": 40,
    "graph.degraded": 10,
    "documents.failing": 25,
    "checks.failing": 10,
    "queue.stuck": 25,
    "models.failing": 25,
    "budget.spent": 21,
    "collections.paused": 5,
    "backup.unproven": 10,
    "sensor.dead": 25,
    "alerts.critical": 21,
    "alerts.warning": 5,
}


@dataclass(frozen=True)
class FoundIssue:
    """An issue: its kind in DEDUCTIONS, a sentence, and what to do."""

    kind: str
    issue: str
    what_to_do: str


class HealthIssue(BaseModel):
    """An issue of the deployment and what it costs."""

    model_config = ConfigDict(frozen=True)

    kind: str
    issue: str
    since: datetime
    what_to_do: str
    deduction: int


class HealthReport(BaseModel):
    """The health of the deployment: score and issues, the costliest first."""

    model_config = ConfigDict(frozen=True)

    score: int = Field(ge=0, le=100)
    status: HealthLevel = Field(description="healthy from 80, degraded from 50, else critical")
    issues: list[HealthIssue]
    checked_at: datetime


def score_health(engine: Engine | None, issues: Sequence[FoundIssue], now: float | None = None) -> HealthReport:
    """Returns the report on the issues, each since it was first seen.

    Args:
        engine: of the database that remembers since when issues are there; None where it cannot be reached.
        issues: found now; of a kind that is found twice, each is deducted.
        now: in seconds since 1970.
    """
    now = time.time() if now is None else now
    since = remember_issues(engine, sorted({issue.kind for issue in issues}), now) if engine is not None else {}
    reported = [
        HealthIssue(
            kind=issue.kind,
            issue=issue.issue,
            since=datetime.fromtimestamp(since.get(issue.kind, now), UTC),
            what_to_do=issue.what_to_do,
            deduction=DEDUCTIONS[issue.kind],
        )
        for issue in issues
    ]
    reported.sort(key=lambda issue: (-issue.deduction, issue.since, issue.kind))
    score = max(0, 100 - sum(issue.deduction for issue in reported))
    return HealthReport(score=score, status=level_of(score), issues=reported, checked_at=datetime.fromtimestamp(now, UTC))


def level_of(score: float) -> HealthLevel:
    """Returns the level of a score."""
    return "healthy" if score >= MIN_HEALTHY else "degraded" if score >= MIN_DEGRADED else "critical"


def remember_issues(engine: Engine, kinds: Sequence[str], now: float) -> dict[str, float]:
    """Stores which kinds of issues are there now, and returns since when each is."""
    c = health_issues.c
    with engine.connect() as connection:
        known: dict[str, float] = {row.issue: row.since for row in connection.execute(sa.select(health_issues))}
    new, gone = [kind for kind in kinds if kind not in known], sorted(set(known) - set(kinds))
    if new or gone:
        with engine.begin() as connection:
            if gone:
                connection.execute(health_issues.delete().where(c.issue.in_(gone)))
            if new:
                insert = insert_into(engine, health_issues).on_conflict_do_nothing()
                connection.execute(insert, [{"issue": kind, "since": now} for kind in new])
    return {kind: known.get(kind, now) for kind in kinds}
