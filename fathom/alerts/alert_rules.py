"""The rules of alerts: built in, as data, and changed by `[alerts.rules.NAME]` in fathom.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from fathom.alert_settings import AlertSettings, AlertSeverity
from fathom.errors import SettingsInvalid
from fathom.metrics.metric_definitions import METRICS

Statistic = Literal["latest", "sum", "rate", "mean", "p95", "p99", "share", "times_before"]
Side = Literal["above", "below"]

COOLDOWN_S = 900.0  # between two notices of an incident (seeds 003 and 004)
HOLD_S = 60.0  # for which an incident stays open after its condition has ended
MINUTE_S, HOUR_S = 60.0, 3600.0


@dataclass(frozen=True)
class MetricCondition:
    """A statistic of a metric over a window, beyond a threshold.

    Attributes:
        of: for `share`: the metrics whose sum is the whole.
        clear: the threshold at which the condition ends, for hysteresis; default: the threshold.
        by: a finding for each value of these labels.
        at_least: the values, or the whole of a share, below which nothing is judged.
    """

    metric: str
    statistic: Statistic
    side: Side
    threshold: float
    window_s: float = 300.0
    of: tuple[str, ...] = ()
    clear: float | None = None
    by: tuple[str, ...] = ()
    at_least: float = 1.0

    def moved_to(self, threshold: float) -> MetricCondition:
        """Returns the condition with another threshold, whose hysteresis is as wide in proportion."""
        clear = threshold * self.clear / self.threshold if self.clear is not None and self.threshold else None
        return replace(self, threshold=threshold, clear=clear)

    def holds(self, value: float, *, open_before: bool) -> bool:
        """Returns whether the value is beyond the threshold; beyond `clear` for an incident that is open."""
        limit = self.clear if open_before and self.clear is not None else self.threshold
        return value > limit if self.side == "above" else value < limit


@dataclass(frozen=True)
class AlertRule:
    """A rule: a condition on a metric, or a signal by name; how long it must hold, and whom it tells how urgently."""

    name: str
    severity: AlertSeverity
    summary: str
    condition: MetricCondition | None = None
    signal: str | None = None
    for_s: float = 0.0
    hold_s: float = HOLD_S
    escalate_after_s: float | None = None
    inhibited_by: tuple[str, ...] = ()  # rules, or `rule:label=value`, whose open incidents explain those of this rule
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def _share(part: str, *whole: str, above: float, window_s: float = 300.0, at_least: float = 20.0) -> MetricCondition:
    return MetricCondition(part, "share", "above", above, window_s, of=whole, clear=0.8 * above, at_least=at_least)


def _latest(metric: str, side: Side, threshold: float, *by: str, clear: float | None = None) -> MetricCondition:
    return MetricCondition(metric, "latest", side, threshold, 300.0, by=by, clear=clear)


_GRAPH_DOWN = ("component_down:component=graph",)
_DAEMON_DOWN = ("component_down:component=dagster-daemon",)

RULES: Final[tuple[AlertRule, ...]] = (
    # seed 004: performance, cache, cost, quality and system
    AlertRule(
        "high_error_rate",
        "warning",
        "More than 5 % of the questions fail",
        _share("query_errors", "queries", "query_errors", above=0.05),
        for_s=300,
        escalate_after_s=HOUR_S,
        inhibited_by=_GRAPH_DOWN,
    ),
    AlertRule(
        "high_latency",
        "warning",
        "The p95 of the answers is above 10 s",
        MetricCondition("query_seconds", "p95", "above", 10.0, clear=8.0),
        for_s=300,
    ),
    AlertRule(
        "very_high_latency",
        "critical",
        "The p99 of the answers is above 30 s",
        MetricCondition("query_seconds", "p99", "above", 30.0, clear=24.0),
        for_s=300,
    ),
    AlertRule(
        "low_cache_hit_rate",
        "warning",
        "Fewer than 40 % of the answers come from the cache",
        MetricCondition("query_cache_hits", "share", "below", 0.4, 900.0, of=("queries",), clear=0.45, at_least=50.0),
        for_s=900,
    ),
    AlertRule(
        "cache_near_capacity",
        "warning",
        "The cache of answers holds more than 950 of 1,000",
        _latest("query_cache_entries", "above", 950.0, clear=900.0),
        for_s=600,
    ),
    AlertRule(
        "high_cache_eviction_rate",
        "warning",
        "The cache drops more than 10 answers a second",
        MetricCondition("query_cache_evictions", "rate", "above", 10.0, 600.0, clear=8.0),
        for_s=600,
    ),
    AlertRule(
        "high_daily_cost", "warning", "More than $100 were spent today", _latest("spent_today_usd", "above", 100.0), for_s=3600
    ),
    AlertRule(
        "sudden_cost_spike",
        "critical",
        "Models cost twice as much as in the day before",
        MetricCondition("llm_cost_usd", "times_before", "above", 2.0, 600.0, clear=1.5, at_least=0.1),
        for_s=600,
    ),
    AlertRule(
        "low_quality_score",
        "warning",
        "Less than 80 % of the sentences of answers are proven",
        MetricCondition("query_quality", "mean", "below", 0.8, 600.0, clear=0.82, at_least=10.0),
        for_s=600,
    ),
    AlertRule(
        "high_degradation_rate",
        "warning",
        "More than 20 % of the answers come from a fallback",
        _share("query_degraded", "queries", above=0.2, window_s=600.0),
        for_s=600,
        inhibited_by=_GRAPH_DOWN,
    ),
    AlertRule(
        "tool_failure_rate_high",
        "warning",
        "More than 10 % of the calls of language models fail",
        _share("llm_errors", "llm_calls", "llm_errors", above=0.1, window_s=600.0, at_least=10.0),
        for_s=600,
        escalate_after_s=HOUR_S,
    ),
    AlertRule(
        "rag_failure_rate_high",
        "critical",
        "More than 5 % of the searches fail",
        _share("retrieval_failures", "queries", above=0.05, window_s=600.0),
        for_s=600,
        inhibited_by=_GRAPH_DOWN,
    ),
    # seeds 002 and 003: thresholds of answers
    AlertRule(
        "answers_slow",
        "info",
        "The p95 of the answers is above 2 s",
        MetricCondition("query_seconds", "p95", "above", 2.0, clear=1.8, at_least=10.0),
        for_s=300,
    ),
    AlertRule(
        "answers_empty",
        "info",
        "More than 20 % of the questions find nothing",
        _share("query_empty", "queries", above=0.2, window_s=900.0),
        for_s=900,
    ),
    # documents, checks and runs
    AlertRule("check_failed", "warning", "A check failed", signal="failed_checks"),
    AlertRule("anomaly", "warning", "A metric is outside of its expected range", signal="anomalies"),
    AlertRule("deployment_unhealthy", "warning", "The health of the deployment is below 80", signal="health"),
    AlertRule("drift", "warning", "Documents differ from their reference", signal="drift"),
    AlertRule("backup_unproven", "critical", "The newest backup is missing, old or not proven", signal="backup"),
    AlertRule("document_failed", "warning", "Documents failed", signal="failed_documents", inhibited_by=_GRAPH_DOWN),
    AlertRule("run_failed", "warning", "A run of a job, such as a backup, failed", signal="failed_runs"),
    AlertRule("run_stuck", "critical", "A run says nothing", signal="stuck_runs", for_s=60),
    AlertRule(
        "run_missing",
        "critical",
        "Documents wait and no run works",
        signal="missing_runs",
        for_s=60,
        inhibited_by=_DAEMON_DOWN,
    ),
    AlertRule("collection_stale", "warning", "A collection gets no new documents", signal="stale_collections"),
    # money, disk and components
    AlertRule("budget_half_spent", "info", "Half of the day's budget is spent", _latest("budget_used_share", "above", 0.4999)),
    AlertRule(
        "budget_nearly_spent", "warning", "80 % of the day's budget are spent", _latest("budget_used_share", "above", 0.7999)
    ),
    AlertRule("budget_spent", "critical", "The day's budget is spent", _latest("budget_used_share", "above", 0.9999)),
    AlertRule(
        "disk_low", "warning", "The home's disk has less than 2 GB", _latest("disk_free_bytes", "below", 2e9, clear=2.5e9)
    ),
    AlertRule(
        "disk_full", "critical", "The home's disk has less than .2 GB", _latest("disk_free_bytes", "below", 2e8, clear=5e8)
    ),
    AlertRule(
        "component_down", "critical", "A component is not healthy", _latest("component_up", "below", 0.5, "component"), for_s=75
    ),
    AlertRule(
        "sensor_dead",
        "critical",
        "A sensor does not tick",
        _latest("sensor_age_seconds", "above", 4 * HOUR_S, "sensor"),
        for_s=60,
    ),
    AlertRule(
        "fast_sensor_dead",
        "critical",
        "A sensor that ticks each minute does not",
        signal="dead_sensors",
        for_s=60,
        inhibited_by=_DAEMON_DOWN,
    ),
    AlertRule("route_failing", "critical", "A receiver of notices does not take them", signal="failing_routes"),
)

SIGNALS: Final = frozenset(rule.signal for rule in RULES if rule.signal)


def effective_rules(settings: AlertSettings) -> list[AlertRule]:
    """Returns the enabled rules with their changes. Raises SettingsInvalid for a rule that is unknown or can never fire."""
    validate_rules(RULES)
    unknown = sorted(settings.rules.keys() - {rule.name for rule in RULES})
    if unknown:
        raise SettingsInvalid(f"[alerts.rules.{unknown[0]}]: there is no rule {unknown[0]}.", hint="docs/alerts.md lists them.")
    rules = []
    for rule in RULES:
        change = settings.rules.get(rule.name)
        if change is None:
            rules.append(rule)
        elif change.enabled:
            condition = rule.condition
            if change.threshold is not None:
                if condition is None:
                    raise SettingsInvalid(f"[alerts.rules.{rule.name}]: the rule has no threshold.")
                condition = condition.moved_to(change.threshold)
            for_s = rule.for_s if change.for_s is None else change.for_s
            severity, escalates = change.severity or rule.severity, change.escalate_after_s or rule.escalate_after_s
            rules.append(replace(rule, condition=condition, for_s=for_s, severity=severity, escalate_after_s=escalates))
    validate_rules(rules)
    return rules


def validate_rules(rules: tuple[AlertRule, ...] | list[AlertRule]) -> None:
    """Raises SettingsInvalid for two rules of a name, an unknown metric, label or inhibitor, and a rule that can never fire."""
    names = [rule.name for rule in rules]
    known = {rule.name for rule in RULES} | set(names)
    for rule in rules:
        if names.count(rule.name) > 1:
            raise SettingsInvalid(f"Two rules have the name {rule.name}.")
        if (rule.condition is None) == (rule.signal is None):
            raise SettingsInvalid(f"The rule {rule.name} needs either a condition or a signal.")
        if unknown := {inhibitor.partition(":")[0] for inhibitor in rule.inhibited_by} - known:
            raise SettingsInvalid(f"The rule {rule.name} is inhibited by {min(unknown)}, which is no rule.")
        if rule.condition is not None:
            _validate(rule.name, rule.condition)


def _validate(name: str, condition: MetricCondition) -> None:
    for metric in (condition.metric, *condition.of):
        if metric not in METRICS:
            raise SettingsInvalid(f"The rule {name} names the metric {metric}, which does not exist.")
    if unknown := set(condition.by) - set(METRICS[condition.metric].labels):
        raise SettingsInvalid(f"The rule {name} groups by {min(unknown)}, which {condition.metric} does not have.")
    low, high = (0.0, 1.0) if condition.statistic == "share" or condition.metric.endswith("_share") else (0.0, float("inf"))
    can_fire = condition.threshold < high if condition.side == "above" else condition.threshold > low
    if not can_fire:
        raise SettingsInvalid(f"The rule {name} can never fire: no value is {condition.side} {condition.threshold:g}.")
