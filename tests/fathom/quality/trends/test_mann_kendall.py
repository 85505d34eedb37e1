"""A trend is told from noise, also where points resemble their neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau, theilslopes

from fathom.quality.anomalies.series import Floats
from fathom.quality.trends.mann_kendall import (
    MAX_PAIRED_POINTS,
    MIN_TREND_POINTS,
    TrendDirection,
    averaged_down,
    mann_kendall,
    theil_sen,
)

HOUR = 3600.0
RUNS = 200


def hours(count: int) -> Floats:
    return np.arange(count) * HOUR


def autocorrelated(seed: int, count: int, memory: float) -> Floats:
    noise = np.random.default_rng(seed).normal(size=count)
    for place in range(1, count):
        noise[place] += memory * noise[place - 1]
    return noise


@pytest.mark.parametrize(("slope", "direction"), [(0.05, TrendDirection.RISING), (-0.05, TrendDirection.FALLING)])
def test_a_slope_in_noise_is_found_with_its_size(slope: float, direction: TrendDirection) -> None:
    values = slope * np.arange(120) + np.random.default_rng(1).normal(size=120)
    found = mann_kendall(hours(120), values)
    assert found.direction is direction
    assert found.slope * HOUR == pytest.approx(slope, rel=0.2)


def test_the_p_value_of_independent_points_is_that_of_kendalls_tau() -> None:
    values = np.random.default_rng(3).normal(size=60) + 0.01 * np.arange(60)
    expected = kendalltau(np.arange(60), values, method="asymptotic").pvalue
    assert mann_kendall(hours(60), values).p_value == pytest.approx(expected, abs=0.02)


def test_the_slope_is_that_of_theil_and_sen() -> None:
    values = np.random.default_rng(3).normal(size=60)
    assert theil_sen(hours(60), values) == pytest.approx(theilslopes(values, hours(60)).slope)


def test_noise_is_steady_in_nineteen_of_twenty_series() -> None:
    found = [mann_kendall(hours(100), np.random.default_rng(seed).standard_t(3, size=100)).direction for seed in range(RUNS)]
    assert found.count(TrendDirection.STEADY) >= 0.91 * RUNS


def test_noise_that_resembles_its_neighbours_is_mostly_steady_too() -> None:
    """Without the correction a third of such series would rise or fall."""
    found = [mann_kendall(hours(100), autocorrelated(seed, 100, 0.6)) for seed in range(RUNS)]
    assert [one.direction for one in found].count(TrendDirection.STEADY) >= 0.85 * RUNS


def test_outliers_do_not_turn_a_trend() -> None:
    values = np.arange(60.0)
    values[[7, 30, 55]] = -1e9
    found = mann_kendall(hours(60), values)
    assert found.direction is TrendDirection.RISING
    assert found.slope * HOUR == pytest.approx(1.0, abs=0.05)


def test_a_constant_is_steady_and_few_points_are_unknown() -> None:
    assert mann_kendall(hours(50), np.full(50, 3.0)).direction is TrendDirection.STEADY
    few = mann_kendall(hours(MIN_TREND_POINTS - 1), np.arange(MIN_TREND_POINTS - 1.0))
    assert (few.direction, few.p_value, few.slope) == (TrendDirection.UNKNOWN, None, 0.0)
    assert theil_sen(hours(1), np.ones(1)) == theil_sen(hours(0), np.ones(0)) == 0.0


def test_a_long_series_is_averaged_down_without_losing_its_slope() -> None:
    values = 0.01 * np.arange(5000) + np.random.default_rng(1).normal(size=5000)
    times, shorter = averaged_down(hours(5000), values, MAX_PAIRED_POINTS)
    assert len(times) == len(shorter) == MAX_PAIRED_POINTS
    assert mann_kendall(hours(5000), values).slope * HOUR == pytest.approx(0.01, rel=0.05)
