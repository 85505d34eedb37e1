"""Holds a series of measured values in the order of their times."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fathom.errors import UsageWrong

Floats = npt.NDArray[np.float64]

MAX_POINTS = 1_000_000
MAX_TIME = 253_402_300_800.0  # the year 10000, in seconds since 1970


@dataclass(frozen=True, eq=False)
class MeasuredSeries:
    """Times in seconds since 1970, strictly ascending, and their finite values; both of shape (points,)."""

    times: Floats
    values: Floats

    @classmethod
    def of(cls, points: Iterable[tuple[float, float | None]]) -> MeasuredSeries:
        """Returns the series of the points in any order: of a time given twice the later one counts, missing values do not.

        Raises UsageWrong for a time that is no date, and for more than MAX_POINTS.
        """
        by_time: dict[float, float] = {}
        for number, (at, value) in enumerate(points):
            if number >= MAX_POINTS:
                raise UsageWrong(f"A series has at most {MAX_POINTS:,} points.")
            if not math.isfinite(at) or abs(at) > MAX_TIME:
                raise UsageWrong(f"The time {at} of point {number} is not in seconds since 1970.")
            if value is not None and math.isfinite(value):
                by_time[at] = value
        times = sorted(by_time)
        return cls(np.array(times, dtype=np.float64), np.array([by_time[at] for at in times], dtype=np.float64))

    def __len__(self) -> int:
        return len(self.times)

    @property
    def step(self) -> float:
        """The usual time between two points, in seconds; 0 for fewer than two."""
        return float(np.median(np.diff(self.times))) if len(self) > 1 else 0.0
