"""Predicts a series from its past by a level and a season, both medians, so that faults in the past hardly matter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from fathom.quality.anomalies.series import Floats

HOUR_S, DAY_S, WEEK_S = 3600.0, 86_400.0, 604_800.0
SEASON_WEEKS = 8  # of the past from which the season is learned
LEVEL_DAYS = 14
MIN_LEVEL_POINTS = 30
MIN_GAIN = 0.03  # a season with more bins must make the mean error smaller by this share

Bins = npt.NDArray[np.int64]


class SeasonKind(StrEnum):
    """The seasons a series may have, those with fewer bins first."""

    NONE = "none"
    WEEKDAY = "weekday"
    HOUR = "hour of day"
    HOUR_AND_WEEKDAY = "hour of day and weekday"
    HOUR_OF_WEEK = "hour of week"


@dataclass(frozen=True, eq=False)
class SeasonalBaseline:
    """A level and the effect of each hour of the week, shape (168,)."""

    kind: SeasonKind
    level: float
    effects: Floats

    def predict(self, times: Floats) -> Floats:
        """Returns the expected values at the times, shape (points,)."""
        return self.level + self.effects[hours_of_week(times)]


def hours_of_week(times: Floats) -> Bins:
    """Returns the hour of the week of each time in UTC, 0 to 167 from Thursday, as 1970 began."""
    return (np.floor(times / HOUR_S) % 168).astype(np.int64)


def choose_season(times: Floats, values: Floats, step: float) -> SeasonKind:
    """Returns the season that predicts left-out values best.

    Args:
        times: of the past, in seconds since 1970, shape (points,).
        values: shape (points,).
        step: the usual seconds between two points.
    """
    times, values = _recent(times, values, SEASON_WEEKS * WEEK_S)
    span = times[-1] - times[0] if len(times) else 0.0
    candidates = [SeasonKind.NONE]
    if step <= 6 * HOUR_S and span >= 2 * DAY_S:
        candidates.append(SeasonKind.HOUR)
    if span >= 2 * WEEK_S - 2 * step:
        daily = step > 6 * HOUR_S
        candidates += [SeasonKind.WEEKDAY] if daily else [SeasonKind.HOUR_AND_WEEKDAY, SeasonKind.HOUR_OF_WEEK]
    flat, hours = _without_weekly_level(times, values), hours_of_week(times)
    best, least = SeasonKind.NONE, np.inf
    for kind in candidates:
        error = _mean_error(flat, hours, kind)
        if error < least * (1 - MIN_GAIN):
            best, least = kind, error
    return best


def fit_baseline(times: Floats, values: Floats, kind: SeasonKind) -> SeasonalBaseline:
    """Returns the baseline of the past; arguments as for `choose_season`."""
    times, values = _recent(times, values, SEASON_WEEKS * WEEK_S)
    effects = season_effects(_without_weekly_level(times, values), hours_of_week(times), kind)
    recent_times, recent = _recent(times, values, LEVEL_DAYS * DAY_S)
    if len(recent) < MIN_LEVEL_POINTS:
        recent_times, recent = times[-MIN_LEVEL_POINTS:], values[-MIN_LEVEL_POINTS:]
    level = float(np.median(recent - effects[hours_of_week(recent_times)]))
    return SeasonalBaseline(kind, level, effects)


def season_effects(values: Floats, hours: Bins, kind: SeasonKind) -> Floats:
    """Returns the effect of each hour of the week, shape (168,); 0 for hours without values."""
    every = np.arange(168)
    match kind:
        case SeasonKind.NONE:
            return np.zeros(168)
        case SeasonKind.HOUR:
            return _medians(values, hours % 24, 24)[every % 24]
        case SeasonKind.WEEKDAY:
            return _medians(values, hours // 24, 7)[every // 24]
        case SeasonKind.HOUR_AND_WEEKDAY:  # two rounds of Tukey's median polish
            by_hour, by_day = np.zeros(24), np.zeros(7)
            for _ in range(2):
                by_hour += _medians(values - by_hour[hours % 24] - by_day[hours // 24], hours % 24, 24)
                by_day += _medians(values - by_hour[hours % 24] - by_day[hours // 24], hours // 24, 7)
            return by_hour[every % 24] + by_day[every // 24]
        case SeasonKind.HOUR_OF_WEEK:
            return _medians(values, hours, 168)


def residuals_left_out(times: Floats, values: Floats, kind: SeasonKind) -> Floats:
    """Returns how far each value is from the baseline of the others, shape (points,)."""
    baseline = fit_baseline(times, values, kind)
    flat = values - baseline.level
    return _left_out(flat, hours_of_week(times), kind)


def _mean_error(values: Floats, hours: Bins, kind: SeasonKind) -> float:
    """Returns the mean absolute error of left-out values, the largest twentieth cut."""
    errors = np.abs(_left_out(values, hours, kind))
    return float(np.minimum(errors, np.quantile(errors, 0.95)).mean()) if len(errors) else np.inf


def _left_out(values: Floats, hours: Bins, kind: SeasonKind) -> Floats:
    """Returns the residuals; only an hour of the week has so few values that each weighs in its own median."""
    if kind is not SeasonKind.HOUR_OF_WEEK:
        return values - season_effects(values, hours, kind)[hours]
    rows, places = _by_bin(values, hours, 168)
    left_out = np.empty_like(values)
    for place in range(rows.shape[1]):
        others = np.delete(rows, place, axis=1)
        mine = places == place
        expected = _row_medians(others)[hours[mine]] if others.shape[1] else np.full(int(mine.sum()), np.nan)
        left_out[mine] = values[mine] - np.nan_to_num(expected)
    return left_out


def _medians(values: Floats, bins: Bins, count: int) -> Floats:
    rows, _ = _by_bin(values, bins, count)
    return np.nan_to_num(_row_medians(rows))


def _row_medians(rows: Floats) -> Floats:
    """Returns the median of each row's numbers, NaN for a row without any; quicker than numpy's nanmedian."""
    ordered = np.sort(rows, axis=1)  # NaN last
    counts = np.sum(~np.isnan(rows), axis=1)
    low, high = np.maximum(0, (counts - 1) // 2), np.minimum(counts // 2, rows.shape[1] - 1)
    every = np.arange(len(rows))
    return np.asarray((ordered[every, low] + ordered[every, high]) / 2)


def _by_bin(values: Floats, bins: Bins, count: int) -> tuple[Floats, Bins]:
    """Returns the values as a row for each bin, filled with NaN, and the place of each value in its row."""
    order = np.argsort(bins, kind="stable")
    starts = np.searchsorted(bins[order], np.arange(count))
    places = np.empty(len(bins), dtype=np.int64)
    places[order] = np.arange(len(bins)) - starts[bins[order]]
    rows = np.full((count, int(places.max(initial=0)) + 1), np.nan)
    rows[bins, places] = values
    return rows, places


def _without_weekly_level(times: Floats, values: Floats) -> Floats:
    """Takes each week's median off, counted back from the end, so that growth is not taken for a season."""
    weeks = np.floor((times[-1] - times) / WEEK_S).astype(np.int64) if len(times) else np.zeros(0, dtype=np.int64)
    flat: Floats = values - _medians(values, weeks, int(weeks.max(initial=0)) + 1)[weeks]
    return flat


def _recent(times: Floats, values: Floats, seconds: float) -> tuple[Floats, Floats]:
    start = int(np.searchsorted(times, times[-1] - seconds)) if len(times) else 0
    return times[start:], values[start:]
