"""The data of the page `/quality`: score and issues, key metrics, checks and the documents that failed them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fathom.api.page import figures_in_words as words
from fathom.api.page.page_addresses import dagster
from fathom.api.page.quality.alerts_view import IncidentLine, incident_line
from fathom.api.page.quality.metrics_page import metric_address
from fathom.api.page.quality.plot_view import PlotView, plot_view
from fathom.api.routes.document_paths import encoded
from fathom.operations.alerting import IncidentView
from fathom.operations.metric_pictures import picture_words
from fathom.operations.plotted_metrics import PlottedMetric, main_value
from fathom.operations.quality_reports import QualityReport
from fathom.quality.check_results import CheckState, CheckSummary
from fathom.quality.health_score import HealthReport
from fathom.quality.plots.plot_units import significant, value_words
from fathom.quality.plots.trend_plot import PlotSize

LEVEL_DOTS = {"healthy": "complete", "degraded": "partial", "critical": "failed"}
SEVERITY_DOTS = {"block": "failed", "warn": "partial", "inform": "waiting"}
SEVERITIES = {"block": "the document stops", "warn": "a warning", "inform": "a figure to watch"}
MAX_DOCUMENTS = 50  # with failed checks
MAX_ALERTS = 5

# The metrics of the page with the words for each, in the order of what a person asks first.
KEY_METRICS = {
    "documents_done": "Documents done",
    "documents_failed": "Failed tries",
    "stage_seconds": "Time of a stage",
    "facts_per_chunk": "Facts a chunk",
    "llm_cost_usd": "Spent on models",
    "checks_failed": "Failed checks",
    "query_seconds": "Time of an answer",
    "queue_oldest_seconds": "Longest wait",
}


@dataclass(frozen=True)
class IssueLine:
    """An issue of the deployment, since when it is there, and what to do; the latter holds commands in backticks."""

    deduction: str
    issue: str
    since: str
    since_when: str
    what_to_do: str


@dataclass(frozen=True)
class ScoreGauge:
    """The score as an arc of `score` hundredths, with its words."""

    score: int
    level: str
    dot: str
    label: str
    sentence: str
    issues: list[IssueLine]


@dataclass(frozen=True)
class OpenAlerts:
    """The most severe open incidents, and the number of all in words."""

    said: str
    incidents: list[IncidentLine]


@dataclass(frozen=True)
class KeyMetric:
    """A metric of the last day with its small plot."""

    title: str
    value: str
    about: str
    address: str
    plot: PlotView


@dataclass(frozen=True)
class CheckLine:
    """A check over all documents."""

    asset: str
    name: str
    dot: str
    severity: str
    passed: str
    failed: str
    worst: str
    threshold: str


@dataclass(frozen=True)
class FailedCheck:
    """A failed check: what was measured against which threshold, and why it failed."""

    name: str
    dot: str
    severity: str
    measured: str
    detail: str
    when: str
    run: str | None


@dataclass(frozen=True)
class FailedSubject:
    """A document with failed checks, or an asset of a collection or of all; `address` is that of a document's page."""

    name: str
    address: str | None
    checks: list[FailedCheck]


@dataclass(frozen=True)
class QualityOverview:
    """The whole page; `gauge` and `alerts` are None for a single collection."""

    template: ClassVar[str] = "quality/overview.html"
    collection: str | None
    fixed: bool
    as_of: str
    gauge: ScoreGauge | None
    alerts: OpenAlerts | None
    key_metrics: list[KeyMetric]
    failing: list[CheckLine]
    passing: list[CheckLine]
    checks_said: str
    failed: list[FailedSubject]
    more_failed: int


def score_gauge(health: HealthReport, now: datetime) -> ScoreGauge:
    """Returns the gauge of the score with its issues."""
    issues = [
        IssueLine(f"−{one.deduction}", one.issue, words.ago(one.since, now), words.instant(one.since), one.what_to_do)
        for one in health.issues
    ]
    sentence = f"{words.many(len(issues), 'issue')}." if issues else "Nothing is wrong."
    label = f"Health {health.score} of 100: {health.status}"
    return ScoreGauge(health.score, health.status, LEVEL_DOTS[health.status], label, sentence, issues)


