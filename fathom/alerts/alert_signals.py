"""Finds what rules without a metric look for: failed checks and documents, stuck and missing runs, stale collections."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.alerts.findings import MAX_DOCUMENTS, AlertFinding
from fathom.metrics.rollup_steps import DAY_S
from fathom.observability.event_store import Events
from fathom.orchestration.run_gauges import run_gauges
from fathom.quality.check_results import CheckResults, CheckState
from fathom.settings import Settings
from fathom.tables import alert_notices, uploads
from fathom.threshold_overrides import current_thresholds
from fathom.uploads.paused_collections import paused
from fathom.uploads.upload import UploadState

ANOMALY_ASSET, DRIFT_ASSET, BACKUP_ASSET = "quality_metrics", "collection_drift", "graph_backup"
STUCK_AFTER_S = 600.0  # without a line of a running document; heartbeats come each minute
MAX_RUNNING = 200
FAILING_ATTEMPTS = 3
HOUR_S = 3600.0


@dataclass(frozen=True)
class AlertContext:
    """The subject of the signals: the deployment, its database, and the time in seconds since 1970."""

    settings: Settings
    engine: Engine
    now: float

    @classmethod
    def of(cls, settings: Settings, engine: Engine, now: float | None = None) -> AlertContext:
        """Returns the context of now."""
        return cls(settings, engine, time.time() if now is None else now)


def _failed_checks(context: AlertContext) -> Iterator[AlertFinding]:
    other = {ANOMALY_ASSET, DRIFT_ASSET, BACKUP_ASSET}
    yield from _by_check(state for state in _recently_failed(context) if state.asset not in other)


def _of_asset(asset: str, prefix: str = "") -> Signal:
    def find(context: AlertContext) -> Iterator[AlertFinding]:
        failed = (state for state in _recently_failed(context) if state.asset == asset and state.check.startswith(prefix))
        yield from _by_check(failed)

    return find


def _recently_failed(context: AlertContext) -> Sequence[CheckState]:
    """Returns the checks that failed in the last day; older failures are in `fathom quality`."""
    return CheckResults(context.engine).failed(since=context.now - DAY_S)


def _by_check(failed: Iterator[CheckState]) -> Iterator[AlertFinding]:
    groups: dict[tuple[str, str], list[CheckState]] = defaultdict(list)
    for state in failed:
        groups[state.asset, state.check].append(state)
    for (asset, check), states in sorted(groups.items()):
        documents = [state.document for state in states if state.document]
        about = f"{len(documents)} documents" if len(documents) > 1 else documents[0] if documents else asset
        yield AlertFinding(
            f"{asset}.{check}",
            f"{check} failed for {about}: {states[0].detail}",
            severity="critical" if states[0].severity == "block" else "warning" if states[0].severity == "warn" else "info",
            documents=tuple(documents[:MAX_DOCUMENTS]),
            count=len(states),
            since=min(state.checked_at for state in states),
            run=states[0].run,
            labels={"asset": asset, "check": check, "collection": states[0].collection},
        )


def _failed_documents(context: AlertContext) -> Iterator[AlertFinding]:
    c = uploads.c
    failed = c.state.in_((UploadState.FAILED, UploadState.REJECTED))
    recent = sa.and_(failed, c.updated_at >= context.now - DAY_S, c.reason != "RunCancelled")
    with context.engine.connect() as connection:
        query = sa.select(uploads).where(recent).order_by(c.updated_at.desc()).limit(10_000)
        rows = connection.execute(query).all()
    groups: dict[tuple[str, str], list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[row.stage or "upload", row.reason or "unknown"].append(row)
    for (stage, reason), some in sorted(groups.items()):
        about = some[0].document if len(some) == 1 else f"{len(some)} documents, the last {some[0].document},"
        yield AlertFinding(
            f"{stage}.{reason}",
            f"{about} failed in {stage}: {reason}: {some[0].detail or 'no reason given'}",
            documents=tuple(row.document for row in some[:MAX_DOCUMENTS]),
            count=len(some),
            since=min(row.updated_at for row in some),
            run=some[0].run_id,
            labels={"stage": stage, "error": reason, "collection": some[0].collection},
        )


def _stuck_runs(context: AlertContext) -> Iterator[AlertFinding]:
    c = uploads.c
    with context.engine.connect() as connection:
        running = sa.select(c.document, c.run_id, c.stage, c.updated_at).where(c.state == UploadState.RUNNING)
        rows = connection.execute(running.limit(MAX_RUNNING)).all()
    events = Events(context.engine)
    for row in rows:
        if context.now - row.updated_at < STUCK_AFTER_S:
            continue
        last = events.last(row.document)
        silent = context.now - max(row.updated_at, last.at if last else 0.0)
        if silent >= STUCK_AFTER_S:
            said = f"the last was: {last.message}" if last else "nothing was ever heard"
            cause = f"Nothing was heard of {row.document} for {silent / 60:.0f} min in {row.stage}; {said}."
            yield AlertFinding(row.document, cause, documents=(row.document,), run=row.run_id, since=context.now - silent)


def _missing_runs(context: AlertContext) -> Iterator[AlertFinding]:
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


def _stale_collections(context: AlertContext) -> Iterator[AlertFinding]:
    c = uploads.c
    for collection, hours in sorted(context.settings.alerts.stale_hours.items()):
        with context.engine.connect() as connection:
            done = sa.and_(c.collection == collection, c.state == UploadState.DONE)
            last = connection.scalar(sa.select(sa.func.max(c.updated_at)).where(done))
        age = context.now - last if last else None
        if age is None or age > hours * HOUR_S:
            since = f"{age / HOUR_S:.0f} hours ago" if age is not None else "never"
            cause = f"The collection {collection} got its last document {since}; one is expected each {hours:g} hours."
            yield AlertFinding(collection, cause, labels={"collection": collection})


def _uploads_sensor(context: AlertContext) -> Iterator[AlertFinding]:
    gauges = run_gauges(context.settings, context.now)
    age = gauges.sensor_ages.get("new_uploads") if gauges else None
    if age is not None and age > current_thresholds().deployment.max_sensor_silence_s:
        yield AlertFinding(
            "new_uploads", f"The sensor new_uploads has not ticked for {age / 60:.0f} min.", since=context.now - age
        )


def _failing_routes(context: AlertContext) -> Iterator[AlertFinding]:
    n = alert_notices.c
    late = sa.and_(n.sent_at.is_(None), n.attempts >= FAILING_ATTEMPTS)
    query = sa.select(n.route, sa.func.count().label("notices"), sa.func.min(n.created_at).label("since"), sa.func.max(n.error))
    with context.engine.connect() as connection:
        rows = connection.execute(query.where(late, n.created_at >= context.now - DAY_S).group_by(n.route)).all()
    for route, notices, since, error in rows:
        if route in context.settings.alerts.routes:
            cause = f"The route {route} did not take {notices} notices: {error}"
            yield AlertFinding(route, cause, count=notices, since=since, labels={"route": route})


Signal = Callable[[AlertContext], Iterator[AlertFinding]]

FINDERS: Final[Mapping[str, Signal]] = {
    "failed_checks": _failed_checks,
    "anomalies": _of_asset(ANOMALY_ASSET, "no_anomaly_of_"),
    "health": _of_asset(ANOMALY_ASSET, "deployment_is_healthy"),
    "drift": _of_asset(DRIFT_ASSET),
    "backup": _of_asset(BACKUP_ASSET),
    "failed_documents": _failed_documents,
    "stuck_runs": _stuck_runs,
    "missing_runs": _missing_runs,
    "stale_collections": _stale_collections,
    "uploads_sensor": _uploads_sensor,
    "failing_routes": _failing_routes,
}
