"""Sets the limits of the rules from past residuals, so that a healthy metric keeps to its budget of false alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fathom.quality.anomalies.series import Floats
from fathom.quality.anomalies.tail_limits import upper_limit

MIN_RESIDUALS = 100  # with fewer, the limits are those of a normal distribution, and wider
MAX_RESIDUALS = 4_368  # 26 weeks of hours

# Probability that a healthy residual passes a limit, on each side. With hourly values a week has 168: the spike rule then gives
# .5 false alarms a week, two of three .03, the moving average .07, four of eight .1; see `python -m benchmarks anomalies`.
SPIKE, TWICE, AVERAGE, UNUSUAL = 0.0016, 0.005, 0.0002, 0.025
CALM = 0.3  # share of the residuals that are smaller than the limit of the calm
# Smallest limits, in robust standard deviations: statistically rare and yet too small to matter.
MIN_SPIKE, MIN_TWICE, MIN_AVERAGE, MIN_UNUSUAL = 2.7, 2.2, 1.25, 1.7
DEFAULTS = (5.0, 3.5, 2.0, 2.5, 2.0)  # with too few residuals
SETTLED, SETTLES, MIN_SETTLED = 8, 0.0005, 1.5  # the level moves after a shift if the median of so many points is beyond
WEIGHT = 0.25  # of the newest residual in the moving average
MAX_AVERAGED = 3.5  # a residual counts at most so much in the moving average, or a single spike would be a shift


@dataclass(frozen=True)
class Band:
    """The limits of residuals below and above, in robust standard deviations."""

    low: float
    high: float

    def side(self, residual: float) -> int:
        """Returns 1 for a residual above the band, -1 for one below, 0 for one within."""
        return int(residual > self.high) - int(residual < self.low)


@dataclass(frozen=True)
class ResidualLimits:
    """The band of each rule, of the median of SETTLED residuals in a row, and the size up to which a residual is calm."""

    spike: Band
    twice: Band
    average: Band
    unusual: Band
    settled: Band
    calm: float

    @classmethod
    def of(cls, residuals: Floats, averages: Floats) -> ResidualLimits:
        """Returns the limits.

        Args:
            residuals: of the past, in robust standard deviations, shape (points,).
            averages: their moving averages, shape (points,).
        """
        if len(residuals) < MIN_RESIDUALS:
            spike, twice, average, unusual, settled = (Band(-size, size) for size in DEFAULTS)
            return cls(spike, twice, average, unusual, settled, calm=0.0)
        return cls(
            spike=_band(residuals, SPIKE, MIN_SPIKE),
            twice=_band(residuals, TWICE, MIN_TWICE),
            average=_band(averages, AVERAGE, MIN_AVERAGE),
            unusual=_band(residuals, UNUSUAL, MIN_UNUSUAL),
            settled=_band(np.median(sliding_window_view(residuals, SETTLED), axis=1), SETTLES, MIN_SETTLED),
            calm=float(np.quantile(np.abs(residuals), CALM)),
        )


def next_average(average: float, residual: float) -> float:
    """Returns the moving average (EWMA) after another residual."""
    return average + WEIGHT * (max(-MAX_AVERAGED, min(MAX_AVERAGED, residual)) - average)


def _band(residuals: Floats, probability: float, least: float) -> Band:
    return Band(-max(least, upper_limit(-residuals, probability)), max(least, upper_limit(residuals, probability)))
