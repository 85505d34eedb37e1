"""Flags points by the two plain rules, z-score and median absolute deviation, over a window of the past."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fathom.quality.anomalies.anomaly_detector import MIN_POINTS, AnomalyKind, FlaggedPoint
from fathom.quality.anomalies.seasonal_baseline import DAY_S
from fathom.quality.anomalies.series import MeasuredSeries
from fathom.quality.anomalies.tail_limits import robust_scale

WindowRule = Literal["zscore", "mad"]
WINDOW_S = 14 * DAY_S
LIMITS: dict[WindowRule, float] = {"zscore": 3.0, "mad": 3.5}  # standard deviations; 3.5 after Iglewicz and Hoaglin 1993


def flag_by_window(series: MeasuredSeries, rule: WindowRule, limit: float | None = None) -> list[FlaggedPoint]:
    """Returns the points that are farther from the window before them than the limit; seasons are not known to these rules.

    Args:
        series: the series.
        rule: `zscore` measures from the mean in standard deviations, `mad` from the median in robust ones.
        limit: in standard deviations; default: LIMITS.
    """
    limit = LIMITS[rule] if limit is None else limit
    starts = np.searchsorted(series.times, series.times - WINDOW_S)
    found = []
    for index in range(MIN_POINTS, len(series)):
        window = series.values[min(int(starts[index]), index - MIN_POINTS) : index]
        center = float(np.mean(window) if rule == "zscore" else np.median(window))
        scale = float(np.std(window)) if rule == "zscore" else robust_scale(window)
        low, high = center - limit * scale, center + limit * scale
        if not low <= series.values[index] <= high:
            at, value = float(series.times[index]), float(series.values[index])
            found.append(FlaggedPoint(at, value, low, high, AnomalyKind.SPIKE))
    return found
