"""`fathom quality`, `health`, `metrics` and `anomalies`: their shapes, exit codes and bounds."""

from __future__ import annotations

import io
import json
import sys
import time
from typing import Any

import pytest

from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.settings import Settings
from fathom.tables import check_results


def check_row(name: str, *, passed: bool, severity: str) -> dict[str, Any]:
    about = {"asset": "documents", "check_name": name, "collection": "c", "document": "c/a.md", "detail": "Why."}
    return {**about, "passed": passed, "severity": severity, "measured": 0.5, "threshold": 0.9, "checked_at": time.time()}


def test_checks_are_shown_and_a_failed_one_that_blocks_is_an_exit_status(call: Any, home_settings: Settings) -> None:
    home_settings.home.mkdir(mode=0o700, exist_ok=True)
    engine = open_database(home_settings.operational_url)
    assert call("quality").code == 0
    with engine.begin() as connection:
        connection.execute(check_results.insert().values(**check_row("warned", passed=False, severity="warn")))
    shown = call("quality", "--json")
    assert (shown.code, [one["check"] for one in shown.json["checks"]]) == (0, ["warned"])
    assert set(shown.json["checks"][0]) >= {"asset", "check", "document", "passed", "severity", "measured", "threshold"}
    with engine.begin() as connection:
        connection.execute(check_results.insert().values(**check_row("blocked", passed=False, severity="block")))
    human = call("quality", "c/a.md")
    assert (human.code, call("quality", "--exit-status").code) == (0, 1)
    assert "Why." in human.out


def test_health_is_a_score_with_issues_and_an_exit_status(call: Any) -> None:
    found = call("health", "--json")
    assert (found.code, found.json["status"], call("health", "--exit-status").code) == (0, "critical", 1)
    assert set(found.json["issues"][0]) >= {"issue", "since", "what_to_do", "deduction"}
    assert "of 100: critical" in call("health").out


def test_a_metric_is_plotted_and_wrong_names_are_usage(call: Any, home_settings: Settings) -> None:
    home_settings.home.mkdir(mode=0o700, exist_ok=True)
    history = MetricHistory(open_database(home_settings.operational_url))
    history.record([MetricSample("llm_cost_usd", 0.5, time.time() - 90, {"model": "m", "collection": "c"})] * 4)
    found = call("metrics", "llm_cost_usd", "--since", "1h", "--by", "collection", "--json").json
    assert [(one["labels"], one["total"]["sum"]) for one in found["series"]] == [({"collection": "c"}, 2.0)]
    assert "█" in call("metrics", "llm_cost_usd", "--since", "1h").out
    assert {one["name"] for one in call("metrics", "--json").json["metrics"]} > {"llm_cost_usd", "stage_seconds"}
    for words in (
        ("nothing",),
        ("llm_cost_usd", "--by", "colour"),
        ("llm_cost_usd", "--since", "soon"),
        ("llm_cost_usd", "--step", "61"),
    ):
        assert call("metrics", *words).code == 2


def test_series_are_judged_line_by_line_in_order(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    values = [10.0 + (index * 7 % 5) / 10 for index in range(300)]
    values[250] = 40.0
    lines = [
        json.dumps({"id": "spike", "series": [[3600 * index, value] for index, value in enumerate(values)]}),
        json.dumps({"id": 2, "series": []}),
        json.dumps({"id": "wrong", "series": [[1, "x"]]}),
        '{"id": "huge", "series": [[1' + "0" * 400 + ", 1]]}",
        json.dumps({"id": "gap", "series": [[1, None], [2, 3]]}),
        "not json",
    ]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(lines).encode())))
    shown = call("anomalies", "-")
    answers = [json.loads(line) for line in shown.out.splitlines()]
    assert shown.code == 5
    assert [one["id"] for one in answers] == ["spike", "2", "wrong", "huge", "gap", None]
    (point,) = answers[0]["points"]
    assert (point["at"], point["value"], point["kind"]) == (250 * 3600, 40.0, "spike")
    assert point["low"] < point["high"] < 40
    assert [one["points"] for one in (answers[1], answers[4])] == [[], []]
    assert {one["error"] for one in answers if "error" in one} == {"UsageWrong"}
    assert call("anomalies", "file.jsonl").code == 2
