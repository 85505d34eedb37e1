"""Judges the health of the deployment: its components, graph, documents, checks, models, money, disk and backups."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from fathom.deployment.components import status_all, wanted
from fathom.errors import DatabaseUnreachable, FathomError
from fathom.graphdb.connection import open_impatient_graph
from fathom.metrics.metric_history import MetricHistory
from fathom.operations.costs import budget_state
from fathom.operations.graph.graph_health import graph_health
from fathom.operations.quality_reports import refresh_metrics
from fathom.orchestration.run_gauges import run_gauges
from fathom.processes.component import ComponentStatus
from fathom.quality.check_results import CheckResults
from fathom.quality.health_score import DEDUCTIONS, FoundIssue, HealthReport, score_health
from fathom.settings import Settings
from fathom.tables import uploads
from fathom.thresholds import THRESHOLDS
from fathom.uploads.paused_collections import paused
from fathom.uploads.upload import UploadState

HOUR_S, DAY_S = 3600.0, 86_400.0
LISTED = 3  # examples in a sentence


def deployment_health(settings: Settings, now: float | None = None) -> HealthReport:
    """Returns the health of the deployment; a part that cannot be reached is an issue, no error."""
    now = time.time() if now is None else now
    issues = [*_components(status_all(settings), running=wanted(settings)), *_disk(settings)]
    engine: Engine | None = None
    try:
        engine = refresh_metrics(settings)
        issues += [*_graph(settings), *_documents(engine, now), *_checks(engine, now), *_models(engine, now)]
        issues += [*_money(settings), *_paused(engine), *_sensors(settings, now)]
    except (DatabaseUnreachable, SQLAlchemyError) as error:
        engine = None
        hint = "Run `fathom doctor`; see FATHOM_DATABASE_URL."
        issues.append(FoundIssue("database", f"The operational database cannot be reached: {type(error).__name__}.", hint))
    return score_health(engine, issues, now)


def _components(statuses: list[ComponentStatus], *, running: bool) -> Iterator[FoundIssue]:
    for status in statuses:
        if not status.healthy and f"component.{status.name}" in DEDUCTIONS:
            detail = f": {status.detail}" if status.detail else ""
            to_do = f"See {status.log}, then run `fathom up`." if status.log and running else "Run `fathom up`."
            yield FoundIssue(f"component.{status.name}", f"{status.name} is {status.state}{detail}.", to_do)


def _disk(settings: Settings) -> Iterator[FoundIssue]:
    usage = shutil.disk_usage(settings.home if settings.home.exists() else settings.home.absolute().parent)
    free, limits = usage.free / 1e9, THRESHOLDS.deployment
    to_do = "Free space, or lower FATHOM_DAGSTER_DAYS and FATHOM_BACKUP_DAYS."
    if free < limits.critical_free_disk_gb:
        yield FoundIssue("disk.full", f"The home's disk has {free:.1f} GB left; writes will fail.", to_do)
    elif free < limits.min_free_disk_gb:
        yield FoundIssue("disk.low", f"The home's disk has {free:.1f} GB left.", to_do)


def _graph(settings: Settings) -> Iterator[FoundIssue]:
    try:
        with closing(open_impatient_graph(settings)) as connection:
            found = graph_health(settings, connection)
    except FathomError as error:
        yield FoundIssue("graph.unhealthy", error.message, error.what_to_do)
        return
    for issue in found.issues:
        kind = "graph.unhealthy" if found.status == "unhealthy" else "graph.degraded"
        yield FoundIssue(kind, issue, "See `fathom graph health`.")


def _documents(engine: Engine, now: float) -> Iterator[FoundIssue]:
    c, limits = uploads.c, THRESHOLDS.deployment
    recent = c.updated_at >= now - DAY_S
    with engine.connect() as connection:
        states = sa.select(c.state, sa.func.count().label("n")).where(recent).group_by(c.state)
        counts = {row.state: row.n for row in connection.execute(states)}
        waiting = c.state.in_((UploadState.ACCEPTED, UploadState.SUBMITTED))
        in_hand = connection.scalar(sa.select(sa.func.count()).where(c.state == UploadState.RUNNING)) or 0
        oldest = connection.scalar(sa.select(sa.func.min(c.accepted_at)).where(waiting))
        last = connection.scalar(sa.select(sa.func.max(c.updated_at)).where(c.state == UploadState.DONE)) or 0.0
        failed = sa.select(c.document, c.reason).where(recent, c.state == UploadState.FAILED).limit(LISTED)
        examples = [f"{row.document} ({row.reason})" for row in connection.execute(failed)]
    bad, done = counts.get(UploadState.FAILED, 0), counts.get(UploadState.DONE, 0)
    if bad > limits.max_failed_share * (bad + done):
        sentence = f"{bad} of {bad + done} documents of the last day failed: {'; '.join(examples)}."
        yield FoundIssue("documents.failing", sentence, "See `fathom documents --state failed`, then `fathom retry --failed`.")
    silent = now - max(last, oldest or now)
    if oldest and not in_hand and silent > limits.max_queue_silence_s and not paused(engine):
        yield FoundIssue(
            "queue.stuck",
            f"A document has waited for {(now - oldest) / 60:.0f} min, and no run works on any.",
            "See `fathom status` and the sensor new_uploads in Dagster.",
        )


def _checks(engine: Engine, now: float) -> Iterator[FoundIssue]:
    failed = CheckResults(engine).failed(since=now - DAY_S)
    backup = [state for state in failed if state.asset == "graph_backup"]
    others = [state for state in failed if state.asset not in ("graph_backup", "quality_metrics")]  # the latter judges health
    if backup:
        yield FoundIssue(
            "backup.unproven", backup[0].detail, "Run `fathom graph backup`, then `fathom graph backups --verify ID`."
        )
    if others:
        examples = "; ".join(f"{state.check} of {state.document or state.asset}" for state in others[:LISTED])
        sentence = f"{len(others)} checks failed in the last day: {examples}."
        yield FoundIssue("checks.failing", sentence, "See `fathom quality --failed`.")


def _models(engine: Engine, now: float) -> Iterator[FoundIssue]:
    history, limits = MetricHistory(engine), THRESHOLDS.deployment
    counts = {name: history.window(name, now - HOUR_S, now + 60) for name in ("llm_errors", "llm_calls")}
    bad, good = (tally.total if tally else 0.0 for tally in counts.values())
    if bad >= limits.min_failed_calls and bad > limits.max_failed_share * (bad + good):
        sentence = f"{bad:.0f} of {bad + good:.0f} calls of the language model failed in the last hour."
        yield FoundIssue("models.failing", sentence, "See `fathom logs` of a document, and the provider's status.")


def _money(settings: Settings) -> Iterator[FoundIssue]:
    state = budget_state(settings)
    if state.left_usd is not None and state.left_usd <= 0:
        sentence = f"The day's budget of ${state.usd_per_day:.2f} is spent; work waits until {state.next_day_at:%H:%M} UTC."
        yield FoundIssue("budget.spent", sentence, "Raise FATHOM_BUDGET_USD_PER_DAY, or wait.")


def _paused(engine: Engine) -> Iterator[FoundIssue]:
    pauses = paused(engine)
    if pauses:
        names = ", ".join(sorted(pause.collection for pause in pauses.values())[:LISTED])
        yield FoundIssue("collections.paused", f"Collections are paused: {names}.", "`fathom resume` lets them go on.")


def _sensors(settings: Settings, now: float) -> Iterator[FoundIssue]:
    found = run_gauges(settings, now)
    age = found.sensor_ages.get("new_uploads") if found else None
    if age is not None and age > THRESHOLDS.deployment.max_sensor_silence_s:
        sentence = f"The sensor new_uploads has not ticked for {age / 60:.0f} min."
        yield FoundIssue("sensor.dead", sentence, "See the daemon in `fathom status` and the sensor's page in Dagster.")
