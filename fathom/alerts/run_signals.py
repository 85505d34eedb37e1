"""Finds failed, stuck and missing runs, and sensors that do not tick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from fathom.alerts.findings import MAX_DOCUMENTS, AlertContext, AlertFinding, joined_collections
from fathom.metrics.rollup_steps import DAY_S
from fathom.observability.event_store import Events, RecordedEvent
from fathom.orchestration.failed_runs import failed_runs
from fathom.orchestration.run_gauges import run_gauges
from fathom.tables import uploads
from fathom.threshold_overrides import current_thresholds
from fathom.uploads.paused_collections import paused
from fathom.uploads.upload import UploadState

STUCK_AFTER_S = 600.0  # without a line of a running document; heartbeats come each minute
MAX_RUNNING = 200
FAST_SENSORS = ("new_uploads", "alerts")  # tick each minute at least


def find_failed_runs(context: AlertContext) -> Iterator[AlertFinding]:
    """Yields a finding for each job, documents apart, whose last run of the day failed."""
    for failed in failed_runs(context.settings, context.now - DAY_S):
        often = f"{failed.failures} runs of {failed.job}" if failed.failures > 1 else f"The run of {failed.job}"
        cause = f"{often} failed: {failed.error}"
        labels = {"job": failed.job}
        yield AlertFinding(failed.job, cause, count=failed.failures, run=failed.run_id, since=failed.at, labels=labels)


def find_stuck_runs(context: AlertContext) -> Iterator[AlertFinding]:
    """Yields a finding for each stage in which documents say nothing any more."""
    c = uploads.c
    with context.engine.connect() as connection:
        running = sa.select(uploads).where(c.state == UploadState.RUNNING).order_by(c.updated_at)
        rows = connection.execute(running.limit(MAX_RUNNING)).all()
    events = Events(context.engine)
    stuck: dict[str, list[tuple[float, Any, RecordedEvent | None]]] = defaultdict(list)
    for row in rows:
        if context.now - row.updated_at < STUCK_AFTER_S:
            continue
        last = events.last(row.document)
        silent = context.now - max(row.updated_at, last.at if last else 0.0)
        if silent >= STUCK_AFTER_S:
            stuck[row.stage or "upload"].append((silent, row, last))
    for stage, found in sorted(stuck.items()):
        silent, row, last = max(found, key=lambda one: one[0])
        said = f"the last was: {last.message}" if last else "nothing was ever heard"
        about = row.document if len(found) == 1 else f"{len(found)} documents, the longest {row.document},"
        yield AlertFinding(
            stage,
            f"Nothing was heard of {about} for {silent / 60:.0f} min in {stage}; {said}.",
            documents=tuple(one.document for _, one, _ in found[:MAX_DOCUMENTS]),
            count=len(found),
            run=row.run_id,
            since=context.now - silent,
            labels={"stage": stage, **joined_collections(one.collection for _, one, _ in found)},
        )


def find_missing_runs(context: AlertContext) -> Iterator[AlertFinding]:
    """Yields a finding if documents have waited for too long while no run works."""
    c = uploads.c
    waiting = c.state.in_((UploadState.ACCEPTED, UploadState.SUBMITTED))
    with context.engine.connect() as connection:
        in_hand = connection.scalar(sa.select(sa.func.count()).where(c.state == UploadState.RUNNING)) or 0
        oldest = connection.execute(
            sa.select(c.document, c.accepted_at).where(waiting).order_by(c.accepted_at).limit(1)
        ).first()
        last = connection.scalar(sa.select(sa.func.max(c.updated_at)).where(c.state == UploadState.DONE)) or 0.0
    if oldest is None or in_hand or paused(context.engine):
        return
    began = max(oldest.accepted_at or context.now, last)
    if context.now - began > current_thresholds().deployment.max_queue_silence_s:
        cause = f"{oldest.document} has waited for {(context.now - began) / 60:.0f} min, and no run works on any document."
        yield AlertFinding("queue", cause, documents=(oldest.document,), since=began)


def find_dead_sensors(context: AlertContext) -> Iterator[AlertFinding]:
    """Yields a finding for each of the sensors that tick each minute and did not for minutes."""
    gauges = run_gauges(context.settings, context.now)
    for sensor in FAST_SENSORS:
        age = gauges.sensor_ages.get(sensor) if gauges else None
        if age is not None and age > current_thresholds().deployment.max_sensor_silence_s:
            cause = f"The sensor {sensor} has not ticked for {age / 60:.0f} min."
            yield AlertFinding(sensor, cause, since=context.now - age, labels={"sensor": sensor})
