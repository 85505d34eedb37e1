"""Flags points of a series that its past does not explain.

Each point is judged by the points before it alone: a seasonal baseline of medians, with limits from the tails of its past
residuals. Four rules: a spike is beyond its limit; two of three points make a shift; a moving average finds small shifts and
trends; four unusual points of eight on both sides, or twelve calm ones, are a change of variance. After a shift the series is
re-based: a shift is told once, and what comes after it is judged by the new level.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from fathom.quality.anomalies.residual_limits import MAX_RESIDUALS, SETTLED, ResidualLimits, next_average
from fathom.quality.anomalies.seasonal_baseline import (
    DAY_S,
    WEEK_S,
    SeasonalBaseline,
    SeasonKind,
    choose_season,
    fit_baseline,
    residuals_left_out,
)
from fathom.quality.anomalies.series import MeasuredSeries
from fathom.quality.anomalies.tail_limits import robust_scale

MIN_POINTS = 48  # before which nothing is flagged
WARM_UP_S = 2 * WEEK_S  # or half of a shorter series
SCALE_S = 4 * WEEK_S  # of the past from which the scale is estimated
MIN_SCALE = 1e-9  # of the level: a constant series has no scale of its own
REBASE_AFTER = 12  # points since the beginning of a shift
RESCALE_AFTER = 24  # points since the beginning of a change of variance
UNUSUAL_OF, MIN_UNUSUAL_POINTS = 8, 4
CALM_POINTS = 12
TREND_POINTS = 20


class AnomalyKind(StrEnum):
    """The kinds of anomalies."""

    SPIKE = "spike"
    SHIFT = "shift"
    TREND = "trend"
    VARIANCE = "variance"


@dataclass(frozen=True)
class FlaggedPoint:
    """A point outside of what its past explains, with the expected range; `at` in seconds since 1970."""

    at: float
    value: float
    low: float
    high: float
    kind: AnomalyKind


def find_anomalies(series: MeasuredSeries) -> list[FlaggedPoint]:
    """Returns the flagged points in the order of time; none for a series of fewer than MIN_POINTS."""
    watch = SeriesWatch(series)
    first = warm_up_points(series)
    every = watch.points_of(DAY_S)
    return [
        found for start in range(first, len(series), every) for found in watch.judge(start, min(len(series), start + every))
    ]


def warm_up_points(series: MeasuredSeries) -> int:
    """Returns the number of points before the first that is judged."""
    if not len(series):
        return 0
    end = min(WARM_UP_S, (series.times[-1] - series.times[0]) / 2)
    return max(MIN_POINTS, int(np.searchsorted(series.times, series.times[0] + end)))


@dataclass
class Change:
    """A change that goes on: its kind, the index of its first point, and its side (0: both)."""

    kind: AnomalyKind
    start: int
    side: int


@dataclass
class Recent:
    """The newest residuals, in robust standard deviations, and their moving average."""

    residuals: deque[float] = field(default_factory=lambda: deque(maxlen=max(CALM_POINTS, TREND_POINTS)))
    average: float = 0.0
    same_side: int = 0  # points since the average was last at zero or on the other side

    def add(self, residual: float) -> None:
        """Adds the residual of the next point."""
        self.residuals.append(residual)
        before, self.average = self.average, next_average(self.average, residual)
        self.same_side = self.same_side + 1 if before * self.average > 0 else 1

    def last(self, count: int) -> list[float]:
        """Returns up to so many of the newest residuals, the newest last."""
        return list(self.residuals)[-count:]


class SeriesWatch:
    """Judges a series block by block; a block's baseline and limits come from the points before it.

    Args:
        series: is not changed.
    """

    def __init__(self, series: MeasuredSeries) -> None:
        self._times, self._values = series.times, series.values
        self._level_of = series.values.copy()  # earlier values are moved to the present level after each shift
        self._step = series.step
        self._season = SeasonKind.NONE
        self._season_from = -1
        self._errors: list[float] = []  # of the past, in the unit of the values
        self._residuals: list[float] = []  # of the past, in robust standard deviations
        self._averages: list[float] = []
        self._in_doubt: list[tuple[float, float, float]] = []  # the same of points since the beginning of a change
        self._recent = Recent()
        self._change: Change | None = None
        self._predicted = np.zeros(len(series))
        self._scale = 1.0
        self._limits = ResidualLimits.of(np.zeros(0), np.zeros(0))

    def points_of(self, seconds: float) -> int:
        """Returns the usual number of points in a time, at least 1."""
        return max(1, round(seconds / self._step)) if self._step else 1

    def judge(self, start: int, end: int) -> list[FlaggedPoint]:
        """Returns the flagged points of a block; blocks follow each other."""
        baseline = self._baseline(start)
        if not self._errors:
            self._learn(start)
        errors = np.array(self._errors[-self.points_of(SCALE_S) :])
        self._scale = max(robust_scale(errors), MIN_SCALE * max(1.0, abs(baseline.level)))
        limits = ResidualLimits.of(np.array(self._residuals[-MAX_RESIDUALS:]), np.array(self._averages[-MAX_RESIDUALS:]))
        self._limits = limits
        self._predicted[start:end] = baseline.predict(self._times[start:end])
        found = []
        for index in range(start, end):
            if kind := self._judge(index, limits):
                low, high = self.expected_range(index)
                found.append(FlaggedPoint(float(self._times[index]), float(self._values[index]), low, high, kind))
            self._settle(index, end, limits)
        return found

    def expected_range(self, index: int) -> tuple[float, float]:
        """Returns the range beyond which a point of the newest block is a spike."""
        spike, expected = self._limits.spike, float(self._predicted[index])
        return expected + self._scale * spike.low, expected + self._scale * spike.high

    def _baseline(self, start: int) -> SeasonalBaseline:
        times, values = self._times[:start], self._level_of[:start]
        if self._season_from < 0 or start - self._season_from >= self.points_of(WEEK_S):
            self._season, self._season_from = choose_season(times, values, self._step), start
        return fit_baseline(times, values, self._season)

    def _learn(self, start: int) -> None:
        """Takes the residuals of the warm-up, each left out of its own baseline."""
        errors = residuals_left_out(self._times[:start], self._level_of[:start], self._season)
        scale = robust_scale(errors) or 1.0
        average = 0.0
        for error in errors:
            average = next_average(average, error / scale)
            self._errors.append(float(error))
            self._residuals.append(float(error / scale))
            self._averages.append(average)

    def _judge(self, index: int, limits: ResidualLimits) -> AnomalyKind | None:
        error = float(self._level_of[index] - self._predicted[index])
        residual = error / self._scale
        recent = self._recent
        recent.add(residual)
        kind = self._kind(residual, limits)
        if self._change is None and kind in (AnomalyKind.SHIFT, AnomalyKind.TREND, AnomalyKind.VARIANCE):
            back = {AnomalyKind.SHIFT: 3, AnomalyKind.VARIANCE: UNUSUAL_OF}.get(kind, recent.same_side)
            side = 0 if kind is AnomalyKind.VARIANCE else (1 if recent.average > 0 else -1)
            self._change = Change(kind, max(0, index + 1 - min(back, REBASE_AFTER)), side)
        self._in_doubt.append((error, residual, recent.average))
        if self._change is None:
            self._remember()
        return kind

    def _remember(self) -> None:
        """Adds the points in doubt to the past; those of a real change are not, those of a false alarm must be."""
        for error, residual, average in self._in_doubt:
            self._errors.append(error)
            self._residuals.append(residual)
            self._averages.append(average)
        self._in_doubt.clear()

    def _kind(self, residual: float, limits: ResidualLimits) -> AnomalyKind | None:
        recent, change = self._recent, self._change
        unusual = [limits.unusual.side(one) for one in recent.last(UNUSUAL_OF)]
        if len([side for side in unusual if side]) >= MIN_UNUSUAL_POINTS and {1, -1} <= set(unusual):
            return AnomalyKind.VARIANCE
        if len(recent.residuals) >= CALM_POINTS and all(abs(one) < limits.calm for one in recent.last(CALM_POINTS)):
            return AnomalyKind.VARIANCE
        side = limits.twice.side(residual)
        if side and [limits.twice.side(one) for one in recent.last(3)].count(side) >= 2:
            return change.kind if change and change.kind is AnomalyKind.TREND else AnomalyKind.SHIFT
        if limits.average.side(recent.average):
            if change is not None and change.kind is not AnomalyKind.VARIANCE:
                return change.kind
            return AnomalyKind.TREND if _rises_evenly(recent.last(TREND_POINTS)) else AnomalyKind.SHIFT
        return AnomalyKind.SPIKE if limits.spike.side(residual) else None

    def _settle(self, index: int, end: int, limits: ResidualLimits) -> None:
        """Ends a change after some points: moves what was before it to the new level, or takes the new scale."""
        change = self._change
        if change is None:
            return
        points = index + 1 - change.start
        if change.kind is AnomalyKind.VARIANCE and points >= RESCALE_AFTER:
            since = self._level_of[change.start : index + 1] - self._predicted[change.start : index + 1]
            new = max(robust_scale(since), MIN_SCALE)
            self._errors = [error * new / self._scale for error in self._errors]
            self._scale = new
            self._in_doubt.clear()
        elif change.kind is not AnomalyKind.VARIANCE and points >= REBASE_AFTER:
            settled = slice(index + 1 - SETTLED, index + 1)
            moved = float(np.median(self._level_of[settled] - self._predicted[settled]))
            if limits.settled.side(moved / self._scale):
                self._level_of[: index + 1 - SETTLED] += moved
                self._predicted[index + 1 : end] += moved
                self._in_doubt.clear()
        else:
            return
        self._change = None
        self._remember()
        self._recent = Recent()


def _rises_evenly(residuals: list[float]) -> bool:
    """Returns whether a slope that begins at a point explains the residuals better than the best step does."""
    values = np.array(residuals)
    count = len(values)
    if count < TREND_POINTS:
        return False
    of_step, of_slope = np.inf, np.inf
    for cut in range(1, count):
        before, after = float((values[:cut] ** 2).sum()), values[cut:]
        of_step = min(of_step, before + float(((after - after.mean()) ** 2).sum()))
        ramp = np.arange(1, count - cut + 1)
        of_slope = min(of_slope, before + float(((after - ramp * (ramp @ after) / (ramp @ ramp)) ** 2).sum()))
    return of_slope < of_step
