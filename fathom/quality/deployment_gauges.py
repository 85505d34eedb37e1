"""Measures the deployment: its queue, runs, money, disk, memory and components."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.llm.middleware.budget import day_of
from fathom.metrics.metric_sample import MetricSample
from fathom.orchestration.run_gauges import run_gauges
from fathom.processes.component import ComponentStatus
from fathom.settings import Settings
from fathom.tables import llm_calls, uploads
from fathom.uploads.paused_collections import paused
from fathom.uploads.upload import UploadState

MAX_COLLECTIONS = 100
_DATABASES = (("operational", "fathom.db"), ("graph", "graph"), ("dagster", "dagster"), ("logs", "logs"))


def deployment_gauges(
    settings: Settings, components: Iterable[ComponentStatus], now: float | None = None
) -> list[MetricSample]:
    """Returns the gauges of the deployment now. Raises DatabaseUnreachable."""
    now = time.time() if now is None else now
    engine = open_database(settings.operational_url)
    found = [*_queue(engine, now), *_money(settings, engine, now), *_disk(settings), *_components(components)]
    runs = run_gauges(settings, now)
    if runs is not None:
        found += [("runs_in_progress", float(runs.in_progress), {}), ("runs_queued", float(runs.queued), {})]
        found += [("sensor_age_seconds", age, {"sensor": name}) for name, age in sorted(runs.sensor_ages.items())]
    return [MetricSample(name, value, now, labels) for name, value, labels in found]


Gauge = tuple[str, float, dict[str, str]]


def _queue(engine: Engine, now: float) -> Iterator[Gauge]:
    c = uploads.c
    waiting = c.state.in_((UploadState.ACCEPTED, UploadState.SUBMITTED))
    done = sa.select(c.collection, sa.func.max(c.updated_at).label("at")).where(c.state == UploadState.DONE)
    with engine.connect() as connection:
        counts = {
            row.state: row.n for row in connection.execute(sa.select(c.state, sa.func.count().label("n")).group_by(c.state))
        }
        oldest = connection.scalar(sa.select(sa.func.min(c.accepted_at)).where(waiting))
        newest = connection.execute(done.group_by(c.collection).order_by(c.collection).limit(MAX_COLLECTIONS)).all()
    for state in UploadState:
        yield "documents_in_state", float(counts.get(state, 0)), {"state": state.value}
    yield "queue_oldest_seconds", max(0.0, now - oldest) if oldest else 0.0, {}
    yield "collections_paused", float(len(paused(engine))), {}
    for row in newest:
        yield "collection_age_seconds", max(0.0, now - row.at), {"collection": row.collection}


def _money(settings: Settings, engine: Engine, now: float) -> Iterator[Gauge]:
    with engine.connect() as connection:
        spent = connection.scalar(sa.select(sa.func.sum(llm_calls.c.cost_usd)).where(llm_calls.c.day == day_of(now))) or 0.0
    yield "spent_today_usd", spent, {}
    if settings.budget_usd_per_day:
        yield "budget_used_share", spent / settings.budget_usd_per_day, {}


def _disk(settings: Settings) -> Iterator[Gauge]:
    usage = shutil.disk_usage(settings.home if settings.home.exists() else settings.home.absolute().parent)
    yield "disk_free_bytes", float(usage.free), {}
    yield "disk_free_share", usage.free / usage.total, {}
    for part, name in _DATABASES:
        if (path := settings.home / name).exists():
            yield "home_bytes", float(_size(path)), {"part": part}


def _size(path: Path) -> int:
    if path.is_file():
        return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*") if one.is_file())
    total = 0
    for one in path.rglob("*"):
        try:
            total += one.stat().st_size if one.is_file() else 0
        except OSError:  # deleted meanwhile
            continue
    return total


def _components(components: Iterable[ComponentStatus]) -> Iterator[Gauge]:
    for status in components:
        yield "component_up", float(status.healthy), {"component": status.name}
        if status.rss_mb is not None:
            yield "memory_bytes", status.rss_mb * 1024**2, {"component": status.name}
