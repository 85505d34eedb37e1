"""Estimates the limits that a metric's residuals rarely pass, from their own tails.

Peaks over threshold (Siffer et al. 2017, "Anomaly Detection in Streams with Extreme Value Theory"): the excesses over a high
quantile follow a generalised Pareto distribution, here fitted by probability-weighted moments (Hosking and Wallis 1987).
"""

from __future__ import annotations

import numpy as np

from fathom.quality.anomalies.series import Floats

TAIL = 0.05  # share of the residuals that the distribution is fitted to
MIN_EXCESSES = 10
MIN_SHAPE = 1e-6  # below it, the distribution is exponential
MAX_SHAPE = 0.5  # the moments exist below it
NORMAL_TAIL_FACTOR = 1.4826  # of the median absolute deviation to a normal's standard deviation


def robust_scale(residuals: Floats) -> float:
    """Returns the scale from the median absolute deviation around the median; of mostly equal values, from their mean."""
    center = np.median(residuals)
    away = np.abs(residuals - center)
    return float(NORMAL_TAIL_FACTOR * np.median(away)) or float(1.2533 * away.mean())


def upper_limit(residuals: Floats, probability: float) -> float:
    """Returns the value that residuals exceed with the probability, beyond what was seen if need be.

    Args:
        residuals: of the past, shape (points,).
        probability: less than TAIL.
    """
    ordered = np.sort(residuals)
    start = int(np.ceil((1 - TAIL) * len(ordered)))
    threshold = ordered[start - 1]
    excesses = ordered[start:] - threshold
    count = len(excesses)
    if count < MIN_EXCESSES or excesses[-1] <= 0:
        return float(ordered[-1])
    mean = excesses.mean()
    weighted = (excesses * (count - np.arange(1, count + 1))).sum() / (count * (count - 1))
    shape = min(MAX_SHAPE, 2 - mean / (mean - 2 * weighted)) if mean > 2 * weighted else MAX_SHAPE
    scale = mean * (1 - shape)
    ratio = probability * len(ordered) / count
    beyond = -np.log(ratio) if abs(shape) < MIN_SHAPE else (ratio**-shape - 1) / shape
    return float(threshold + scale * beyond * (1 + 1 / count))  # wider while the tail is little known
