"""Rolls minutes up into longer steps, and deletes roll-ups after their retention; both can be killed and repeated."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.metrics.metric_collection import cursor_of, set_cursor
from fathom.metrics.metric_history import put_rollups
from fathom.metrics.rollup_steps import STEPS_S, floor_to, kept_since, rolled_to
from fathom.metrics.value_tally import ValueTally
from fathom.sql import AdvisoryLock, batched, exclusive_transaction
from fathom.tables import metric_rollups, metric_series

OVERLAP_S = 60.0  # changes of the last pass are read again, for clocks of other hosts
DELETED_AT_ONCE = 5_000
MAX_ROLLUPS = 5_000_000  # of all steps; beyond it, the oldest of the shortest step go first

c = metric_rollups.c


@dataclass
class RollupReport:
    """Counts the work of a pass."""

    rolled: int = 0
    deleted: int = 0


def roll_up(engine: Engine, now: float | None = None) -> RollupReport:
    """Brings each step up to the newest complete span, then deletes what is older than its retention."""
    now = time.time() if now is None else now
    report = RollupReport()
    for fine, coarse in pairwise(STEPS_S):
        with exclusive_transaction(engine, AdvisoryLock.METRICS) as connection:
            report.rolled += _roll(connection, engine, (fine, coarse), now)
    for step in STEPS_S:
        report.deleted += _delete(engine, step, kept_since(step, now))
    report.deleted += _cap(engine)
    return report


def _roll(connection: Connection, engine: Engine, steps: tuple[int, int], now: float) -> int:
    """Computes the long spans whose short spans changed since the last pass; spans that are not over wait."""
    fine, coarse = steps
    source = f"changed {coarse}"
    changed_at = c.changed_at > cursor_of(connection, source) - OVERLAP_S
    end = floor_to(now, coarse)
    spans = {
        (row.series, floor_to(row.at, coarse))
        for row in connection.execute(sa.select(c.series, c.at).where(c.step_s == fine, changed_at, c.at < end))
    }
    rolled = 0
    for keys in batched(sorted(spans), 200):
        tallies: dict[tuple[int, int], ValueTally] = defaultdict(ValueTally)
        for series, at in keys:
            within = sa.select(c.samples, c.total, c.least, c.most, c.digest).where(
                c.series == series, c.step_s == fine, c.at >= at, c.at < at + coarse
            )
            for tallied in connection.execute(within):
                tallies[series, at].add_stored(*tallied)
        put_rollups(connection, engine, coarse, tallies, now)
        rolled += len(tallies)
    unfinished = sa.select(sa.func.min(c.changed_at)).where(c.step_s == fine, c.at >= end)
    set_cursor(connection, engine, source, min(now, connection.scalar(unfinished) or now))
    set_cursor(connection, engine, rolled_to(coarse), max(end, cursor_of(connection, rolled_to(coarse))))
    return rolled


def _delete(engine: Engine, step: int, before: int) -> int:
    deleted = 0
    old = sa.select(c.series, c.at).where(c.step_s == step, c.at < before).limit(DELETED_AT_ONCE)
    while True:
        with engine.begin() as connection:
            keys = [(row.series, row.at) for row in connection.execute(old)]
            for some in batched(keys, 200):
                connection.execute(metric_rollups.delete().where(c.step_s == step, sa.tuple_(c.series, c.at).in_(some)))
        deleted += len(keys)
        if len(keys) < DELETED_AT_ONCE:
            return deleted


def _cap(engine: Engine) -> int:
    """Deletes the oldest minutes beyond MAX_ROLLUPS, and series that have no roll-up left."""
    with engine.connect() as connection:
        over = (connection.scalar(sa.select(sa.func.count()).select_from(metric_rollups)) or 0) - MAX_ROLLUPS
        oldest = sa.select(c.at).where(c.step_s == STEPS_S[0]).order_by(c.at).offset(max(0, over)).limit(1)
        before = connection.scalar(oldest) if over > 0 else None
    deleted = _delete(engine, STEPS_S[0], before) if before else 0
    with engine.begin() as connection:
        s = metric_series.c
        held = sa.select(sa.literal(1)).where(c.series == s.id)
        connection.execute(metric_series.delete().where(~sa.exists(held), s.last_at < time.time() - 86_400))
    return deleted
