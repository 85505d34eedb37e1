"""Times that are usually unlike the rest are found with a confidence, and noise gives none."""

from __future__ import annotations

import numpy as np

from fathom.quality.anomalies.series import Floats, MeasuredSeries
from fathom.quality.trends.time_patterns import PatternKind, error_patterns, slow_patterns, usage_patterns

HOUR = 3600.0
MONDAY = 4 * 86_400.0  # 1970-01-05


def from_monday(values: Floats) -> MeasuredSeries:
    return MeasuredSeries(MONDAY + np.arange(len(values)) * HOUR, values.astype(float))


def counts(days: int, busy: range, seed: int = 1, rate: float = 20.0, usual: float = 5.0) -> Floats:
    rates = np.array([rate if hour in busy else usual for hour in range(24)] * days)
    return np.random.default_rng(seed).poisson(rates)


def test_busy_hours_are_one_pattern_with_their_mean_and_confidence() -> None:
    (found,) = [one for one in usage_patterns("uploads", from_monday(counts(20, range(9, 12)))) if one.kind is PatternKind.BUSY]
    assert found.when == "09:00 to 12:00"
    assert 15 < found.value < 25
    assert found.confidence >= 0.9
    assert found.rounds == 20


def test_hours_around_midnight_are_one_pattern() -> None:
    busy = [*range(22, 24), *range(2)]
    values = np.random.default_rng(1).poisson([20 if hour in busy else 2 for hour in range(24)] * 20)
    found = usage_patterns("uploads", from_monday(values))
    assert "22:00 to 02:00" in [one.when for one in found if one.kind is PatternKind.BUSY]


def test_a_weekend_without_work_is_quiet() -> None:
    values = np.concatenate([np.repeat(week, 24) for week in np.array([[10, 10, 10, 10, 10, 0, 0]] * 6)])
    found = [one for one in usage_patterns("uploads", from_monday(values)) if one.when.startswith("Sat")]
    assert [(one.kind, one.when) for one in found] == [(PatternKind.QUIET, "Saturday to Sunday")]


def test_steady_work_has_no_pattern() -> None:
    assert usage_patterns("uploads", from_monday(counts(28, range(0)))) == []


def test_a_busy_hour_of_a_single_day_is_no_pattern() -> None:
    values = counts(20, range(0))
    values[9:12] = 500
    assert usage_patterns("uploads", from_monday(values)) == []


def test_few_days_and_an_empty_series_have_no_pattern() -> None:
    assert usage_patterns("uploads", from_monday(counts(2, range(9, 12)))) == []
    assert usage_patterns("uploads", from_monday(np.zeros(0))) == []
    assert usage_patterns("uploads", from_monday(np.zeros(24 * 20))) == []


def test_slow_hours_are_found_against_the_spread_of_the_others() -> None:
    values = np.random.default_rng(1).normal(2.0, 0.3, size=24 * 14)
    values[np.arange(len(values)) % 24 == 3] += 2.0
    (found,) = slow_patterns("stage_seconds", from_monday(values))
    assert (found.kind, found.when) == (PatternKind.SLOW, "03:00 to 04:00")
    assert found.value > 3.5
    assert 1.8 < found.usual < 2.4
    assert slow_patterns("stage_seconds", from_monday(np.random.default_rng(1).normal(2.0, 0.3, size=24 * 14))) == []


def test_hours_without_values_are_left_out() -> None:
    values = np.random.default_rng(1).normal(2.0, 0.3, size=24 * 14)
    values[np.arange(len(values)) % 24 == 3] += 2.0
    kept = np.arange(len(values)) % 24 < 20
    series = MeasuredSeries(MONDAY + np.arange(len(values))[kept] * HOUR, values[kept])
    assert [one.when for one in slow_patterns("stage_seconds", series)] == ["03:00 to 04:00"]


def test_an_hour_in_which_much_fails_is_found() -> None:
    done = from_monday(counts(7, range(0), usual=20))
    failing = np.zeros(24 * 7)
    failing[np.arange(len(failing)) % 24 == 2] = 4
    (found,) = [one for one in error_patterns("documents_failed", done, from_monday(failing)) if ":" in one.when]
    assert (found.kind, found.when) == (PatternKind.ERRORS, "02:00 to 03:00")
    assert 0.1 < found.value < 0.3
    assert found.confidence > 0.99


def test_errors_that_come_at_any_time_are_rarely_called_a_pattern() -> None:
    found = 0
    for seed in range(40):
        failing = np.random.default_rng(seed).poisson(1.5, size=24 * 7)
        found += len(error_patterns("documents_failed", from_monday(np.full(24 * 7, 9)), from_monday(failing)))
    assert found <= 40 * 2 * 0.2 + 4


def test_few_errors_are_no_pattern() -> None:
    failing = np.zeros(24 * 7)
    failing[2] = 3
    assert error_patterns("documents_failed", from_monday(np.ones(24 * 7)), from_monday(failing)) == []
    empty = from_monday(np.zeros(0))
    assert error_patterns("documents_failed", empty, empty) == []
