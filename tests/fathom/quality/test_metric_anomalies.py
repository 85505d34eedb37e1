"""The newest complete hours of the main metrics are judged by the weeks before; only deviations that matter are told."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.metrics.metric_collection import set_cursor
from fathom.metrics.metric_definitions import METRICS
from fathom.metrics.metric_history import put_rollups
from fathom.metrics.metric_sample import MetricSample
from fathom.metrics.rollup_steps import HOUR_S, floor_to, rolled_to
from fathom.metrics.value_tally import ValueTally
from fathom.quality.metric_anomalies import HISTORY_S, JUDGED_HOURS, WATCHED, hourly_values, judge_metric, judge_metrics
from fathom.tables import metric_series

END = float(floor_to(time.time(), HOUR_S))
NOW = END + 600.0
HOURS = HISTORY_S // HOUR_S
Hourly = Callable[[int], list[float]]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An empty operational database."""
    return open_database(f"sqlite:///{tmp_path}/fathom.db")


def write(engine: Engine, name: str, hourly: Hourly, hours: int = HOURS, **labels: str) -> None:
    """Writes the values of each hour before END as roll-ups; the hour 0 is the newest."""
    key = MetricSample(name, 0.0, NOW, labels).key
    with engine.begin() as connection:
        series = metric_series.insert().values(name=name, labels=key, last_at=NOW, last_value=0.0)
        made = connection.execute(series).inserted_primary_key
        assert made is not None
        hours_of = {int(END) - HOUR_S * (back + 1): hourly(back) for back in range(hours)}
        tallies = {(made[0], at): ValueTally.of(values) for at, values in hours_of.items() if values}
        put_rollups(connection, engine, HOUR_S, tallies, NOW)
        set_cursor(connection, engine, rolled_to(HOUR_S), END)


def durations(value: float) -> Hourly:
    """Six durations an hour about the value."""
    rng = random.Random(1)
    return lambda back: [rng.gauss(value, value / 10) for _ in range(6)]


def but(hourly: Hourly, back: int, values: list[float]) -> Hourly:
    """The same but for an hour."""
    return lambda hour: values if hour == back else hourly(hour)


def test_a_usual_hour_is_within_its_expected_range(engine: Engine) -> None:
    write(engine, "stage_seconds", durations(10.0), stage="docling")
    found = judge_metric(engine, "conversion_seconds", NOW)
    assert found.anomaly is None
    assert [hour.at for hour in found.judged] == [END - 2 * HOUR_S, END - HOUR_S]
    assert all(hour.low < hour.value < hour.high for hour in found.judged)
    assert found.judged[-1].low == pytest.approx(10, abs=4)


def test_a_slow_hour_is_told_with_the_range_and_a_quick_one_is_not(engine: Engine) -> None:
    write(engine, "stage_seconds", but(durations(10.0), 0, [40.0] * 6), stage="docling")
    write(engine, "stage_seconds", but(durations(10.0), 0, [1.0] * 6), stage="graphiti")
    found = judge_metric(engine, "conversion_seconds", NOW).anomaly
    assert found is not None
    assert (found.at, found.value) == (END - HOUR_S, 40.0)
    assert found.low < 10 < found.high < 20
    assert judge_metric(engine, "graph_seconds", NOW).anomaly is None


def test_a_yield_is_unusual_on_both_sides(engine: Engine) -> None:
    write(engine, "facts_per_chunk", but(durations(3.0), 0, [0.2] * 6))
    write(engine, "entities_per_chunk", but(durations(6.0), 0, [15.0] * 6))
    assert all(judge_metric(engine, name, NOW).anomaly for name in ("facts_per_chunk", "entities_per_chunk"))


def test_a_few_failures_where_there_never_was_any_are_not_worth_a_word_and_many_are(engine: Engine) -> None:
    write(engine, "documents_failed", lambda back: {0: [1.0] * 3, HOURS - 1: [1.0]}.get(back, []), stage="docling")
    write(engine, "chunks_failed", lambda back: {0: [20.0], HOURS - 1: [1.0]}.get(back, []))
    assert judge_metric(engine, "failed_documents", NOW).anomaly is None
    many = judge_metric(engine, "failed_chunks", NOW).anomaly
    assert many is not None
    assert many.value == 20.0


def test_only_the_newest_complete_hours_are_judged(engine: Engine) -> None:
    write(engine, "stage_seconds", but(durations(10.0), JUDGED_HOURS, [40.0] * 6), stage="docling")
    assert judge_metric(engine, "conversion_seconds", NOW).anomaly is None
    assert judge_metric(engine, "conversion_seconds", NOW - HOUR_S).anomaly is not None
    early = judge_metric(engine, "conversion_seconds", END + 60.0)
    assert [hour.at for hour in early.judged] == [END - 3 * HOUR_S, END - 2 * HOUR_S]


@pytest.mark.parametrize("hours", [0, 1, 40])
def test_nothing_is_judged_before_there_are_two_days_of_hours(engine: Engine, hours: int) -> None:
    write(engine, "stage_seconds", but(durations(10.0), 0, [90.0] * 6), hours, stage="docling")
    found = judge_metric(engine, "conversion_seconds", NOW)
    assert (found.judged, found.hours, found.needed) == ((), hours, 48)


def test_an_hour_of_few_documents_has_no_median_and_an_hour_without_counts_is_zero(engine: Engine) -> None:
    write(engine, "stage_seconds", but(durations(10.0), 1, [90.0] * 4), 3, stage="docling")
    write(engine, "llm_errors", lambda back: [2.0] if back == 3 else [], 4)
    ends = [END - back * HOUR_S for back in range(4, 0, -1)]
    assert list(hourly_values(engine, WATCHED["conversion_seconds"], END)) == [ends[1], ends[3]]
    assert hourly_values(engine, WATCHED["model_errors"], END) == dict(zip(ends, (2.0, 0.0, 0.0, 0.0), strict=True))


def test_each_watched_metric_is_known_and_judged(engine: Engine) -> None:
    assert [one.name for one in judge_metrics(engine)] == list(WATCHED)
    for watched in WATCHED.values():
        assert set(watched.labels) <= set(METRICS[watched.metric].labels)
        assert watched.least > 0
