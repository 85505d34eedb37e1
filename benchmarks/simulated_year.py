"""A simulated hourly metric with a daily and a weekly season, healthy or with a fault."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from fathom.quality.anomalies import MeasuredSeries

HOUR_S, WEEK = 3600.0, 168
YEAR = 8760
START = 1_700_006_400.0  # Wednesday, 15 November 2023, 00:00 UTC
SIGMAS = 4.0
SLOPE_POINTS = 30

Noise = Literal["normal", "t3", "lognormal"]
Fault = Literal["step", "spike", "slope", "variance"]
Floats = npt.NDArray[np.float64]
NOISES: tuple[Noise, ...] = ("normal", "t3", "lognormal")
FAULTS: tuple[Fault, ...] = ("step", "spike", "slope", "variance")


def simulated_noise(rng: np.random.Generator, noise: Noise, points: int) -> Floats:
    """Returns noise of mean 0 and standard deviation 1, shape (points,)."""
    match noise:
        case "normal":
            return rng.normal(size=points)
        case "t3":
            return np.asarray(rng.standard_t(3, points) / np.sqrt(3))
        case "lognormal":
            return np.asarray((rng.lognormal(0, 1, points) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e))


def simulated_season(times: Floats) -> Floats:
    """Returns a value for each time: higher in the day, and on two days of the week."""
    hours, days = (times // HOUR_S) % 24, (times // (24 * HOUR_S)) % 7
    return np.asarray(100 + 3 * np.sin(2 * np.pi * hours / 24) + 2 * (days >= 5))


def simulated_series(
    rng: np.random.Generator, noise: Noise, points: int = YEAR, fault: Fault | None = None, at: int = 0
) -> MeasuredSeries:
    """Returns a series of hours; a fault of SIGMAS begins at the index `at`, up or down."""
    times = START + HOUR_S * np.arange(points)
    season, healthy = simulated_season(times), simulated_noise(rng, noise, points)
    size = SIGMAS * rng.choice([-1.0, 1.0])
    values = season + healthy
    match fault:
        case "step":
            values[at:] += size
        case "spike":
            values[at] += size
        case "slope":
            values[at:] += size * np.minimum(1, (1 + np.arange(points - at)) / SLOPE_POINTS)
        case "variance":
            values[at:] = season[at:] + SIGMAS * healthy[at:]
    return MeasuredSeries(times, values)
