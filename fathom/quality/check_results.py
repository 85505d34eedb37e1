"""Reads the last results of checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.metrics.check_recording import Severity
from fathom.tables import check_results

c = check_results.c
MAX_RESULTS = 10_000


class CheckState(BaseModel):
    """The last result of a check of a document, of a collection, or of all."""

    model_config = ConfigDict(frozen=True)

    asset: str
    check: str
    collection: str
    document: str | None = Field(description="null for a check of a collection or of all")
    passed: bool
    severity: Severity = Field(description="block: the document stops; warn: it goes on; inform: a figure to watch")
    measured: float | None = Field(description="null where the check does not apply")
    threshold: float | None
    detail: str = Field(description="why it failed")
    run: str | None = Field(description="the Dagster run that checked")
    checked_at: float = Field(description="seconds since 1970")


class CheckSummary(BaseModel):
    """The results of a check over all documents."""

    model_config = ConfigDict(frozen=True)

    asset: str
    check: str
    severity: Severity
    passed: int
    failed: int
    threshold: float | None
    worst: float | None = Field(description="the measured value farthest on the wrong side, of those that failed")


class CheckResults:
    """The last results in a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(
        self,
        *,
        collection: str | None = None,
        document: str | None = None,
        failed: bool = False,
        since: float = 0.0,
        limit: int = MAX_RESULTS,
    ) -> Sequence[CheckState]:
        """Returns results, the failed and the newest first.

        Args:
            collection: of its documents only.
            document: of it only.
            failed: without those that passed.
            since: those checked since then, in seconds since 1970.
            limit: how many at most.
        """
        query = sa.select(check_results).order_by(c.passed, c.checked_at.desc(), c.document, c.check_name).limit(limit)
        if collection is not None:
            query = query.where(c.collection == collection)
        if document is not None:
            query = query.where(c.document == document)
        if failed:
            query = query.where(c.passed.is_(False))
        if since:
            query = query.where(c.checked_at >= since)
        with self._engine.connect() as connection:
            return [_state(row) for row in connection.execute(query)]

    def failed(self, *, since: float = 0.0) -> Sequence[CheckState]:
        """Returns the checks whose last result is a failure, the newest first."""
        return self.list(failed=True, since=since)

    def of_document(self, document: str) -> Sequence[CheckState]:
        """Returns the results of a document."""
        return self.list(document=document)

    def summary(self, *, collection: str | None = None) -> Sequence[CheckSummary]:
        """Returns the number of passed and failed results of each check."""
        failed = sa.case((c.passed.is_(False), 1), else_=0)
        low = sa.func.min(sa.case((c.passed.is_(False), c.measured)))
        high = sa.func.max(sa.case((c.passed.is_(False), c.measured)))
        query = sa.select(
            c.asset,
            c.check_name,
            c.severity,
            sa.func.count().label("results"),
            sa.func.sum(failed).label("failures"),
            sa.func.max(c.threshold).label("threshold"),
            low.label("low"),
            high.label("high"),
        ).group_by(c.asset, c.check_name, c.severity)
        if collection is not None:
            query = query.where(c.collection == collection)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(c.asset, c.check_name)).all()
        return [
            CheckSummary(
                asset=row.asset,
                check=row.check_name,
                severity=row.severity,
                passed=row.results - row.failures,
                failed=row.failures,
                threshold=row.threshold,
                worst=_worst(row.low, row.high, row.threshold),
            )
            for row in rows
        ]


def _worst(low: float | None, high: float | None, threshold: float | None) -> float | None:
    """Returns the end that is farther from the threshold."""
    if low is None or high is None or threshold is None:
        return high
    return low if threshold - low > high - threshold else high


def _state(row: Any) -> CheckState:
    held = {column.name: getattr(row, column.name) for column in check_results.c}
    held["check"], held["run"] = held.pop("check_name"), held.pop("run_id")
    return CheckState(**{**held, "document": held["document"] or None})
