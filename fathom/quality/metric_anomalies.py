"""Judges the newest complete hours of the main metrics by their past of eight weeks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy.engine import Engine

from fathom.metrics.metric_definitions import METRICS
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.rollup_steps import DAY_S, HOUR_S, floor_to
from fathom.metrics.value_tally import ValueTally

AnomalySide = Literal["above", "below", "both"]

HISTORY_S: Final = 56 * DAY_S
SETTLED_S: Final = 300.0  # after its end an hour is complete: what was logged in it is collected
JUDGED_HOURS: Final = 2  # an hour is judged twice, should a round come late
MIN_VALUES: Final = 5  # of an hour of a distribution: the median of fewer says little


@dataclass(frozen=True)
class WatchedMetric:
    """A metric that is judged, and when a deviation matters.

    Attributes:
        side: of the expected range on which a value is worth a word; a cheap hour is not.
        least: the deviation from the middle of the expected range below which nothing is said, in the metric's unit.
    """

    metric: str
    side: AnomalySide
    least: float
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


WATCHED: Final[Mapping[str, WatchedMetric]] = {
    "failed_documents": WatchedMetric("documents_failed", "above", 5.0),
    "failed_chunks": WatchedMetric("chunks_failed", "above", 5.0),
    "failed_checks": WatchedMetric("checks_failed", "above", 5.0),
    "conversion_seconds": WatchedMetric("stage_seconds", "above", 2.0, {"stage": "docling"}),
    "graph_seconds": WatchedMetric("stage_seconds", "above", 2.0, {"stage": "graphiti"}),
    "entities_per_chunk": WatchedMetric("entities_per_chunk", "both", 1.0),
    "facts_per_chunk": WatchedMetric("facts_per_chunk", "both", 0.5),
    "model_errors": WatchedMetric("llm_errors", "above", 10.0),
    "model_seconds": WatchedMetric("llm_seconds", "above", 1.0),
    "model_cost": WatchedMetric("llm_cost_usd", "above", 0.5),
    "longest_wait": WatchedMetric("queue_oldest_seconds", "above", 600.0),
    "query_errors": WatchedMetric("query_errors", "above", 5.0),
    "query_seconds": WatchedMetric("query_seconds", "above", 1.0),
    "query_quality": WatchedMetric("query_quality", "below", 0.05),
}


@dataclass(frozen=True)
class JudgedHour:
    """An hour with its value and the range in which it was expected; `kind` is that of the anomaly, if it is one.

    No watched metric can be negative, so that the range begins at 0 at the least.
    """

    at: float
    value: float
    low: float
    high: float
    kind: str | None


@dataclass(frozen=True)
class MetricJudgement:
    """The judgement of a metric: its newest hours that have values; none while too little is known.

    Attributes:
        hours: the number of hours with values in the past that was looked at.
        needed: how many there must be before any is judged.
    """

    name: str
    judged: tuple[JudgedHour, ...]
    hours: int
    needed: int

    @property
    def anomaly(self) -> JudgedHour | None:
        """The newest hour that is an anomaly."""
        return next((hour for hour in reversed(self.judged) if hour.kind), None)


def judge_metrics(engine: Engine, now: float | None = None) -> list[MetricJudgement]:
    """Returns a judgement of each watched metric."""
    now = time.time() if now is None else now
    return [judge_metric(engine, name, now) for name in WATCHED]


def judge_metric(engine: Engine, name: str, now: float) -> MetricJudgement:
    """Returns the judgement of a metric; `name` is a key of WATCHED."""
    from fathom.quality.anomalies import MeasuredSeries
    from fathom.quality.anomalies.anomaly_detector import MIN_POINTS, SeriesWatch, warm_up_points
    from fathom.quality.anomalies.seasonal_baseline import DAY_S as BLOCK_S

    watched = WATCHED[name]
    end = floor_to(now - SETTLED_S, HOUR_S)
    series = MeasuredSeries.of(hourly_values(engine, watched, end).items())
    first = warm_up_points(series)
    if first >= len(series):
        return MetricJudgement(name, (), len(series), max(first, MIN_POINTS))
    watch, judged = SeriesWatch(series), []
    newest = end - JUDGED_HOURS * HOUR_S
    block = watch.points_of(BLOCK_S)
    for start in range(first, len(series), block):
        stop = min(len(series), start + block)
        flagged = {point.at: point.kind.value for point in watch.judge(start, stop)}
        for index in range(start, stop):
            at = float(series.times[index])
            if at >= newest:
                value, (low, high) = float(series.values[index]), watch.expected_range(index)
                kind = flagged.get(at) if _matters(watched, value, low, high) else None
                judged.append(JudgedHour(at, value, max(0.0, low), high, kind))
    return MetricJudgement(name, tuple(judged), len(series), first)


def hourly_values(engine: Engine, watched: WatchedMetric, end: float) -> dict[float, float]:
    """Returns the value of each hour before `end`: the sum of a counter, maybe 0, the mean of a gauge, or a median."""
    kind = METRICS[watched.metric].kind
    series = MetricHistory(engine).series(watched.metric, end - HISTORY_S, end, HOUR_S, labels=watched.labels)
    tallies: dict[float, ValueTally] = {at: tally for one in series for at, tally in one.points if at < end}
    if kind == "counter":
        begin = int(min(tallies, default=end))
        return {float(at): tallies[at].total if at in tallies else 0.0 for at in range(begin, int(end), HOUR_S)}
    if kind == "gauge":
        return {at: tally.mean for at, tally in tallies.items()}
    return {at: tally.quantile(0.5) for at, tally in tallies.items() if tally.count >= MIN_VALUES}


def _matters(watched: WatchedMetric, value: float, low: float, high: float) -> bool:
    """Returns whether the deviation is on the watched side and large enough."""
    away = value - (low + high) / 2
    if watched.side == "both":
        return abs(away) >= watched.least
    return away >= watched.least if watched.side == "above" else -away >= watched.least
