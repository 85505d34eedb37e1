"""The views of the pages of quality with hostile texts wherever a text comes from documents, labels or people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fathom.api.page.page_templates import View
from fathom.api.page.quality.alerts_view import alert_history_page, alerts_page
from fathom.api.page.quality.components_page import components_page
from fathom.api.page.quality.metric_page import metric_page
from fathom.api.page.quality.metrics_page import MetricsPage, MetricTile, MetricWithoutValues, range_links
from fathom.api.page.quality.plot_view import plot_view
from fathom.api.page.quality.quality_overview_view import (
    QualityOverview,
    check_line,
    checks_said,
    failed_subjects,
    key_metric,
    open_alerts,
    score_gauge,
)
from fathom.metrics.metric_definitions import METRICS
from fathom.metrics.value_tally import ValueTally
from fathom.operations.alert_timeline import AlertSpan, AlertTimeline
from fathom.operations.alerting import IncidentView, SilenceView
from fathom.operations.component_reports import ComponentReport, DeploymentReport, WorkReport
from fathom.operations.plotted_metrics import PlottedMetric, TrendQuery, TrendSeries
from fathom.operations.quality_reports import QualityReport
from fathom.processes.component import ComponentStatus
from fathom.quality.check_results import CheckState, CheckSummary
from fathom.quality.health_score import HealthIssue, HealthReport
from fathom.security.api_keys import Caller

NOW = datetime.now(UTC)


def quality_views(nasty: str, caller: Caller) -> dict[str, Callable[[], View]]:
    """Returns the views by name."""
    return {
        "quality": lambda: quality_overview(nasty),
        "metrics": lambda: metrics(nasty),
        "metric": lambda: metric_page(plotted(nasty), {"stage": [nasty], "collection": [nasty], "file_type": [""]}, None),
        "metric, fixed": lambda: metric_page(plotted(nasty), {"collection": [nasty]}, nasty),
        "alerts": lambda: alerts_page([incident(nasty)], [silence(nasty)], "", caller, NOW),
        "alert history": lambda: alert_history_page(timeline(nasty), "7d"),
        "components": lambda: components_page(deployment(nasty)),
    }


def plotted(nasty: str) -> PlottedMetric:
    tally = ValueTally.of([1.0, 2.0])
    query = TrendQuery("stage_seconds", "1d", NOW.timestamp(), {"collection": nasty}, "stage")
    series = [TrendSeries(name, [(NOW.timestamp() - 600, tally)], tally) for name in (nasty, *map(str, range(20)))]
    return PlottedMetric(METRICS["stage_seconds"], query, series)


def quality_overview(nasty: str) -> View:
    report = QualityReport(checks=[check(nasty, nasty), check(nasty, None)], summary=[summary(nasty, 1), summary(nasty, 0)])
    issue = HealthIssue(kind=nasty, issue=nasty, since=NOW, what_to_do=nasty, deduction=55)
    health = HealthReport(score=45, status="critical", issues=[issue], checked_at=NOW)
    failed, more = failed_subjects(report, NOW)
    key = key_metric(plotted(nasty), nasty)
    assert key is not None
    return QualityOverview(
        collection=nasty,
        fixed=False,
        as_of=nasty,
        gauge=score_gauge(health, NOW),
        alerts=open_alerts([incident(nasty)], NOW),
        key_metrics=[key],
        failing=[check_line(report.summary[0])],
        passing=[check_line(report.summary[1])],
        checks_said=checks_said(report.summary),
        failed=failed,
        more_failed=more + 1,
    )


def check(nasty: str, document: str | None) -> CheckState:
    return CheckState(
        asset=nasty,
        check=nasty,
        collection=nasty,
        document=document,
        passed=False,
        severity="warn",
        measured=0.5,
        threshold=0.9,
        detail=nasty,
        run=nasty,
        checked_at=NOW.timestamp(),
    )


def summary(nasty: str, failed: int) -> CheckSummary:
    return CheckSummary(asset=nasty, check=nasty, severity="inform", passed=3, failed=failed, threshold=0.9, worst=None)


def metrics(nasty: str) -> View:
    plot = plot_view(TrendQuery("stage_seconds", "1d", NOW.timestamp(), {"collection": nasty}), nasty)
    return MetricsPage(
        collection=nasty,
        fixed=False,
        span="1d",
        as_of=nasty,
        ranges=range_links("/quality/metrics", "1d", collection=nasty),
        tiles=[MetricTile(nasty, "/quality/metrics/x", nasty, nasty, nasty, plot)],
        empty=[MetricWithoutValues(nasty, nasty, nasty)],
    )


def incident(nasty: str) -> IncidentView:
    return IncidentView(
        id=nasty,
        rule=nasty,
        key=nasty,
        severity="critical",
        state="open",
        cause=nasty,
        documents=[nasty] * 12,
        count=3,
        labels={nasty: nasty},
        run=nasty,
        links=[nasty],
        began_at=NOW,
        opened_at=NOW,
        resolved_at=None,
        acknowledged_by=None,
        silenced=True,
    )


def silence(nasty: str) -> SilenceView:
    return SilenceView(id=nasty, rule=nasty, labels={nasty: nasty}, reason=nasty, created_by=nasty, ends_at=NOW)


def timeline(nasty: str) -> AlertTimeline:
    known = incident(nasty).model_copy(update={"acknowledged_by": nasty})
    return AlertTimeline(
        [known], [AlertSpan(NOW.timestamp(), {"critical": 1})], NOW.timestamp() - 60, NOW.timestamp(), 1.0, None
    )


def deployment(nasty: str) -> DeploymentReport:
    status = ComponentStatus(name=nasty, state="unhealthy", address=nasty, version=nasty, detail=nasty, log=nasty, port=1)
    work = [WorkReport(name=nasty, done=0, failed=1, success_share=0.0, median_s=None, p95_s=None)]
    components = [ComponentReport(status=status, healthy_share=0.5)]
    return DeploymentReport(components=components, stages=work, models=work, until=NOW.timestamp())
