"""Tests whether a series rises or falls, and estimates its slope: Mann-Kendall and Theil-Sen, robust against outliers.

Of our own, since pymannkendall has had no release since January 2023 and counts pairs in Python. Points near each other in time
resemble each other, which the plain test takes for a trend: the variance is corrected by the autocorrelation of the ranks
(Hamed and Rao 1998, "A modified Mann-Kendall trend test for autocorrelated data", Journal of Hydrology 204:182-196).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fathom.quality.anomalies.series import Floats

MIN_TREND_POINTS = 10
MAX_PAIRED_POINTS = 400  # longer series are averaged down to so many points: pairs grow with the square
SIGNIFICANT = 0.05


class TrendDirection(StrEnum):
    """The direction of a series; unknown for fewer than MIN_TREND_POINTS points."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class TrendTest:
    """The result of the test.

    Args:
        direction: steady where neither rising nor falling is significant.
        p_value: two-sided; None where the direction is unknown.
        slope: change a second, the median slope of all pairs of points; 0 where the direction is unknown.
    """

    direction: TrendDirection
    p_value: float | None
    slope: float


def mann_kendall(times: Floats, values: Floats) -> TrendTest:
    """Returns the direction and slope of a series without season; times ascend, in seconds since 1970."""
    if len(values) < MIN_TREND_POINTS:
        return TrendTest(TrendDirection.UNKNOWN, None, 0.0)
    times, values = averaged_down(times, values, MAX_PAIRED_POINTS)
    count = len(values)
    slope = theil_sen(times, values)
    score = float(np.sign(values[None, :] - values[:, None])[np.triu_indices(count, 1)].sum())
    _, ties = np.unique(values, return_counts=True)
    variance = (count * (count - 1) * (2 * count + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    variance *= _variance_factor(values - slope * (times - times[0]))
    z = (score - math.copysign(1, score)) / math.sqrt(variance) if score and variance > 0 else 0.0
    p_value = math.erfc(abs(z) / math.sqrt(2))
    if p_value > SIGNIFICANT:
        return TrendTest(TrendDirection.STEADY, p_value, slope)
    return TrendTest(TrendDirection.RISING if score > 0 else TrendDirection.FALLING, p_value, slope)


def theil_sen(times: Floats, values: Floats) -> float:
    """Returns the median slope of all pairs of points, per second; 0 for fewer than two."""
    if len(values) < 2:
        return 0.0
    times, values = averaged_down(times, values, MAX_PAIRED_POINTS)
    first, second = np.triu_indices(len(values), 1)
    return float(np.median((values[second] - values[first]) / (times[second] - times[first])))


def averaged_down(times: Floats, values: Floats, most: int) -> tuple[Floats, Floats]:
    """Returns at most so many points: means of times and medians of values over equal numbers of points."""
    if len(values) <= most:
        return times, values
    parts = np.array_split(np.arange(len(values)), most)
    return np.array([times[part].mean() for part in parts]), np.array([np.median(values[part]) for part in parts])


def _variance_factor(detrended: Floats) -> float:
    """Returns by how much positive autocorrelation of the ranks widens the variance; at least 1."""
    count = len(detrended)
    ranks = np.argsort(np.argsort(detrended, kind="stable"), kind="stable").astype(np.float64)
    centered = ranks - ranks.mean()
    power = float(centered @ centered)
    if power == 0 or len(np.unique(detrended)) == 1:
        return 1.0
    lags = np.arange(1, count - 2)
    correlations = np.array([float(centered[:-lag] @ centered[lag:]) / power for lag in lags])
    kept = correlations > 1.96 / math.sqrt(count)
    # beyond the first lag that is not significant, correlations are noise, and would add up
    kept &= np.cumsum(~kept) == 0
    weights = (count - lags) * (count - lags - 1) * (count - lags - 2)
    return 1.0 + 2.0 / (count * (count - 1) * (count - 2)) * float((weights * correlations)[kept].sum())
