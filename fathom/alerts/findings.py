"""Findings of rules, and how a rule on a metric finds."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Engine

from fathom.alert_settings import AlertSeverity
from fathom.alerts.alert_rules import AlertRule, MetricCondition
from fathom.metrics.metric_definitions import METRICS
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.rollup_steps import DAY_S
from fathom.metrics.value_tally import ValueTally
from fathom.settings import Settings

MAX_DOCUMENTS = 20  # examples of a finding
MAX_COLLECTIONS = 50  # named in the label of a finding
UNKNOWN_FOR_S = 3600.0  # for which a gauge that is no longer measured ends no incident


@dataclass(frozen=True)
class AlertContext:
    """The subject of the signals: the deployment, its database, and the time in seconds since 1970."""

    settings: Settings
    engine: Engine
    now: float


@dataclass(frozen=True)
class AlertFinding:
    """The finding of a rule now: its key within the rule, its cause in a sentence, and what it concerns.

    Attributes:
        count: documents or other subjects, of which `documents` has the first.
        since: when it began, in seconds since 1970, if that is known.
        is_measured: False where nothing new is known: an open incident stays as it is.
        labels: `collection` has several names with commas between where the documents are of several.
    """

    key: str
    cause: str
    severity: AlertSeverity | None = None
    documents: tuple[str, ...] = ()
    count: int = 1
    value: float | None = None
    since: float | None = None
    run: str | None = None
    is_measured: bool = True
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def joined_collections(names: Iterable[str]) -> dict[str, str]:
    """Returns the label of the collections, without one where nothing is of a collection."""
    known = sorted({name for name in names if name})
    return {"collection": ",".join(known[:MAX_COLLECTIONS])} if known else {}


def find_by_metric(rule: AlertRule, history: MetricHistory, now: float, open_keys: Collection[str]) -> Iterator[AlertFinding]:
    """Yields a finding for each set of labels whose value is beyond the threshold; an empty window finds nothing.

    A gauge that is no longer measured neither opens nor ends an incident for UNKNOWN_FOR_S, since its measurer may be dead.
    """
    condition = rule.condition
    if condition is None:
        return
    for labels, value in _values(condition, history, now):
        key = ",".join(f"{name}={labels[name]}" for name in sorted(labels))
        if math.isnan(value):
            if key in open_keys:
                yield AlertFinding(key, "", is_measured=False)
        elif math.isfinite(value) and condition.holds(value, open_before=key in open_keys):
            unit = METRICS[condition.metric].unit
            shown = (
                f"{value:.1%}"
                if condition.statistic == "share" or condition.metric.endswith("_share")
                else f"{value:,.4g} {unit}"
            )
            about = f" of {', '.join(labels.values())}" if labels else ""
            limit = condition.threshold
            cause = f"{rule.summary}{about}: {condition.metric} is {shown.strip()}, the limit is {limit:g}."
            yield AlertFinding(key, cause, value=value, labels={**labels, "metric": condition.metric})


def _values(condition: MetricCondition, history: MetricHistory, now: float) -> Iterator[tuple[dict[str, str], float]]:
    if condition.statistic == "latest":
        for latest in history.latest(condition.metric, now):
            labels = {name: latest.labels[name] for name in condition.by}
            if latest.is_current:
                yield labels, latest.value
            elif now - latest.at < UNKNOWN_FOR_S:
                yield labels, math.nan
        return
    since = now - condition.window_s
    tally = history.window(condition.metric, since, now + 60)
    if condition.statistic == "share":
        whole = sum(found.total for name in condition.of if (found := history.window(name, since, now + 60)) is not None)
        if whole >= condition.at_least:
            yield {}, (tally.total if tally else 0.0) / whole
    elif condition.statistic == "times_before":
        before = history.window(condition.metric, since - DAY_S, since, step_s=60)
        usual = before.total * condition.window_s / DAY_S if before else 0.0
        if tally is not None and usual > 0 and tally.total >= condition.at_least:
            yield {}, tally.total / usual
    elif tally is not None and tally.count >= condition.at_least:
        yield {}, _statistic(condition, tally)


def _statistic(condition: MetricCondition, tally: ValueTally) -> float:
    match condition.statistic:
        case "sum":
            return tally.total
        case "rate":
            return tally.total / condition.window_s
        case "p95":
            return tally.quantile(0.95)
        case "p99":
            return tally.quantile(0.99)
        case _:
            return tally.mean
