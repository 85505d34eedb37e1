"""Reads the trend of a metric over an hour, a day, a week, a month or a year."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy.engine import Engine

from fathom.metrics.metric_definitions import METRICS, Metric
from fathom.metrics.metric_history import MetricHistory, metric_of
from fathom.metrics.rollup_steps import floor_to
from fathom.metrics.value_tally import ValueTally

TrendSpan = Literal["1h", "1d", "7d", "30d", "1y"]
MAX_GAP = 2  # steps without a value that a line of a gauge crosses: a gauge may be late


@dataclass(frozen=True)
class TrendRange:
    """A time that can be chosen: its words, its length, and its steps in seconds; those of counters are longer.

    A counter of rare events is a comb in short steps.
    """

    words: str
    seconds: int
    step_s: int
    counted_step_s: int


RANGES: Final[Mapping[TrendSpan, TrendRange]] = {
    "1h": TrendRange("1 hour", 3600, 60, 300),
    "1d": TrendRange("1 day", 86_400, 300, 1800),
    "7d": TrendRange("7 days", 7 * 86_400, 3600, 10_800),
    "30d": TrendRange("30 days", 30 * 86_400, 14_400, 86_400),
    "1y": TrendRange("1 year", 365 * 86_400, 86_400, 7 * 86_400),
}


@dataclass(frozen=True)
class TrendQuery:
    """The metric, time and labels of a trend.

    Attributes:
        name: of the metric.
        span: the time up to `until`.
        until: in seconds since 1970.
        labels: values that the series must have.
        by: the label by which series are parted; None for a single series.
    """

    name: str
    span: TrendSpan
    until: float
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    by: str | None = None

    @property
    def since(self) -> float:
        """Begin of the time, in seconds since 1970."""
        return float(floor_to(self.until - RANGES[self.span].seconds, self.step_s))

    @property
    def step_s(self) -> int:
        """Length of a span in seconds. Raises UsageWrong for an unknown metric."""
        chosen = RANGES[self.span]
        return chosen.counted_step_s if metric_of(self.name).kind == "counter" else chosen.step_s


@dataclass(frozen=True)
class TrendSeries:
    """The tallies of the spans that have values, and of all of them together; `name` is the value of the label."""

    name: str
    points: Sequence[tuple[float, ValueTally]]
    total: ValueTally


@dataclass(frozen=True)
class PlottedMetric:
    """The series of a metric, those with the largest sums first."""

    metric: Metric
    query: TrendQuery
    series: Sequence[TrendSeries]

    @property
    def total(self) -> ValueTally | None:
        """The tally of all series; None without values."""
        if not self.series:
            return None
        whole = ValueTally()
        for one in self.series:
            whole.merge(one.total)
        return whole


def plotted_metric(engine: Engine, query: TrendQuery) -> PlottedMetric:
    """Returns the trend from what is collected. Raises UsageWrong for an unknown metric or label."""
    found = MetricHistory(engine).series(
        query.name,
        query.since,
        query.until,
        query.step_s,
        labels=query.labels,
        by=() if query.by is None else (query.by,),
    )
    series = [TrendSeries(next(iter(one.labels.values()), ""), one.points, _total(one.points)) for one in found]
    return PlottedMetric(metric_of(query.name), query, sorted(series, key=lambda one: (-one.total.total, one.name)))


def values_of(trend: PlottedMetric, series: TrendSeries) -> list[tuple[float, float | None]]:
    """Returns the values to be drawn: sums of a counter, means of a gauge, medians of a distribution; None where a line breaks.

    A counter has the value 0 where nothing was counted, and its last span is left out until it is over.
    """
    step, by_time = trend.query.step_s, dict(series.points)
    if trend.metric.kind == "counter":
        end = floor_to(trend.query.until, step)
        begins = range(int(series.points[0][0]), max(end, int(series.points[0][0]) + step), step)
        return [(float(at), by_time[at].total if at in by_time else 0.0) for at in map(float, begins)]
    return with_gaps([(at, main_value(trend.metric, tally)) for at, tally in series.points], step)


def with_gaps(points: Sequence[tuple[float, float]], step: int) -> list[tuple[float, float | None]]:
    """Returns the points with a gap where more than MAX_GAP steps are without a value, or where it is not known (NaN)."""
    found: list[tuple[float, float | None]] = []
    for at, value in points:
        if found and at - found[-1][0] > MAX_GAP * step:
            found.append((at - step, None))
        found.append((at, value if math.isfinite(value) else None))
    return found


def main_value(metric: Metric, tally: ValueTally) -> float:
    """Returns the value that stands for a span: the sum of a counter, the mean of a gauge, the median of a distribution."""
    if metric.kind == "counter":
        return tally.total
    return tally.mean if metric.kind == "gauge" else tally.quantile(0.5)


def metrics_of(collection: str | None) -> list[Metric]:
    """Returns the metrics that can be parted by collection, or all where no collection is given."""
    return [metric for metric in METRICS.values() if collection is None or "collection" in metric.labels]


def label_values(engine: Engine, name: str, collection: str | None = None) -> dict[str, list[str]]:
    """Returns the values of each label of a metric, of a collection where given. Raises UsageWrong for an unknown metric."""
    found: dict[str, set[str]] = {label: set() for label in metric_of(name).labels}
    for latest in MetricHistory(engine).latest(name):
        if collection is None or latest.labels.get("collection") == collection:
            for label, value in latest.labels.items():
                found[label].add(value)
    return {label: sorted(values) for label, values in found.items()}


def _total(points: Sequence[tuple[float, ValueTally]]) -> ValueTally:
    whole = ValueTally()
    for _, tally in points:
        whole.merge(tally)
    return whole
