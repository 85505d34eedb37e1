"""Forecasts a series by its season, its level and its slope, with intervals from the errors of past forecasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fathom.quality.anomalies.seasonal_baseline import (
    DAY_S,
    LEVEL_DAYS,
    MIN_LEVEL_POINTS,
    SEASON_WEEKS,
    WEEK_S,
    SeasonKind,
    choose_season,
    fit_baseline,
    hours_of_week,
)
from fathom.quality.anomalies.series import Floats, MeasuredSeries
from fathom.quality.trends.mann_kendall import TrendDirection, mann_kendall

COVERAGE = 0.8  # share of the values to come that an interval is to hold
MIN_FORECAST_POINTS = 20
BACKTESTS = 30  # forecasts of the past, each of what came after it
MIN_BACKTESTS = math.ceil(1 / (1 - COVERAGE))  # with fewer, no error is large enough to hold the share


@dataclass(frozen=True)
class ForecastPoint:
    """A forecast value with its interval; without bounds where too little is known of past errors."""

    at: float
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of a series.

    Args:
        points: in the order of time.
        coverage: share of the values that the intervals are to hold.
        backtests: forecasts of the past from whose errors the intervals are made.
        season: the season that was found.
        reason: how wide the intervals are and why, as a sentence.
    """

    points: tuple[ForecastPoint, ...]
    coverage: float
    backtests: int
    season: SeasonKind
    reason: str


@dataclass(frozen=True)
class _Model:
    """A level at a time, a slope a second and the effects of each hour of the week."""

    at: float
    level: float
    slope: float
    effects: Floats

    def predict(self, times: Floats) -> Floats:
        return self.level + self.slope * (times - self.at) + self.effects[hours_of_week(times)]


def forecast_series(series: MeasuredSeries, steps: int, *, least: float | None = None) -> SeriesForecast:
    """Returns the forecast of the next steps; none for fewer than MIN_FORECAST_POINTS.

    An interval reaches as far as COVERAGE of the forecasts of the past were off at the same distance (split conformal
    prediction, Vovk et al. 2005), so that it needs no assumption on the noise; it holds while the future errs like the past.

    Args:
        series: the past.
        steps: number of points, at the usual distance.
        least: smallest possible value, such as 0 for counts.
    """
    count = len(series)
    if count < MIN_FORECAST_POINTS or not series.step:
        said = f"{count} points are too few to forecast; {MIN_FORECAST_POINTS} are needed."
        return SeriesForecast((), COVERAGE, 0, SeasonKind.NONE, said)
    start = int(np.searchsorted(series.times, series.times[-1] - SEASON_WEEKS * WEEK_S))
    times, values = series.times[start:], series.values[start:]
    season = choose_season(times, values, series.step)
    ahead = times[-1] + series.step * np.arange(1, steps + 1)
    predicted = _fit(times, values, season).predict(ahead)
    errors = _past_errors(times, values, season, steps)
    points = []
    for number, (at, value) in enumerate(zip(ahead.tolist(), predicted.tolist(), strict=True)):
        reach = _reach(errors[:, number])
        low, high = (None, None) if reach is None else (value - reach, value + reach)
        points.append(ForecastPoint(at, _bounded(value, least), _maybe_bounded(low, least), _maybe_bounded(high, least)))
    return SeriesForecast(tuple(points), COVERAGE, len(errors), season, _reason(errors))


def _fit(times: Floats, values: Floats, season: SeasonKind) -> _Model:
    effects = fit_baseline(times, values, season).effects
    flat = values - effects[hours_of_week(times)]
    recent = max(0, min(int(np.searchsorted(times, times[-1] - LEVEL_DAYS * DAY_S)), len(times) - MIN_LEVEL_POINTS))
    trend = mann_kendall(times[recent:], flat[recent:])
    slope = trend.slope if trend.direction in (TrendDirection.RISING, TrendDirection.FALLING) else 0.0
    level = float(np.median(flat[recent:] - slope * (times[recent:] - times[-1])))
    return _Model(float(times[-1]), level, slope, effects)


def _past_errors(times: Floats, values: Floats, season: SeasonKind, steps: int) -> Floats:
    """Returns the absolute errors of forecasts from the second half of the past, shape (backtests, steps); NaN for no value."""
    count = len(values)
    first, last = max(count // 2, MIN_FORECAST_POINTS // 2), count - 1
    origins = np.unique(np.linspace(first, last, min(BACKTESTS, max(0, last - first))).astype(np.int64))
    errors = np.full((len(origins), steps), np.nan)
    for row, origin in enumerate(origins):
        ahead = slice(int(origin), min(count, int(origin) + steps))
        model = _fit(times[: ahead.start], values[: ahead.start], season)
        errors[row, : ahead.stop - ahead.start] = np.abs(values[ahead] - model.predict(times[ahead]))
    return errors


def _reach(errors: Floats) -> float | None:
    known = np.sort(errors[~np.isnan(errors)])
    if len(known) < MIN_BACKTESTS:
        return None
    rank = math.ceil((len(known) + 1) * COVERAGE)
    return float(known[min(rank, len(known)) - 1])


def _reason(errors: Floats) -> str:
    reach = _reach(errors[:, 0]) if len(errors) else None
    if reach is None:
        return f"{len(errors)} forecasts of the past are too few to tell how far off they are."
    return (
        f"As far as {COVERAGE:.0%} of {len(errors)} forecasts of the past were off at the same distance; ±{reach:.3g} at first."
    )


def _bounded(value: float, least: float | None) -> float:
    return value if least is None else max(least, value)


def _maybe_bounded(value: float | None, least: float | None) -> float | None:
    return None if value is None else _bounded(value, least)
