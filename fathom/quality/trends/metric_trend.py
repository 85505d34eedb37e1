"""Analyses the trend of a metric: its current value, the change against the window before, direction and forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.metrics.metric_definitions import MetricKind
from fathom.metrics.metric_history import MetricHistory, metric_of
from fathom.metrics.value_tally import ValueTally
from fathom.quality.anomalies.seasonal_baseline import (
    DAY_S,
    HOUR_S,
    SEASON_WEEKS,
    WEEK_S,
    SeasonKind,
    choose_season,
    fit_baseline,
    hours_of_week,
)
from fathom.quality.anomalies.series import MeasuredSeries
from fathom.quality.trends.forecasting import SeriesForecast, forecast_series
from fathom.quality.trends.mann_kendall import TrendDirection, mann_kendall


@dataclass(frozen=True)
class _Resolution:
    """For a window of up to `window_s`: the seconds of a point, the points of a forecast, and the past that it learns from."""

    window_s: float
    step_s: int
    ahead: int
    past_s: float


RESOLUTIONS: Sequence[_Resolution] = (
    _Resolution(2 * DAY_S, 300, 12, 2 * WEEK_S),
    _Resolution(3 * WEEK_S, int(HOUR_S), 24, SEASON_WEEKS * WEEK_S),
    _Resolution(math.inf, int(DAY_S), 7, SEASON_WEEKS * WEEK_S),
)


@dataclass(frozen=True)
class MetricTrend:
    """The trend of a metric.

    Args:
        metric: its name.
        unit: its unit.
        since: begin of the window, in seconds since 1970.
        until: its end.
        step_s: seconds of a point.
        current: value of the window: sum of a counter, mean of a gauge, median of a distribution; None without values.
        previous: the same of the window before.
        change: change from the previous to the current value as a share of the previous; None where that is 0 or missing.
        direction: by Mann-Kendall, without the season.
        p_value: of the direction; None where it is unknown.
        slope_per_day: change of a point's value a day, by Theil-Sen.
        points: number of points in the window.
        forecast: of the next points.
    """

    metric: str
    unit: str
    since: float
    until: float
    step_s: int
    current: float | None
    previous: float | None
    change: float | None
    direction: TrendDirection
    p_value: float | None
    slope_per_day: float
    points: int
    forecast: SeriesForecast


def analyze_trend(
    history: MetricHistory, name: str, since: float, until: float, labels: Mapping[str, str] | None = None
) -> MetricTrend:
    """Returns the trend of the metric in [since, until). Raises UsageWrong for an unknown metric or label."""
    metric = metric_of(name)
    window = until - since
    chosen = next(one for one in RESOLUTIONS if window <= one.window_s)
    current = value_of(history.window(name, since, until, labels), metric.kind)
    previous = value_of(history.window(name, since - window, since, labels), metric.kind)
    past = read_series(history, name, (min(since, until - chosen.past_s), until), chosen.step_s, labels)
    start = int(np.searchsorted(past.times, since))
    flat = past.values - _effects(past)
    trend = mann_kendall(past.times[start:], flat[start:])
    least = None if metric.kind == "gauge" else 0.0
    return MetricTrend(
        metric=name,
        unit=metric.unit,
        since=since,
        until=until,
        step_s=chosen.step_s,
        current=current,
        previous=previous,
        change=change_of(previous, current),
        direction=trend.direction,
        p_value=trend.p_value,
        slope_per_day=trend.slope * DAY_S,
        points=len(past) - start,
        forecast=forecast_series(past, chosen.ahead, least=least),
    )


def read_series(
    history: MetricHistory, name: str, span: tuple[float, float], step: int, labels: Mapping[str, str] | None = None
) -> MeasuredSeries:
    """Returns the metric's complete steps within the span; a counter's steps without a value are 0, from its first value on."""
    kind = metric_of(name).kind
    found = [
        (at, value_of(tally, kind))
        for series in history.series(name, *span, step, labels=labels)
        for at, tally in series.points
        if at + step <= span[1]
    ]
    if kind == "counter" and found:
        counted = dict(found)
        begin = min(counted)
        found = [(at, counted.get(at, 0.0)) for at in np.arange(begin, span[1] - step + 1, step).tolist()]
    return MeasuredSeries.of(found)


def value_of(tally: ValueTally | None, kind: MetricKind) -> float | None:
    """Returns the value of a span: the sum of a counter, the mean of a gauge, the median of a distribution."""
    if tally is None or not tally.count:
        return 0.0 if tally is not None and kind == "counter" else None
    return {"counter": tally.total, "gauge": tally.mean, "distribution": tally.quantile(0.5)}[kind]


def change_of(previous: float | None, current: float | None) -> float | None:
    """Returns the change as a share of the previous value; None where that is 0 or either is missing."""
    if previous is None or current is None or previous == 0:
        return None
    return (current - previous) / abs(previous)


def _effects(series: MeasuredSeries) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Returns the effect of the season at each point; 0 where no season is found."""
    season = choose_season(series.times, series.values, series.step)
    if season is SeasonKind.NONE or not len(series):
        return np.zeros(len(series))
    return np.asarray(fit_baseline(series.times, series.values, season).effects[hours_of_week(series.times)])
