"""A metric's values become findings; what is not a number, an empty window, a single value and a stale gauge are defined."""

from __future__ import annotations

import math

import pytest

from fathom.alerts.alert_rules import AlertRule, MetricCondition
from fathom.alerts.findings import UNKNOWN_FOR_S, AlertFinding, find_by_metric, joined_collections
from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from tests.fathom.alerts.conftest import Watched

SLOW = AlertRule("slow", "warning", "Slow", MetricCondition("query_seconds", "p95", "above", 10.0, clear=8.0))
SHARE = AlertRule(
    "share", "info", "Many fail", MetricCondition("query_errors", "share", "above", 0.05, of=("queries",), at_least=20)
)
DISK = AlertRule("disk", "critical", "Full", MetricCondition("disk_free_bytes", "latest", "below", 100.0, clear=200.0))
DOWN = AlertRule("down", "critical", "Down", MetricCondition("component_up", "latest", "below", 0.5, by=("component",)))


def found(watched: Watched, rule: AlertRule, *open_keys: str) -> list[AlertFinding]:
    history = MetricHistory(open_database(watched.settings.operational_url))
    return list(find_by_metric(rule, history, watched.now, open_keys))


def test_an_empty_window_finds_nothing(watched: Watched) -> None:
    assert found(watched, SLOW) == found(watched, SHARE) == found(watched, DISK) == []
    watched.measure("query_seconds", 50.0, at=watched.now - 1000)
    assert found(watched, SLOW) == []


def test_a_single_value_counts_unless_the_rule_asks_for_more(watched: Watched) -> None:
    watched.measure("query_seconds", 50.0)
    (one,) = found(watched, SLOW)
    assert one.cause == "Slow: query_seconds is 50 s, the limit is 10."
    watched.measure("query_errors", 1.0)
    assert found(watched, SHARE) == []  # the only question failed, of which no share is told


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_not_kept_and_finds_nothing(watched: Watched, value: float) -> None:
    watched.measure("query_seconds", value)
    watched.measure("disk_free_bytes", value)
    assert found(watched, SLOW) == found(watched, DISK) == []


def test_an_open_incident_ends_beyond_its_own_threshold(watched: Watched) -> None:
    watched.measure("disk_free_bytes", 150.0)
    assert found(watched, DISK) == []
    assert [one.is_measured for one in found(watched, DISK, "")] == [True]
    watched.measure("disk_free_bytes", 200.0)
    assert found(watched, DISK, "") == []


def test_a_gauge_that_is_no_longer_measured_ends_nothing_for_an_hour(watched: Watched) -> None:
    watched.measure("component_up", 0.0, component="graph")
    watched.measure("component_up", 1.0, component="api")
    assert [one.key for one in found(watched, DOWN)] == ["component=graph"]
    watched.now += 400
    assert found(watched, DOWN) == []
    assert [(one.key, one.is_measured) for one in found(watched, DOWN, "component=graph")] == [("component=graph", False)]
    watched.now += UNKNOWN_FOR_S
    assert found(watched, DOWN, "component=graph") == []


def test_the_label_of_collections_names_each_once() -> None:
    assert joined_collections(["b", "a", "", "b"]) == {"collection": "a,b"}
    assert joined_collections([""]) == {}
