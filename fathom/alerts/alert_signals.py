"""Finds what rules without a metric look for: failed checks and documents, stale collections, failing routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from fathom.alert_settings import SEVERITIES, AlertSeverity
from fathom.alerts.findings import MAX_DOCUMENTS, AlertContext, AlertFinding, joined_collections
from fathom.alerts.run_signals import find_dead_sensors, find_failed_runs, find_missing_runs, find_stuck_runs
from fathom.metrics.rollup_steps import DAY_S, HOUR_S
from fathom.tables import alert_notices, check_results, uploads
from fathom.uploads.upload import UploadState

ANOMALY_ASSET, DRIFT_ASSET, BACKUP_ASSET = "quality_metrics", "collection_drift", "graph_backup"
FAILING_TRIES = 3
MAX_GROUPS = 2000  # causes by collection, of a signal

Signal = Callable[[AlertContext], Iterator[AlertFinding]]
_SEVERITY_OF: Final[Mapping[str, AlertSeverity]] = {"block": "critical", "warn": "warning", "inform": "info"}


def _failed_checks(context: AlertContext) -> Iterator[AlertFinding]:
    other = (ANOMALY_ASSET, DRIFT_ASSET, BACKUP_ASSET)
    return _by_check(context, check_results.c.asset.not_in(other))


def _of_asset(asset: str, prefix: str = "") -> Signal:
    c = check_results.c

    def find(context: AlertContext) -> Iterator[AlertFinding]:
        return _by_check(context, sa.and_(c.asset == asset, c.check_name.startswith(prefix, autoescape=True)))

    return find


def _by_check(context: AlertContext, wanted: sa.ColumnElement[bool]) -> Iterator[AlertFinding]:
    """Yields a finding for each check that failed in the last day; older failures are in `fathom quality`."""
    c = check_results.c
    failed = sa.and_(c.passed.is_(False), c.checked_at >= context.now - DAY_S, wanted)
    counted = (sa.func.count().label("n"), sa.func.min(c.checked_at).label("since"))
    grouped = sa.select(c.asset, c.check_name, c.severity, c.collection, *counted).where(failed)
    grouped = grouped.group_by(c.asset, c.check_name, c.severity, c.collection).limit(MAX_GROUPS)
    groups: dict[tuple[str, str], list[sa.Row[Any]]] = defaultdict(list)
    with context.engine.connect() as connection:
        for row in connection.execute(grouped):
            groups[row.asset, row.check_name].append(row)
        for (asset, check), rows in sorted(groups.items()):
            of_check = sa.and_(failed, c.asset == asset, c.check_name == check)
            newest = sa.select(check_results).where(of_check).order_by(c.checked_at.desc(), c.document).limit(MAX_DOCUMENTS)
            examples = connection.execute(newest).all()
            if examples:
                yield _check_finding(asset, check, rows, examples)


def _check_finding(asset: str, check: str, rows: Sequence[Any], examples: Sequence[Any]) -> AlertFinding:
    documents = tuple(row.document for row in examples if row.document)
    count = sum(row.n for row in rows)
    about = f"{count} documents" if len(documents) > 1 else documents[0] if documents else asset
    return AlertFinding(
        f"{asset}.{check}",
        f"{check} failed for {about}: {examples[0].detail}",
        severity=max((_SEVERITY_OF[row.severity] for row in rows), key=SEVERITIES.index),
        documents=documents,
        count=count,
        since=min(row.since for row in rows),
        run=examples[0].run_id,
        labels={"asset": asset, "check": check, **joined_collections(row.collection for row in rows)},
    )


def _failed_documents(context: AlertContext) -> Iterator[AlertFinding]:
    """Yields a finding for each stage and error by which documents failed in the last day."""
    c = uploads.c
    failed = sa.and_(
        c.state.in_((UploadState.FAILED, UploadState.REJECTED)),
        c.updated_at >= context.now - DAY_S,
        sa.func.coalesce(c.reason, "") != "RunCancelled",
    )
    # literals: Postgres does not see that two bound parameters, in the columns and in GROUP BY, are the same
    stage = sa.func.coalesce(c.stage, sa.literal_column("'upload'"))
    reason = sa.func.coalesce(c.reason, sa.literal_column("'unknown'"))
    counted = (sa.func.count().label("n"), sa.func.min(c.updated_at).label("since"))
    grouped = sa.select(stage.label("stage"), reason.label("reason"), c.collection, *counted).where(failed)
    groups: dict[tuple[str, str], list[sa.Row[Any]]] = defaultdict(list)
    with context.engine.connect() as connection:
        for row in connection.execute(grouped.group_by(stage, reason, c.collection).limit(MAX_GROUPS)):
            groups[row.stage, row.reason].append(row)
        for (where, error), rows in sorted(groups.items()):
            same = sa.and_(failed, stage == where, reason == error)
            newest = sa.select(uploads).where(same).order_by(c.updated_at.desc(), c.document).limit(MAX_DOCUMENTS)
            examples = connection.execute(newest).all()
            if examples:
                yield _document_finding(where, error, rows, examples)


def _document_finding(stage: str, error: str, rows: Sequence[Any], examples: Sequence[Any]) -> AlertFinding:
    count, last = sum(row.n for row in rows), examples[0]
    about = last.document if count == 1 else f"{count} documents, the last {last.document},"
    return AlertFinding(
        f"{stage}.{error}",
        f"{about} failed in {stage}: {error}: {last.detail or 'no reason given'}",
        documents=tuple(row.document for row in examples),
        count=count,
        since=min(row.since for row in rows),
        run=last.run_id,
        labels={"stage": stage, "error": error, **joined_collections(row.collection for row in rows)},
    )


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


def _failing_routes(context: AlertContext) -> Iterator[AlertFinding]:
    n = alert_notices.c
    late = sa.and_(n.sent_at.is_(None), n.created_at >= context.now - DAY_S)
    query = sa.select(n.route, sa.func.count().label("notices"), sa.func.min(n.created_at).label("since"), sa.func.max(n.error))
    tried_often = sa.func.sum(n.attempts) >= FAILING_TRIES  # of all notices: a route that fails rests before it tries another
    with context.engine.connect() as connection:
        rows = connection.execute(query.where(late).group_by(n.route).having(tried_often)).all()
    for route, notices, since, error in rows:
        if route in context.settings.alerts.routes:
            cause = f"The route {route} did not take {notices} notices: {error}"
            yield AlertFinding(route, cause, count=notices, since=since, labels={"route": route})


FINDERS: Final[Mapping[str, Signal]] = {
    "failed_checks": _failed_checks,
    "anomalies": _of_asset(ANOMALY_ASSET, "no_anomaly_of_"),
    "health": _of_asset(ANOMALY_ASSET, "deployment_is_healthy"),
    "drift": _of_asset(DRIFT_ASSET),
    "backup": _of_asset(BACKUP_ASSET),
    "failed_documents": _failed_documents,
    "failing_routes": _failing_routes,
    "stale_collections": _stale_collections,
    "failed_runs": find_failed_runs,
    "stuck_runs": find_stuck_runs,
    "missing_runs": find_missing_runs,
    "dead_sensors": find_dead_sensors,
}

# Signals that a look at each tick can afford; the others open Dagster's storage, or read the log of each running document.
QUICK: Final = frozenset({"failed_checks", "anomalies", "health", "drift", "backup", "failed_documents", "failing_routes"})
