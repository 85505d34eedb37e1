"""Trends of metrics: each range with its step, a line for each value of a label, and pictures that say what they show."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.metrics.rollup_steps import HOUR_S, floor_to
from fathom.operations.metric_pictures import draw_trend, picture_words, trend_plot
from fathom.operations.plotted_metrics import (
    RANGES,
    TrendQuery,
    TrendSpan,
    label_values,
    metrics_of,
    plotted_metric,
    values_of,
    with_gaps,
)
from fathom.quality.plots.trend_plot import PlotSize

WEEK_S = 7 * 86_400
NOW = floor_to(time.time(), HOUR_S) + 600.0
if NOW % WEEK_S < 86_400:  # the samples are all of a week
    NOW -= 86_400


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with two counted hours of two collections, and with gauges and durations."""
    made = open_database(f"sqlite:///{tmp_path}/fathom.db")
    samples = [MetricSample("documents_done", 1.0, NOW - hours * HOUR_S, {"collection": "a"}) for hours in (2, 4, 4)]
    samples += [MetricSample("documents_done", 1.0, NOW - 2 * HOUR_S, {"collection": "b"})] * 5
    samples += [MetricSample("stage_seconds", float(value), NOW - 700, {"stage": "docling"}) for value in range(1, 101)]
    samples += [
        MetricSample("disk_free_bytes", value * 1e9, NOW - minutes * 60) for minutes, value in ((5, 100), (4, 101), (3, 102))
    ]
    MetricHistory(made).record(samples)
    return made


def query(name: str, span: TrendSpan = "7d", **options: object) -> TrendQuery:
    return TrendQuery(name, span, NOW, **options)  # type: ignore[arg-type]


def test_a_counter_is_zero_where_nothing_was_counted_and_ends_with_the_last_whole_span(engine: Engine) -> None:
    trend = plotted_metric(engine, query("documents_done", "1d"))
    values = values_of(trend, trend.series[0])
    assert [int(value or 0) for _, value in values] == [2, 0, 0, 0, 6, 0, 0, 0]
    assert values[-1][0] + trend.query.step_s == floor_to(NOW, HOUR_S)
    assert trend.total is not None
    assert trend.total.total == 8


def test_a_counter_of_which_no_span_is_over_is_shown_all_the_same(engine: Engine) -> None:
    trend = plotted_metric(engine, query("documents_done", "1y"))
    assert [value for _, value in values_of(trend, trend.series[0])] == [8.0]


def test_series_are_parted_by_a_label_the_largest_first(engine: Engine) -> None:
    trend = plotted_metric(engine, query("documents_done", by="collection"))
    assert [(one.name, one.total.total) for one in trend.series] == [("b", 5.0), ("a", 3.0)]
    of_a = plotted_metric(engine, query("documents_done", by="collection", labels={"collection": "a"}))
    assert [one.name for one in of_a.series] == ["a"]


@pytest.mark.parametrize("span", RANGES)
def test_each_range_begins_with_a_whole_span_and_has_a_bearable_number_of_them(span: TrendSpan) -> None:
    for name, at_least, at_most in (("documents_done", 10, 60), ("stage_seconds", 50, 400)):
        asked, seconds = query(name, span), RANGES[span].seconds
        assert asked.since % asked.step_s == 0
        assert 0 <= NOW - asked.since - seconds < asked.step_s
        assert at_least <= seconds / asked.step_s <= at_most


def test_what_there_is_no_metric_or_label_of_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(UsageWrong, match="no metric nonsense"):
        plotted_metric(engine, query("nonsense"))
    with pytest.raises(UsageWrong, match="no label mode"):
        plotted_metric(engine, query("documents_done", by="mode"))
    with pytest.raises(UsageWrong, match="no label collection"):
        plotted_metric(engine, query("health_score", labels={"collection": "a"}))


def test_a_line_breaks_where_values_are_missing_for_more_than_two_steps() -> None:
    assert with_gaps([(0, 1), (60, 2), (180, 3), (360, 4)], 60) == [(0, 1), (60, 2), (180, 3), (300, None), (360, 4)]


def test_durations_are_shown_by_their_quantiles(engine: Engine) -> None:
    lines = trend_plot(plotted_metric(engine, query("stage_seconds"))).lines
    assert {line.name: round(line.points[0][1] or 0) for line in lines} == {"median": 50, "95 %": 95, "99 %": 99}
    parted = trend_plot(plotted_metric(engine, query("stage_seconds", by="stage"))).lines
    assert [line.name for line in parted] == ["docling"]


def test_a_gauge_far_from_zero_has_an_axis_of_its_own_range(engine: Engine) -> None:
    assert not trend_plot(plotted_metric(engine, query("disk_free_bytes", "1h"))).from_zero
    assert trend_plot(plotted_metric(engine, query("documents_done"))).from_zero


def test_the_picture_is_told_in_a_sentence(engine: Engine) -> None:
    assert picture_words(plotted_metric(engine, query("documents_done", "1d", by="collection"))) == (
        "documents_done of the last 1 day: b from 5 to 5, last 5; a from 1 to 2, last 1."
    )
    assert picture_words(plotted_metric(engine, query("stage_seconds"))) == (
        "stage_seconds of the last 7 days: from 50.5 s to 50.5 s, last 50.5 s."
    )
    assert picture_words(plotted_metric(engine, query("queries"))) == "queries of the last 7 days: no values."
    for size in PlotSize:
        assert ET.fromstring(draw_trend(plotted_metric(engine, query("stage_seconds")), size)).get("viewBox")


def test_a_collection_sees_its_own_values_of_labels_and_metrics_that_have_it(engine: Engine) -> None:
    assert label_values(engine, "documents_done") == {"collection": ["a", "b"], "file_type": [""]}
    assert label_values(engine, "documents_done", "a")["collection"] == ["a"]
    own = {metric.name for metric in metrics_of("a")}
    assert "documents_done" in own
    assert "health_score" not in own
    assert "health_score" in {metric.name for metric in metrics_of(None)}
