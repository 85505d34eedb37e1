"""Faults of four standard deviations are found in time on each kind of noise, and a healthy metric seldom alarms."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.simulated_year import FAULTS, NOISES, SLOPE_POINTS, WEEK, YEAR, Fault, Noise, simulated_series
from fathom.errors import UsageWrong
from fathom.quality.anomalies import MeasuredSeries, find_anomalies, flag_by_window
from fathom.quality.anomalies.anomaly_detector import MIN_POINTS, warm_up_points
from fathom.quality.anomalies.seasonal_baseline import SeasonKind, choose_season

HOUR_S = 3600.0
WITHIN = {"step": 10, "spike": 1, "slope": SLOPE_POINTS, "variance": 10}


def hours(values: list[float] | np.ndarray) -> MeasuredSeries:
    return MeasuredSeries.of((HOUR_S * index, float(value)) for index, value in enumerate(values))


@pytest.mark.parametrize("noise", NOISES)
def test_a_healthy_year_has_at_most_an_alarm_a_week(noise: Noise) -> None:
    found = find_anomalies(simulated_series(np.random.default_rng(5), noise))
    assert len(found) <= YEAR / WEEK


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_in_time(noise: Noise, fault: Fault) -> None:
    """Spikes are hidden in heavy tails: no rule with an alarm a week finds more than half of them there."""
    rng, found, faults = np.random.default_rng(7), 0, 6
    for _ in range(faults):
        at = int(rng.integers(6 * WEEK, 7 * WEEK))
        series = simulated_series(rng, noise, 8 * WEEK, fault, at)
        flagged = {point.at for point in find_anomalies(series)}
        found += bool(flagged & set(series.times[at : at + WITHIN[fault]]))
    assert found >= {"spike": 1 if noise == "t3" else 2, "variance": 5}.get(fault, faults)


def test_the_kind_of_a_fault_is_named() -> None:
    rng = np.random.default_rng(9)
    for fault, kind in (("step", "shift"), ("variance", "variance")):
        series = simulated_series(rng, "normal", 8 * WEEK, fault, 6 * WEEK)  # type: ignore[arg-type]
        kinds = {point.kind for point in find_anomalies(series) if point.at >= series.times[6 * WEEK]}
        assert kind in kinds


def test_the_season_is_learned_from_the_series() -> None:
    rng = np.random.default_rng(3)
    flat = MeasuredSeries(HOUR_S * np.arange(6.0 * WEEK), rng.normal(size=6 * WEEK))
    assert choose_season(flat.times, flat.values, HOUR_S) is SeasonKind.NONE
    weekly = simulated_series(rng, "normal", 6 * WEEK)
    assert choose_season(weekly.times, weekly.values, HOUR_S) in (SeasonKind.HOUR_AND_WEEKDAY, SeasonKind.HOUR_OF_WEEK)
    days = np.arange(70.0)
    assert choose_season(86_400 * days, 5.0 * (days % 7 == 2) + rng.normal(size=70) / 9, 86_400) is SeasonKind.WEEKDAY


def test_a_point_is_not_in_its_own_baseline() -> None:
    series = simulated_series(np.random.default_rng(4), "normal", 4 * WEEK)
    with_spike = series.values.copy()
    with_spike[-1] += 9
    (before, after) = (find_anomalies(MeasuredSeries(series.times, values)) for values in (series.values, with_spike))
    assert [point for point in after if point not in before] == [after[-1]]
    assert after[-1].at == series.times[-1]
    assert after[-1].high - after[-1].low < 9


def test_after_a_shift_the_new_level_is_the_baseline() -> None:
    series = simulated_series(np.random.default_rng(6), "normal", 10 * WEEK, "step", 5 * WEEK)
    late = [point for point in find_anomalies(series) if point.at > series.times[5 * WEEK + 48]]
    assert len(late) <= 5


def test_what_is_too_short_constant_or_missing_is_defined() -> None:
    assert find_anomalies(hours([])) == find_anomalies(hours([1.0])) == []
    assert find_anomalies(hours(np.arange(MIN_POINTS, dtype=float))) == []
    assert find_anomalies(hours([3.0] * 400)) == []
    (found,) = find_anomalies(hours([3.0] * 400 + [4.0]))
    assert (found.at, found.value, found.kind) == (400 * HOUR_S, 4.0, "spike")
    assert found.low <= 3.0 <= found.high
    gappy = MeasuredSeries.of([(3.0, 1.0), (1.0, float("nan")), (2.0, None), (3.0, 2.0), (0.0, 5.0)])
    assert (list(gappy.times), list(gappy.values)) == ([0.0, 3.0], [5.0, 2.0])
    with pytest.raises(UsageWrong, match="seconds since 1970"):
        MeasuredSeries.of([(float("inf"), 1.0)])


def test_a_shorter_series_is_judged_in_its_second_half() -> None:
    values = [10.0 + (index * 7 % 5) / 10 for index in range(200)]
    values[180] = 30.0
    series = hours(values)
    assert warm_up_points(series) == 100
    assert [point.at for point in find_anomalies(series)] == [180 * HOUR_S]


def test_the_plain_rules_leave_the_value_out_of_its_window() -> None:
    values = [10.0, 11.0] * 40 + [16.0]
    for rule in ("zscore", "mad"):
        (found,) = flag_by_window(hours(values), rule)  # type: ignore[arg-type]
        assert (found.value, round(found.low, 1), round(found.high, 1)) in ((16.0, 9.0, 12.0), (16.0, 7.9, 13.1))
