"""Finds patterns of a metric by hour of day and day of week: busy and quiet times, times of errors, slow times."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

import numpy as np
import numpy.typing as npt

from fathom.quality.anomalies.seasonal_baseline import DAY_S, HOUR_S
from fathom.quality.anomalies.series import Floats, MeasuredSeries
from fathom.quality.anomalies.tail_limits import robust_scale

MIN_CONFIDENCE = 0.8
MIN_ROUNDS = 4  # days or weeks, before which nothing can be called usual
BUSY, QUIET = 1.5, 0.5  # times the mean of the day or week
ERROR_THRESHOLD = 0.05  # share of the work that fails
MIN_ERRORS = 5
SLOW_DEVIATION = 2.0  # robust standard deviations
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH_WEEKDAY = 3  # 1970 began on a Thursday


class PatternKind(StrEnum):
    """The kinds of patterns."""

    BUSY = "busy"
    QUIET = "quiet"
    ERRORS = "errors"
    SLOW = "slow"


@dataclass(frozen=True)
class TimePattern:
    """A time at which a metric is usually unlike the rest; times are in UTC.

    Args:
        kind: the kind.
        metric: name of the metric.
        when: the time in words.
        value: mean of the metric at the time; of errors their share.
        usual: the same at all times.
        confidence: of busy, quiet and slow times the probability that the next day or week shows it again; of errors the
            probability that their share is above that of all other times.
        rounds: days or weeks that were looked at.
    """

    kind: PatternKind
    metric: str
    when: str
    value: float
    usual: float
    confidence: float
    rounds: int


@dataclass(frozen=True)
class _Cycle:
    """A day of 24 hours or a week of 7 days, in UTC."""

    slots: int
    slot_s: float
    offset_s: float
    named: Callable[[int, int], str]

    def table(self, series: MeasuredSeries) -> Floats:
        """Returns the mean value of each slot of each whole round, shape (rounds, slots), NaN where there is none."""
        if not len(series):
            return np.zeros((0, self.slots))
        places = np.floor((series.times + self.offset_s) / self.slot_s).astype(np.int64)
        rounds, slots = places // self.slots, places % self.slots
        first = int(rounds.min())
        shape = (int(rounds.max()) - first + 1, self.slots)
        sums, counts = np.zeros(shape), np.zeros(shape)
        np.add.at(sums, (rounds - first, slots), series.values)
        np.add.at(counts, (rounds - first, slots), 1)
        means = np.divide(sums, counts, out=np.full(shape, np.nan), where=counts > 0)
        # a round that has begun or was not seen from its begin says nothing of its missing slots
        return np.asarray(means[(counts > 0).mean(axis=1) >= 0.5])


def _hours(first: int, last: int) -> str:
    return f"{first:02d}:00 to {(last + 1) % 24:02d}:00"


def _weekdays(first: int, last: int) -> str:
    return _WEEKDAYS[first] if first == last else f"{_WEEKDAYS[first]} to {_WEEKDAYS[last]}"


_CYCLES = (_Cycle(24, HOUR_S, 0.0, _hours), _Cycle(7, DAY_S, _EPOCH_WEEKDAY * DAY_S, _weekdays))


def usage_patterns(metric: str, series: MeasuredSeries, min_confidence: float = MIN_CONFIDENCE) -> list[TimePattern]:
    """Returns the busy and quiet times of hourly counts."""
    found = []
    for cycle in _CYCLES:
        table = cycle.table(series)
        table = table[np.nansum(table, axis=1) > 0] if len(table) else table
        if len(table) < MIN_ROUNDS:
            continue
        relative = table / np.nanmean(table, axis=1)[:, None]
        middle = _medians(relative)
        for kind, holds in ((PatternKind.BUSY, middle >= BUSY), (PatternKind.QUIET, middle <= QUIET)):
            side = 1.0 if kind is PatternKind.BUSY else -1.0
            found += _described(cycle, kind, metric, table, _runs(holds), side * (relative - 1.0))
    return [pattern for pattern in found if pattern.confidence >= min_confidence]


def slow_patterns(metric: str, series: MeasuredSeries, deviation: float = SLOW_DEVIATION) -> list[TimePattern]:
    """Returns the times at which hourly medians of a duration are usually so many robust standard deviations longer."""
    found = []
    for cycle in _CYCLES:
        table = cycle.table(series)
        if len(table) < MIN_ROUNDS:
            continue
        middle, usual = _medians(table), float(np.nanmedian(table))
        scale = robust_scale((table - middle)[~np.isnan(table)]) or 1e-9 * max(1.0, abs(usual))
        holds = (middle - usual) / scale >= deviation
        found += _described(cycle, PatternKind.SLOW, metric, table, _runs(holds), table - usual)
    return [pattern for pattern in found if pattern.confidence >= MIN_CONFIDENCE]


def error_patterns(
    metric: str, done: MeasuredSeries, errors: MeasuredSeries, threshold: float = ERROR_THRESHOLD
) -> list[TimePattern]:
    """Returns the times at which a share of the work fails that is above the threshold and above that of other times.

    Args:
        metric: name of the errors' metric.
        done: hourly counts of work that succeeded.
        errors: hourly counts of work that failed.
        threshold: smallest share.
    """
    found = []
    for cycle in _CYCLES:
        good, bad = _sums(cycle, done), _sums(cycle, errors)
        total = good.sum() + bad.sum()
        for slot in range(cycle.slots):
            work = good[slot] + bad[slot]
            if bad[slot] < MIN_ERRORS or bad[slot] / work < threshold or work == total:
                continue
            confidence = _certainty((float(bad[slot]), float(work)), (float(bad.sum() - bad[slot]), float(total - work)))
            if confidence >= 1 - (1 - MIN_CONFIDENCE) / cycle.slots:  # so many times are compared
                share, usual = float(bad[slot] / work), float(bad.sum() / total)
                rounds = len(cycle.table(done)) or len(cycle.table(errors))
                found.append(TimePattern(PatternKind.ERRORS, metric, cycle.named(slot, slot), share, usual, confidence, rounds))
    return found


def _described(
    cycle: _Cycle, kind: PatternKind, metric: str, table: Floats, runs: Sequence[tuple[int, int]], beyond: Floats
) -> list[TimePattern]:
    """Returns a pattern for each run of slots; `beyond` is positive where a slot of a round shows it."""
    found = []
    for first, length in runs:
        slots = [(first + number) % cycle.slots for number in range(length)]
        shown = _row_means(beyond[:, slots])
        known = shown[~np.isnan(shown)]
        value, usual = float(np.nanmean(table[:, slots])), float(np.nanmean(table))
        # Laplace's rule of succession: of 4 days that all showed it, .83
        confidence = (int((known > 0).sum()) + 1) / (len(known) + 2)
        found.append(TimePattern(kind, metric, cycle.named(slots[0], slots[-1]), value, usual, confidence, len(known)))
    return found


def _runs(holds: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Returns begin and length of each run of slots that hold, also around the end of the cycle."""
    count = len(holds)
    if holds.all() or not holds.any():
        return []
    start = int(np.argmin(holds))  # begins at a slot that does not hold, so that no run is cut
    turned = [(start + number) % count for number in range(count)]
    runs = []
    for held, group in groupby(turned, key=lambda slot: bool(holds[slot])):
        slots = list(group)
        if held:
            runs.append((slots[0], len(slots)))
    return runs


