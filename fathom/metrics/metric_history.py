"""Stores samples in roll-ups of a minute, and reads windows and series from the coarsest roll-ups that fit."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.errors import UsageWrong
from fathom.metrics.metric_definitions import METRICS, Metric
from fathom.metrics.metric_sample import MetricSample
from fathom.metrics.rollup_steps import DAY_S, MAX_LATE_S, MINUTE_S, STEPS_S, floor_to, kept_since, rolled_to
from fathom.metrics.value_tally import ValueTally
from fathom.sql import AdvisoryLock, batched, exclusive_transaction, insert_into
from fathom.tables import metric_cursors, metric_rollups, metric_series

MAX_SERIES = 200  # of a metric; values of further labels go to the series OTHER
OTHER = "(other)"  # no name of a collection
MAX_POINTS = 20_000  # of an answer

c = metric_rollups.c


@dataclass(frozen=True)
class MetricSeries:
    """The tallies of a metric's spans for some labels, in the order of time; a span is named by its begin."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, ValueTally]]


@dataclass(frozen=True)
class LatestValue:
    """The newest value of a series, whether it is still current, and the count and sum of all its values."""

    labels: Mapping[str, str]
    value: float
    at: float
    is_current: bool
    samples: int
    total: float


class MetricHistory:
    """The history of all metrics in a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, samples: Iterable[MetricSample]) -> int:
        """Adds samples to the history and returns their number; invalid and very late ones are dropped."""
        with exclusive_transaction(self._engine, AdvisoryLock.METRICS) as connection:
            return self.add(connection, samples)

    def add(self, connection: Connection, samples: Iterable[MetricSample]) -> int:
        """Adds samples within a transaction that excludes others which add."""
        tallies: dict[tuple[str, str, int], ValueTally] = defaultdict(ValueTally)
        newest: dict[tuple[str, str], tuple[float, float]] = {}
        added: dict[tuple[str, str], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
        count, oldest = 0, time.time() - MAX_LATE_S
        for sample in samples:
            if not sample.is_valid or sample.at < oldest:
                continue
            key = sample.key
            tallies[sample.name, key, floor_to(sample.at, MINUTE_S)].add(sample.value)
            newest[sample.name, key] = max(newest.get((sample.name, key), (0.0, 0.0)), (sample.at, sample.value))
            samples_so_far, total = added[sample.name, key]
            added[sample.name, key] = (samples_so_far + 1, total + sample.value)
            count += 1
        if not count:
            return 0
        ids = self._series_ids(connection, newest, added)
        by_row: dict[tuple[int, int], ValueTally] = {}
        for (name, key, at), tally in tallies.items():
            row = (ids[name, key], at)
            if row in by_row:  # two sets of labels that share the series OTHER
                by_row[row].merge(tally)
            else:
                by_row[row] = tally
        add_rollups(connection, self._engine, MINUTE_S, by_row)
        return count

    def window(
        self, name: str, since: float, until: float, labels: Mapping[str, str] | None = None, *, step_s: int | None = None
    ) -> ValueTally | None:
        """Returns the tally of all values in [since, until), in whole minutes; None without any. Raises UsageWrong.

        Args:
            name: of the metric.
            since: in seconds since 1970.
            until: the same.
            labels: of the series that count; all where not given.
            step_s: a longer step reads less, and begins with the span that holds `since`.
        """
        found: ValueTally | None = None
        for series in self.series(name, since, until, step_s, labels=labels):
            for _, tally in series.points:
                if found is None:
                    found = ValueTally()
                found.merge(tally)
        return found

    def series(
        self,
        name: str,
        since: float,
        until: float,
        step_s: int | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        by: Sequence[str] = (),
    ) -> list[MetricSeries]:
        """Returns the spans of the metric from `since` until `until`, a series for each value of the labels in `by`.

        `step_s` is the length of a span: a multiple of a minute; default: the shortest that gives at most MAX_POINTS spans.
        Raises UsageWrong for an unknown metric or label.
        """
        metric = metric_of(name)
        for label in (*(labels or {}), *by):
            if label not in metric.labels:
                known = ", ".join(metric.labels) or "none"
                raise UsageWrong(f"The metric {name} has no label {label}.", hint=f"It has: {known}.")
        step = kept_step(step_s or default_step(since, until), since, time.time())
        spans: dict[tuple[str, ...], dict[int, ValueTally]] = defaultdict(lambda: defaultdict(ValueTally))
        with self._engine.connect() as connection:
            named = dict(self._matching(connection, name, labels or {}))
            groups = {series: tuple(held.get(label, "") for label in by) for series, held in named.items()}
            columns = _columns(quantiles=metric.kind == "distribution")
            for series, at, *tallied in _rows(connection, columns, list(named), step, (since, until)):
                spans[groups[series]][floor_to(at, step)].add_stored(*tallied)
        return [
            MetricSeries(dict(zip(by, group, strict=True)), [(float(at), tally) for at, tally in sorted(points.items())])
            for group, points in sorted(spans.items())
        ]

    def latest(self, name: str, now: float | None = None) -> list[LatestValue]:
        """Returns the newest value of each series of the metric. Raises UsageWrong for an unknown metric."""
        metric, now = metric_of(name), time.time() if now is None else now
        query = sa.select(metric_series).where(metric_series.c.name == name, metric_series.c.last_at > 0)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(metric_series.c.labels)).all()
        return [
            LatestValue(
                json.loads(row.labels), row.last_value, row.last_at, now - row.last_at <= metric.ttl_s, row.samples, row.total
            )
            for row in rows
        ]

    def _series_ids(
        self,
        connection: Connection,
        newest: Mapping[tuple[str, str], tuple[float, float]],
        added: Mapping[tuple[str, str], tuple[int, float]],
    ) -> dict[tuple[str, str], int]:
        """Returns the id of each series, creating those that are new, and stores their newest values, counts and sums."""
        names = sorted({name for name, _ in newest})
        s = metric_series.c
        rows = connection.execute(sa.select(s.id, s.name, s.labels, s.last_at).where(s.name.in_(names))).all()
        known = {(row.name, row.labels): (row.id, row.last_at) for row in rows}
        counts = {name: sum(1 for row in rows if row.name == name) for name in names}
        ids: dict[tuple[str, str], int] = {}
        for (name, key), (at, value) in newest.items():
            stored = (name, key)
            if stored not in known and counts[name] >= MAX_SERIES:
                stored = (name, json.dumps(dict.fromkeys(sorted(METRICS[name].labels), OTHER)))
            if stored not in known:
                made = connection.execute(metric_series.insert().values(name=stored[0], labels=stored[1])).inserted_primary_key
                known[stored] = (int(made[0]) if made else 0, 0.0)
                counts[name] += 1
            number, last_at = known[stored]
            ids[name, key] = number
            samples, total = added[name, key]
            more: dict[str, Any] = {"samples": s.samples + samples, "total": s.total + total}
            if at >= last_at:
                more |= {"last_value": value, "last_at": at}
                known[stored] = (number, at)
            connection.execute(metric_series.update().where(s.id == number).values(**more))
        return ids

    def _matching(self, connection: Connection, name: str, labels: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
        for row in connection.execute(sa.select(metric_series).where(metric_series.c.name == name)):
            held = json.loads(row.labels)
            if all(held.get(label) == value for label, value in labels.items()):
                yield row.id, held


def metric_of(name: str) -> Metric:
    """Returns the metric. Raises UsageWrong for an unknown one."""
    if name not in METRICS:
        raise UsageWrong(f"There is no metric {name}.", hint="`fathom metrics` lists them.")
    return METRICS[name]


def default_step(since: float, until: float) -> int:
    """Returns the shortest stored step that divides the time into a bearable number of spans."""
    return next((step for step in STEPS_S if (until - since) / step <= MAX_POINTS / 10), DAY_S)


def kept_step(step: int, since: float, now: float) -> int:
    """Returns the step, or the shortest longer one that is kept as far back as `since`. Raises UsageWrong."""
    if step <= 0 or step % MINUTE_S:
        raise UsageWrong(f"A step of {step} s is no multiple of a minute.")
    finest = next((stored for stored in STEPS_S if kept_since(stored, now) <= since), DAY_S)
    return step if step >= finest and step % finest == 0 else finest * max(1, -(-step // finest))


def add_rollups(connection: Connection, engine: Engine, step: int, tallies: Mapping[tuple[int, int], ValueTally]) -> None:
    """Merges the tallies, by series and begin, into the roll-ups of the step."""
    now = time.time()
    for keys in batched(sorted(tallies), 200):
        query = sa.select(*_columns(quantiles=True)).where(c.step_s == step, sa.tuple_(c.series, c.at).in_(keys))
        held = {(series, at): tallied for series, at, *tallied in connection.execute(query)}
        for key in keys:
            if key in held:
                tallies[key].add_stored(*held[key])
        put_rollups(connection, engine, step, {key: tallies[key] for key in keys}, now)


def put_rollups(
    connection: Connection, engine: Engine, step: int, tallies: Mapping[tuple[int, int], ValueTally], now: float
) -> None:
    """Stores the tallies in place of those that were there."""
    rows = [
        {
            "series": series,
            "step_s": step,
            "at": at,
            "samples": tally.count,
            "total": tally.total,
            "least": tally.least,
            "most": tally.most,
            "digest": tally.to_bytes(),
            "changed_at": now,
        }
        for (series, at), tally in tallies.items()
    ]
    if rows:
        upsert = insert_into(engine, metric_rollups)
        changed = {name: upsert.excluded[name] for name in ("samples", "total", "least", "most", "digest", "changed_at")}
        connection.execute(upsert.on_conflict_do_update(index_elements=["series", "step_s", "at"], set_=changed), rows)


def _columns(*, quantiles: bool) -> list[sa.ColumnElement[Any]]:
    """Returns series, begin and what `ValueTally.add_stored` takes; digests are most of the bytes."""
    return [c.series, c.at, c.samples, c.total, c.least, c.most, c.digest if quantiles else sa.null()]


def _rows(
    connection: Connection, columns: list[sa.ColumnElement[Any]], series: Sequence[int], step: int, span: tuple[float, float]
) -> Iterator[sa.Row[Any]]:
    """Yields roll-ups of the longest steps that fit, each as far as it is complete, then shorter ones up to the present."""
    since, until = floor_to(span[0], step), span[1]
    cursors = {row.source: row.position for row in connection.execute(sa.select(metric_cursors))}
    for stored in reversed([fitting for fitting in STEPS_S if step % fitting == 0]):
        end = until if stored == MINUTE_S else min(until, cursors.get(rolled_to(stored), 0.0))
        if end <= since:
            continue
        for some in batched(series):
            within = sa.select(*columns).where(c.series.in_(some), c.step_s == stored, c.at >= since, c.at < end)
            yield from connection.execute(within).all()
        since = int(end)
