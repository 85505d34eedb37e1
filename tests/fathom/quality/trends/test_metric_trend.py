"""A metric's trend is read from its history: current value, change, direction, forecast."""

from __future__ import annotations

import time

import numpy as np
import pytest

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.metrics import metric_history
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.quality.trends.deployment_figures import read_figures
from fathom.quality.trends.mann_kendall import TrendDirection
from fathom.quality.trends.metric_trend import analyze_trend, change_of, read_series
from fathom.settings import Settings

DAY, HOUR = 86_400.0, 3600.0
NOW = float(np.floor(time.time() / HOUR) * HOUR)


@pytest.fixture
def history(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> MetricHistory:
    """An empty history that takes samples of weeks ago, as if they had been recorded then."""
    monkeypatch.setattr(metric_history, "MAX_LATE_S", 60 * DAY)
    return MetricHistory(open_database(home_settings.operational_url))


def samples(name: str, hours: int, value: object, **labels: str) -> list[MetricSample]:
    """A sample an hour until now; `value` is called with the number of the hour."""
    assert callable(value)
    return [MetricSample(name, value(number), NOW - (hours - number) * HOUR + 60, labels) for number in range(hours)]


def test_a_rising_counter_is_told_with_its_change_and_forecast(history: MetricHistory) -> None:
    rng = np.random.default_rng(1)
    history.record(samples("documents_done", 24 * 6, lambda number: 10 + 0.1 * number + rng.normal(0, 0.5), collection="a"))
    found = analyze_trend(history, "documents_done", NOW - 3 * DAY, NOW)
    assert found.direction is TrendDirection.RISING
    assert (found.step_s, found.points) == (3600, 72)
    assert found.slope_per_day == pytest.approx(2.4, rel=0.2)
    assert found.current is not None
    assert found.previous is not None
    assert found.change == pytest.approx((found.current - found.previous) / found.previous)
    assert 0.3 < found.change < 0.7
    assert len(found.forecast.points) == 24
    assert found.forecast.points[0].value == pytest.approx(24.4, rel=0.1)


def test_a_steady_gauge_is_steady_and_its_current_value_is_the_mean(history: MetricHistory) -> None:
    rng = np.random.default_rng(1)
    history.record(samples("disk_free_bytes", 24 * 4, lambda number: 5e9 + rng.normal(0, 1e8)))
    found = analyze_trend(history, "disk_free_bytes", NOW - 2 * DAY, NOW)
    assert found.direction is TrendDirection.STEADY
    assert found.current == pytest.approx(5e9, rel=0.02)
    assert found.change == pytest.approx(0.0, abs=0.02)


def test_a_metric_without_values_has_no_trend(history: MetricHistory) -> None:
    found = analyze_trend(history, "query_seconds", NOW - DAY, NOW)
    assert (found.current, found.previous, found.change, found.points) == (None, None, None, 0)
    assert found.direction is TrendDirection.UNKNOWN
    assert found.forecast.points == ()


def test_an_unknown_metric_or_label_is_refused_by_name(history: MetricHistory) -> None:
    with pytest.raises(UsageWrong, match="no metric nonsense"):
        analyze_trend(history, "nonsense", NOW - DAY, NOW)
    with pytest.raises(UsageWrong, match="no label colour"):
        analyze_trend(history, "queries", NOW - DAY, NOW, {"colour": "red"})


def test_a_collection_has_a_trend_of_its_own(history: MetricHistory) -> None:
    history.record(samples("documents_done", 48, lambda number: float(number), collection="a"))
    history.record(samples("documents_done", 48, lambda number: 7.0, collection="b"))
    assert analyze_trend(history, "documents_done", NOW - 2 * DAY, NOW, {"collection": "b"}).current == 48 * 7.0


def test_hours_without_a_count_are_zero_and_hours_without_a_measurement_are_none(history: MetricHistory) -> None:
    for name in ("documents_done", "disk_free_bytes"):
        history.record([MetricSample(name, 3.0, NOW - hours * HOUR + 60) for hours in (10, 2)])
    done, free = (read_series(history, name, (NOW - DAY, NOW), 3600) for name in ("documents_done", "disk_free_bytes"))
    assert done.values.tolist() == [3, 0, 0, 0, 0, 0, 0, 0, 3, 0]
    assert free.values.tolist() == [3, 3]


@pytest.mark.parametrize(
    ("previous", "current", "change"), [(4, 6, 0.5), (-4, -6, -0.5), (0, 6, None), (None, 6, None), (4, None, None)]
)
def test_a_change_from_nothing_is_none(previous: float | None, current: float | None, change: float | None) -> None:
    assert change_of(previous, current) == change


def test_figures_for_recommendations_are_of_the_last_week(history: MetricHistory) -> None:
    week = 24 * 7
    rng = np.random.default_rng(1)
    history.record(samples("disk_free_bytes", week, lambda number: 1e9 * (30 - number / 24) + rng.normal(0, 1e6)))
    history.record(samples("memory_bytes", week, lambda number: 1e8 * (1 + number / 240), component="graph"))
    history.record(samples("memory_bytes", week, lambda number: 1e8, component="api"))
    history.record(samples("documents_done", week, lambda number: 9.0, collection="a", file_type="pdf"))
    history.record(samples("documents_failed", week, lambda number: 1.0, collection="a", stage="docling", error="X"))
    found = read_figures(history, NOW)
    assert found["days_until_disk_full"] == pytest.approx(23, abs=0.5)
    assert found["memory_growth_per_day"] == pytest.approx(0.1 / 1.35, rel=0.1)
    assert found["document_error_rate"] == pytest.approx(0.1)
    assert found["query_seconds_mean"] is None
    assert found["llm_error_rate"] is None