def open_alerts(incidents: Sequence[IncidentView], now: datetime) -> OpenAlerts:
    """Returns the first of the open incidents."""
    counts = Counter(one.severity for one in incidents)
    said = ", ".join(f"{counts[one]} {one}" for one in ("critical", "warning", "info") if counts[one]) or "none is open"
    return OpenAlerts(said, [incident_line(one, now, operates=False) for one in incidents[:MAX_ALERTS]])


def key_metric(trend: PlottedMetric, collection: str | None) -> KeyMetric | None:
    """Returns the metric with its value of the whole time; None without values."""
    total, metric = trend.total, trend.metric
    if total is None:
        return None
    newest = max((at, main_value(metric, tally)) for one in trend.series for at, tally in one.points)[1]
    value, about = {
        "counter": (value_words(metric.unit, total.total), "in the last day"),
        "gauge": (value_words(metric.unit, newest), "now"),
        "distribution": (value_words(metric.unit, total.quantile(0.5)), f"median of the last day, 95 % in "
                         f"{value_words(metric.unit, total.quantile(0.95))}"),
    }[metric.kind]  # fmt: skip
    return KeyMetric(
        title=KEY_METRICS[metric.name],
        value=value,
        about=about,
        address=metric_address(metric.name, trend.query.span, collection),
        plot=plot_view(trend.query, picture_words(trend), PlotSize.TILE),
    )


def check_line(one: CheckSummary) -> CheckLine:
    """Returns a check of the summary."""
    return CheckLine(
        asset=one.asset,
        name=check_words(one.check),
        dot=SEVERITY_DOTS[one.severity] if one.failed else "passed",
        severity=SEVERITIES[one.severity],
        passed=f"{one.passed:,}",
        failed=f"{one.failed:,}",
        worst=_figure(one.worst),
        threshold=_figure(one.threshold),
    )


def checks_said(summary: Sequence[CheckSummary]) -> str:
    """Returns the outcome of all checks in a sentence."""
    failed, count = sum(one.failed for one in summary), sum(one.failed + one.passed for one in summary)
    if not count:
        return "nothing was checked yet"
    return f"{failed:,} of {words.many(count, 'result')} failed" if failed else f"all of {words.many(count, 'result')} passed"


def failed_subjects(report: QualityReport, now: datetime) -> tuple[list[FailedSubject], int]:
    """Returns the documents with failed checks, those with the newest first, and the number of those that are left out."""
    grouped: dict[tuple[str, str], list[CheckState]] = {}
    for state in report.checks:
        if not state.passed:
            grouped.setdefault((state.document or "", "" if state.document else _of_all(state)), []).append(state)
    shown = list(grouped.items())[:MAX_DOCUMENTS]
    found = [
        FailedSubject(
            document or asset, f"/documents/{encoded(document)}" if document else None, [_failed(one, now) for one in of]
        )
        for (document, asset), of in shown
    ]
    return found, len(grouped) - len(shown)


def check_words(name: str) -> str:
    """Returns the name of a check as words."""
    return name.replace("_", " ")


def _failed(state: CheckState, now: datetime) -> FailedCheck:
    measured = "" if state.measured is None else f"measured {_figure(state.measured)}"
    against = "" if state.threshold is None or not measured else f", threshold {_figure(state.threshold)}"
    return FailedCheck(
        name=check_words(state.check),
        dot=SEVERITY_DOTS[state.severity],
        severity=SEVERITIES[state.severity],
        measured=f"{measured}{against}",
        detail=state.detail,
        when=words.ago(datetime.fromtimestamp(state.checked_at, UTC), now),
        run=dagster(f"/runs/{state.run}") if state.run else None,
    )


def _of_all(state: CheckState) -> str:
    return f"{state.asset}, {state.collection}" if state.collection else state.asset


def _figure(value: float | None) -> str:
    return "–" if value is None else significant(value)
