"""Checks of the main metrics: their newest complete hours are as their past lets expect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from checks.outcome import CheckOutcome
from fathom.metrics.check_recording import CheckResult
from fathom.metrics.metric_definitions import METRICS
from fathom.quality.metric_anomalies import WATCHED, AnomalySide, JudgedHour, WatchedMetric

if TYPE_CHECKING:
    from fathom.quality.metric_anomalies import MetricJudgement

ASSET = "quality_metrics"
SIDES = {"above": "above", "below": "below", "both": "outside of"}


def check_name(name: str) -> str:
    """Returns the name of the check in Dagster, such as `no_anomaly_of_model_cost`."""
    return f"no_anomaly_of_{name}"


def anomaly_specs() -> list[dg.AssetCheckSpec]:
    """Returns the specs of the checks; none blocks, since nothing is made from the metrics."""
    return [
        dg.AssetCheckSpec(
            name=check_name(name),
            asset=ASSET,
            description=f"Fails where {_named(watched)} is {SIDES[watched.side]} the range that its last eight weeks let "
            "expect for the hour of the week.",
        )
        for name, watched in WATCHED.items()
    ]


def anomaly_outcome(found: MetricJudgement) -> CheckOutcome:
    """Returns the outcome of a metric, with the expected range of the hour that it is about."""
    watched, hour = WATCHED[found.name], found.anomaly or (found.judged[-1] if found.judged else None)
    unit = METRICS[watched.metric].unit
    if hour is None:
        waiting = found.hours < found.needed
        said = f"{found.hours} of {found.needed} hours that are needed before it is judged." if waiting else "No newer values."
        return CheckOutcome(True, said, {"hours": found.hours, "hours_needed": found.needed})
    figures: dict[str, float | int | str | None] = {
        "value": round(hour.value, 6),
        "expected_low": round(hour.low, 6),
        "expected_high": round(hour.high, 6),
        "hour": f"{datetime.fromtimestamp(hour.at, UTC):%Y-%m-%d %H:%M} UTC",
        "kind": hour.kind,
        "hours": found.hours,
    }
    if hour.kind is None:
        return CheckOutcome(True, f"{_range(hour, unit)}: as expected.", figures)
    detail = f"{_named(watched)}: {_range(hour, unit)}, a {hour.kind}. See /quality/metrics/{watched.metric}."
    return CheckOutcome(False, detail, figures)


def anomaly_check_result(found: MetricJudgement) -> dg.AssetCheckResult:
    """Returns the result for Dagster, with the severity WARN."""
    return anomaly_outcome(found).asset_result(ASSET, check_name(found.name))


def result_of_metric(found: MetricJudgement) -> CheckResult:
    """Returns the result as Fathom keeps it: the value against the end of the range on the watched side, or the nearer one."""
    outcome, hour = anomaly_outcome(found), found.anomaly or (found.judged[-1] if found.judged else None)
    end = None if hour is None else _watched_end(hour, WATCHED[found.name].side)
    return CheckResult(
        name=check_name(found.name),
        passed=outcome.passed,
        severity="warn",
        measured=None if hour is None else hour.value,
        threshold=None if end is None else round(end, 6),
        detail=outcome.description,
    )


def _watched_end(hour: JudgedHour, side: AnomalySide) -> float:
    if side == "both":
        return min((hour.low, hour.high), key=lambda end: abs(hour.value - end))
    return hour.high if side == "above" else hour.low


def _named(watched: WatchedMetric) -> str:
    labels = " ".join(f"of {value}" for value in watched.labels.values())
    return f"{watched.metric} {labels}".strip()


def _range(hour: JudgedHour, unit: str) -> str:
    from fathom.quality.plots.plot_units import value_words

    low, high = value_words(unit, hour.low), value_words(unit, hour.high)
    return f"{value_words(unit, hour.value)} from {datetime.fromtimestamp(hour.at, UTC):%H:%M} UTC, expected {low} to {high}"
