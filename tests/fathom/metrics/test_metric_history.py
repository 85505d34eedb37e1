"""Samples are kept in minutes, rolled up, and asked for by window and label; quantiles survive being merged."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.metrics import metric_history, rollups
from fathom.metrics.metric_history import MAX_SERIES, MetricHistory, kept_step
from fathom.metrics.metric_sample import MetricSample
from fathom.metrics.rollup_steps import DAY_S, FIVE_MINUTES_S, HOUR_S, KEPT_DAYS, MINUTE_S, STEPS_S, floor_to
from fathom.metrics.rollups import roll_up
from fathom.metrics.value_tally import ValueTally
from fathom.tables import metric_rollups, metric_series

NOW = floor_to(time.time(), DAY_S) - 2 * 3600.0  # two hours before midnight


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An empty operational database."""
    return open_database(f"sqlite:///{tmp_path}/fathom.db")


@pytest.fixture
def history(engine: Engine) -> MetricHistory:
    return MetricHistory(engine)


def seconds(value: float, at: float, **labels: str) -> MetricSample:
    return MetricSample("stage_seconds", value, at, labels)


def test_a_window_has_count_sum_extremes_and_quantiles(history: MetricHistory) -> None:
    assert history.record(seconds(value, NOW - 600 + value, stage="docling") for value in range(1, 101)) == 100
    found = history.window("stage_seconds", NOW - 3600, NOW)
    assert found is not None
    assert (found.count, found.total, found.least, found.most, found.mean) == (100, 5050.0, 1.0, 100.0, 50.5)
    assert found.quantile(0.5) == pytest.approx(50.5, abs=1)
    assert found.quantile(0.99) == pytest.approx(99, abs=1)
    assert history.window("stage_seconds", NOW - 7200, NOW - 3600) is None
    assert history.window("stage_seconds", NOW - 3600, NOW, {"stage": "chunking"}) is None


def test_series_are_parted_by_the_labels_asked_for(history: MetricHistory) -> None:
    history.record([seconds(1, NOW, stage="docling", collection="a"), seconds(3, NOW, stage="docling", collection="b")])
    history.record([seconds(5, NOW + 60, stage="chunking", collection="a")])
    whole = history.series("stage_seconds", NOW - 60, NOW + 600, MINUTE_S)
    assert [[(at - NOW, tally.total) for at, tally in series.points] for series in whole] == [[(0, 4), (60, 5)]]
    parted = history.series("stage_seconds", NOW - 60, NOW + 600, MINUTE_S, by=["stage"])
    assert {series.labels["stage"]: [tally.total for _, tally in series.points] for series in parted} == {
        "chunking": [5],
        "docling": [4],
    }
    only = history.series("stage_seconds", NOW - 60, NOW + 600, MINUTE_S, labels={"collection": "a"})
    assert [tally.total for _, tally in only[0].points] == [1, 5]
    for wrong in ({"labels": {"colour": "red"}}, {"by": ["colour"]}):
        with pytest.raises(UsageWrong, match="no label colour"):
            history.series("stage_seconds", 0, NOW, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageWrong, match="no metric nothing"):
        history.window("nothing", 0, NOW)
    with pytest.raises(UsageWrong, match="multiple of a minute"):
        history.series("stage_seconds", NOW - 60, NOW, 90)


def test_odd_samples_are_dropped_and_late_ones_fall_into_their_minute(history: MetricHistory) -> None:
    odd = [seconds(float("nan"), NOW), seconds(1, float("inf")), seconds(1, 0), MetricSample("nothing", 1, NOW)]
    assert history.record([*odd, seconds(1, NOW - 9 * DAY_S)]) == 0
    assert history.record([]) == 0
    assert history.record([seconds(2, NOW), seconds(3, NOW - 3600)]) == 2
    (series,) = history.series("stage_seconds", NOW - 7200, NOW + 60, MINUTE_S)
    assert [(at - NOW, tally.total) for at, tally in series.points] == [(-3600, 3), (0, 2)]
    (latest,) = history.latest("stage_seconds", NOW + 10)
    assert (latest.value, latest.is_current) == (2, True)
    assert not history.latest("stage_seconds", NOW + 301)[0].is_current


