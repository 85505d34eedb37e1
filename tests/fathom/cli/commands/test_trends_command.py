"""`fathom trends` and `fathom patterns`: where a metric goes, and what the log of a time says."""

from __future__ import annotations

import json
import logging
import time

import pytest
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.metrics import metric_history
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.operations.trend_reports import DEFAULT_TRENDS
from fathom.settings import Settings
from fathom.tables import events
from tests.fathom.cli.conftest import Call

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
def engine(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Its history takes samples of weeks ago, as if they had been recorded then."""
    monkeypatch.setattr(metric_history, "MAX_LATE_S", 60 * DAY)
    return open_database(home_settings.operational_url)


def record_rising(engine: Engine, hours: int) -> None:
    """Documents that are done, more each hour, and most of them around noon; a tenth of the tries fails at night."""
    now = time.time() // HOUR * HOUR
    samples = []
    for number in range(hours):
        at = now - (hours - number) * HOUR + 60
        hour = int(at // HOUR) % 24
        samples.append(MetricSample("documents_done", 20.0 + number / 4, at, {"collection": "a", "file_type": "pdf"}))
        samples.append(MetricSample("uploads_received", 40.0 if 11 <= hour < 14 else 5.0, at, {"collection": "a"}))
        if hour == 2:
            failed = {"collection": "a", "stage": "docling", "error": "DocumentDamaged"}
            samples.append(MetricSample("documents_failed", 9.0, at, failed))
    MetricHistory(engine).record(samples)


def test_a_rising_metric_is_shown_with_its_forecast(call: Call, engine: Engine) -> None:
    record_rising(engine, 24 * 8)
    found = call("trends", "documents_done", "--since", "3d", "--json")
    assert found.code == 0
    assert (found.json["direction"], found.json["step_s"]) == ("rising", 3600)
    assert found.json["change"] > 0.2
    assert len(found.json["forecast"]) == 24
    assert found.json["forecast"][0]["low"] <= found.json["forecast"][0]["value"] <= found.json["forecast"][0]["high"]
    told = call("trends", "documents_done", "--since", "3d")
    assert "rising" in told.out
    assert "forecasts of the past were off" in told.err


def test_without_a_metric_the_main_ones_are_listed(call: Call) -> None:
    assert [one["metric"] for one in call("trends", "--json").json["trends"]] == list(DEFAULT_TRENDS)
    assert "unknown" in call("trends").out


def test_an_unknown_metric_is_wrong_usage(call: Call) -> None:
    wrong = call("trends", "nonsense")
    assert wrong.code == 2
    assert "no metric nonsense" in wrong.err


def test_patterns_tell_busy_hours_hours_of_errors_and_what_to_do(call: Call, engine: Engine) -> None:
    record_rising(engine, 24 * 8)
    found = call("patterns", "--json").json
    kinds = {(one["kind"], one["metric"], one["when"]) for one in found["patterns"]}
    assert ("busy", "uploads_received", "11:00 to 14:00") in kinds
    assert ("errors", "documents_failed", "02:00 to 03:00") in kinds
    assert found["recommendations"] == []
    assert "11:00 to 14:00" in call("patterns").out


def test_the_most_common_errors_of_the_log_come_with_an_example(call: Call, engine: Engine) -> None:
    row = {"level": logging.INFO, "event": "docling.failed", "message": "It is damaged.", "host": "h"}
    rows = [
        {
            **row,
            "at": time.time() - 60 * number,
            "document": f"a/{number}.pdf",
            "metrics": json.dumps({"error": "DocumentDamaged"}),
        }
        for number in range(3, 0, -1)
    ]
    with engine.begin() as connection:
        connection.execute(events.insert(), rows)
    (error,) = call("patterns", "--json").json["log"]["common_errors"]
    assert (error["error"], error["events"], error["documents"]) == ("DocumentDamaged", 3, 3)
    assert error["examples"][0] == {"document": "a/1.pdf", "message": "It is damaged."}
    assert call("patterns", "--collection", "b", "--json").json["log"]["common_errors"] == []
    assert "a/1.pdf: It is damaged." in call("patterns").out


def test_an_empty_deployment_has_no_patterns_and_says_so(call: Call) -> None:
    told = call("patterns")
    assert told.code == 0
    assert "No pattern" in told.err
