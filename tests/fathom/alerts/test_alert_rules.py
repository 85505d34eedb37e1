"""Rules are refused at start by name: unknown metrics, two of a name, what can never fire, and routes without a receiver."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fathom.alert_settings import AlertSettings
from fathom.alerts.alert_rules import RULES, SIGNALS, AlertRule, MetricCondition, effective_rules, validate_rules
from fathom.alerts.alert_signals import FINDERS
from fathom.alerts.notice_delivery import require_receivers
from fathom.errors import SettingsInvalid
from fathom.settings import Settings

SEED = {  # name, threshold, minutes, severity, as seed 004 lists them
    "high_error_rate": (0.05, 5, "warning"),
    "high_latency": (10, 5, "warning"),
    "very_high_latency": (30, 5, "critical"),
    "low_cache_hit_rate": (0.4, 15, "warning"),
    "cache_near_capacity": (950, 10, "warning"),
    "high_cache_eviction_rate": (10, 10, "warning"),
    "high_daily_cost": (100, 60, "warning"),
    "sudden_cost_spike": (2, 10, "critical"),
    "low_quality_score": (0.8, 10, "warning"),
    "high_degradation_rate": (0.2, 10, "warning"),
    "tool_failure_rate_high": (0.1, 10, "warning"),
    "rag_failure_rate_high": (0.05, 10, "critical"),
}


def test_the_twelve_alerts_of_the_seed_are_there_with_its_thresholds() -> None:
    rules = {rule.name: rule for rule in RULES}
    found = {name: rules[name] for name in SEED}
    assert {
        name: (rule.condition.threshold if rule.condition else None, rule.for_s / 60, rule.severity)
        for name, rule in found.items()
    } == SEED


def test_every_signal_has_its_finder() -> None:
    assert set(FINDERS) == SIGNALS


def test_a_rule_is_changed_or_switched_off_by_name() -> None:
    changes: dict[str, Any] = {
        "high_latency": {"threshold": 4, "for_s": 60, "severity": "critical", "escalate_after_s": 900},
        "disk_low": {"enabled": False},
    }
    rules = {rule.name: rule for rule in effective_rules(AlertSettings(rules=changes))}
    assert "disk_low" not in rules
    changed = rules["high_latency"]
    assert changed.condition is not None
    assert (changed.condition.threshold, changed.for_s, changed.severity) == (4, 60, "critical")
    assert (changed.condition.clear, changed.escalate_after_s) == (3.2, 900)  # hysteresis moves with the threshold


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nothing": {}}, "there is no rule nothing"),
        ({"high_error_rate": {"threshold": 1.0}}, "high_error_rate can never fire"),
        ({"low_cache_hit_rate": {"threshold": 0}}, "low_cache_hit_rate can never fire"),
        ({"check_failed": {"threshold": 1}}, "has no threshold"),
    ],
)
def test_a_change_that_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        effective_rules(AlertSettings(rules=changes))


def test_a_rule_that_cannot_be_is_refused_by_name() -> None:
    good = AlertRule("good", "info", "x", MetricCondition("query_seconds", "p95", "above", 1.0))
    assert good.condition is not None
    wrong = {
        "Two rules have the name good": [good, good],
        "names the metric nothing": [replace(good, condition=replace(good.condition, metric="nothing"))],
        "groups by colour": [replace(good, condition=replace(good.condition, by=("colour",)))],
        "needs either": [replace(good, condition=None)],
        "inhibited by nobody": [replace(good, inhibited_by=("nobody",))],
    }
    for said, rules in wrong.items():
        with pytest.raises(SettingsInvalid, match=said):
            validate_rules(rules)


@pytest.mark.parametrize(
    "alerts",
    [
        {"routes": {"r": {"url": "no url"}}},
        {"routes": {"r": {"url": "json://"}}},
        {"routes": {"r r": {"url": "json://127.0.0.1/x"}}},
        {"routes": {"r": {"url": "json://127.0.0.1/x", "severities": ["loud"]}}},
        {"routes": {"r": {"url": "json://127.0.0.1/x", "colour": "red"}}},
        {"maintenance": [{"begin": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z", "reason": "x"}]},
        {"maintenance": [{"begin": "2026-01-01T00:00:00", "end": "2026-01-02T00:00:00", "reason": "x"}]},
        {"nothing": 1},
        {"ping_url": "file:///etc/passwd"},
        {"rules": {"high_latency": {"metric": "nothing"}}},
    ],
)
def test_settings_that_cannot_be_are_refused(alerts: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        Settings(home=tmp_path, alerts=alerts)


def test_a_route_without_its_credentials_is_refused_and_its_secret_is_not_shown(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, alerts={"routes": {"pager": {"url": "slack://s3cret"}}})
    with pytest.raises(SettingsInvalid, match="pager") as told:
        require_receivers(settings)
    assert "s3cret" not in f"{told.value} {settings!r}"
    require_receivers(Settings(home=tmp_path, alerts={"routes": {"hook": {"url": "json://127.0.0.1:9/x"}}}))