def _medians(table: Floats) -> Floats:
    """Returns the median of each column; NaN, which holds for nothing, where a column has no value."""
    return np.array([float(np.median(known)) if len(known := column[~np.isnan(column)]) else np.nan for column in table.T])


def _row_means(table: Floats) -> Floats:
    known = ~np.isnan(table)
    sums = np.where(known, table, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, known.sum(axis=1), out=np.full(len(table), np.nan), where=known.any(axis=1)))


def _sums(cycle: _Cycle, series: MeasuredSeries) -> Floats:
    slots = np.floor((series.times + cycle.offset_s) / cycle.slot_s).astype(np.int64) % cycle.slots
    return np.bincount(slots, weights=series.values, minlength=cycle.slots).astype(np.float64)


def _certainty(here: tuple[float, float], elsewhere: tuple[float, float]) -> float:
    """Returns the probability that the share of failures is higher here, from two counts of failures and of work.

    By the normal approximation of two proportions, each with one failure and one success added (Agresti and Caffo 2000).
    """
    shares = [(bad + 1) / (work + 2) for bad, work in (here, elsewhere)]
    spread = math.sqrt(
        sum(share * (1 - share) / (work + 2) for share, (_, work) in zip(shares, (here, elsewhere), strict=True))
    )
    return 0.5 * math.erfc(-(shares[0] - shares[1]) / spread / math.sqrt(2))
