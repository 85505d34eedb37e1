"""A forecast follows season and slope, and its interval holds as many values as it says."""

from __future__ import annotations

import numpy as np
import pytest

from fathom.quality.anomalies.seasonal_baseline import SeasonKind
from fathom.quality.anomalies.series import Floats, MeasuredSeries
from fathom.quality.trends.forecasting import COVERAGE, MIN_FORECAST_POINTS, forecast_series

HOUR = 3600.0


def series_of(values: Floats) -> MeasuredSeries:
    return MeasuredSeries(np.arange(len(values)) * HOUR, values)


def daily(count: int) -> Floats:
    return 10 * np.sin(np.arange(count) * 2 * np.pi / 24)


def test_a_daily_season_is_forecast() -> None:
    values = 50 + daily(24 * 28 + 24) + np.random.default_rng(1).normal(size=24 * 28 + 24)
    found = forecast_series(series_of(values[:-24]), 24)
    assert found.season is not SeasonKind.NONE
    errors = np.abs(np.array([point.value for point in found.points]) - values[-24:])
    assert errors.mean() < 1.5
    assert [point.at for point in found.points] == [(24 * 28 + number) * HOUR for number in range(24)]


def test_a_slope_goes_on() -> None:
    values = 0.5 * np.arange(240) + np.random.default_rng(1).normal(size=240)
    found = forecast_series(series_of(values), 24)
    assert found.points[-1].value == pytest.approx(0.5 * 263, rel=0.05)


@pytest.mark.parametrize("noise", ["normal", "heavy"])
def test_an_interval_holds_about_the_share_of_the_values_that_it_says(noise: str) -> None:
    held = count = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        drawn = rng.normal(size=24 * 15) if noise == "normal" else rng.standard_t(3, size=24 * 15)
        values = 100 + daily(24 * 15) + drawn
        for point, value in zip(forecast_series(series_of(values[:-24]), 24).points, values[-24:], strict=True):
            assert point.low is not None
            assert point.high is not None
            held, count = held + (point.low <= value <= point.high), count + 1
    assert held / count == pytest.approx(COVERAGE, abs=0.1)


def test_a_wilder_series_has_a_wider_interval() -> None:
    rng = np.random.default_rng(1)
    calm, wild = (forecast_series(series_of(size * rng.normal(size=300)), 1).points[0] for size in (1, 10))
    assert calm.low is not None
    assert wild.low is not None
    assert wild.value - wild.low > 4 * (calm.value - calm.low)


def test_counts_are_never_forecast_below_zero() -> None:
    found = forecast_series(series_of(np.random.default_rng(1).poisson(0.3, size=300).astype(float)), 24, least=0.0)
    assert all(point.value >= 0 and point.low is not None and point.low >= 0 for point in found.points)


def test_a_short_series_has_no_forecast_and_says_so() -> None:
    for count in (0, 1, MIN_FORECAST_POINTS - 1):
        found = forecast_series(series_of(np.ones(count)), 3)
        assert (found.points, found.backtests) == ((), 0)
        assert f"{count} points are too few" in found.reason


def test_a_constant_is_forecast_with_no_width() -> None:
    (point,) = forecast_series(series_of(np.full(200, 7.0)), 1).points
    assert (point.value, point.low, point.high) == (7.0, 7.0, 7.0)


def test_the_reason_tells_how_wide_and_from_what() -> None:
    found = forecast_series(series_of(np.random.default_rng(1).normal(size=300)), 2)
    assert found.reason.startswith(f"As far as 80% of {found.backtests} forecasts of the past were off")