def test_labels_without_bound_end_in_one_series(history: MetricHistory, engine: Engine) -> None:
    history.record(seconds(1, NOW, collection=f"c{number}") for number in range(MAX_SERIES + 50))
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(metric_series)) == MAX_SERIES + 1
    found = history.window("stage_seconds", NOW, NOW + 60, {"collection": metric_history.OTHER})
    assert found is not None
    assert found.count == 50
    assert max(len(json.loads(key)["collection"]) for key in [seconds(1, NOW, collection="x" * 999).key]) == 100


def test_minutes_are_rolled_up_and_the_same_is_read_from_any_step(history: MetricHistory, engine: Engine) -> None:
    rng = random.Random(5)
    values = [rng.lognormvariate(0, 1) for _ in range(3000)]
    history.record(seconds(value, NOW - 2 * DAY_S + number * 50) for number, value in enumerate(values))
    before = history.window("stage_seconds", NOW - 3 * DAY_S, NOW)
    later = time.time() + 2 * rollups.OVERLAP_S
    first = roll_up(engine, later)
    assert first.rolled > 500
    assert roll_up(engine, later + 2 * rollups.OVERLAP_S).rolled <= first.rolled / 5  # what was changed since, and its hours
    assert before is not None
    for step in STEPS_S:
        (series,) = history.series("stage_seconds", NOW - 3 * DAY_S, NOW, step)
        merged = ValueTally()
        for _, tally in series.points:
            merged.merge(tally)
        assert (merged.count, merged.total) == (before.count, pytest.approx(before.total))
        assert merged.quantile(0.95) == pytest.approx(sorted(values)[2850], rel=0.01)


def test_a_late_sample_reaches_spans_that_were_rolled_up(history: MetricHistory, engine: Engine) -> None:
    history.record([seconds(1, NOW - DAY_S)])
    roll_up(engine, NOW)
    history.record([seconds(2, NOW - DAY_S + 1)])
    roll_up(engine, NOW + 30)
    for step in (FIVE_MINUTES_S, HOUR_S):
        (series,) = history.series("stage_seconds", NOW - 2 * DAY_S, NOW, step)
        assert [tally.total for _, tally in series.points] == [3]


def test_each_step_is_kept_for_its_time_and_old_questions_get_longer_steps(history: MetricHistory, engine: Engine) -> None:
    history.record([seconds(1, NOW - 4 * DAY_S)])
    roll_up(engine, NOW)
    for days in (3, 20, 60, 200, 400):
        report = roll_up(engine, NOW + days * DAY_S)
        with engine.connect() as connection:
            held = set(connection.scalars(sa.select(metric_rollups.c.step_s)))
        assert held == {step for step in STEPS_S if KEPT_DAYS[step] >= days + 4}
    assert report.deleted == 1
    assert kept_step(MINUTE_S, NOW - 20 * DAY_S, NOW) == FIVE_MINUTES_S
    assert kept_step(2 * HOUR_S, NOW - 20 * DAY_S, NOW) == 2 * HOUR_S
    assert kept_step(MINUTE_S, NOW - 200 * DAY_S, NOW) == DAY_S


def test_the_oldest_minutes_go_first_beyond_the_bound(
    history: MetricHistory, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "MAX_ROLLUPS", 20)
    history.record(seconds(1, NOW - number * 60) for number in range(40))
    roll_up(engine, NOW)
    with engine.connect() as connection:
        minutes = connection.scalars(sa.select(metric_rollups.c.at).where(metric_rollups.c.step_s == MINUTE_S)).all()
    assert 10 <= len(minutes) <= 20
    assert max(minutes) == NOW
