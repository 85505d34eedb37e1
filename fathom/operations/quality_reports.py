"""Reports the checks of documents and the history of metrics, as of now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.deployment.components import status_all
from fathom.errors import FathomError
from fathom.metrics.metric_collection import collect_metrics
from fathom.metrics.metric_definitions import METRICS, MetricKind
from fathom.metrics.metric_history import MetricHistory, metric_of
from fathom.metrics.value_tally import ValueTally
from fathom.observability.event_collector import Collector
from fathom.quality.check_results import CheckResults, CheckState, CheckSummary
from fathom.quality.deployment_gauges import deployment_gauges
from fathom.settings import Settings

COLLECT_WITHIN_S = 2.0


class QualityReport(BaseModel):
    """The last result of each check, and a summary of each check."""

    model_config = ConfigDict(frozen=True)

    checks: Sequence[CheckState]
    summary: Sequence[CheckSummary]


class MetricPoint(BaseModel):
    """A span of a series."""

    model_config = ConfigDict(frozen=True)

    at: float = Field(description="begin of the span, in seconds since 1970")
    value: float = Field(description="sum of a counter, mean of a gauge, median of a distribution")
    count: int
    sum: float
    min: float
    max: float
    mean: float
    p50: float | None = Field(description="quantiles are of distributions only")
    p95: float | None
    p99: float | None


class ReportedSeries(BaseModel):
    """The spans of a series, in the order of time."""

    model_config = ConfigDict(frozen=True)

    labels: dict[str, str]
    points: list[MetricPoint]
    total: MetricPoint | None = Field(description="all spans together; null without any")


class MetricReport(BaseModel):
    """The history of a metric."""

    model_config = ConfigDict(frozen=True)

    name: str
    unit: str
    kind: MetricKind
    meaning: str
    since: float
    until: float
    step_s: int | None = Field(description="seconds of a span; null: the shortest that fits")
    series: list[ReportedSeries]


class MetricListed(BaseModel):
    """A metric of the registry with its newest value."""

    model_config = ConfigDict(frozen=True)

    name: str
    unit: str
    kind: MetricKind
    labels: list[str]
    source: str
    meaning: str
    series: int = Field(description="series that have values")
    last_at: float | None = Field(description="of the newest value; null without any")


def refresh_metrics(settings: Settings) -> Engine:
    """Reads what was logged until now into events and metrics, as far as that is possible; returns the database."""
    engine = open_database(settings.operational_url)
    with suppress(FathomError):  # another process collects
        Collector(engine, settings.home).collect(COLLECT_WITHIN_S)
    collect_metrics(engine)
    return engine


def record_gauges(settings: Settings) -> int:
    """Measures the deployment, records the gauges, and returns their number. Raises DatabaseUnreachable."""
    samples = deployment_gauges(settings, status_all(settings))
    return MetricHistory(open_database(settings.operational_url)).record(samples)


def quality_report(
    settings: Settings, *, collection: str | None = None, document: str | None = None, failed: bool = False, limit: int = 1000
) -> QualityReport:
    """Returns the checks of all documents, of a collection or of a document. Raises DatabaseUnreachable."""
    results = CheckResults(refresh_metrics(settings))
    found = results.list(collection=collection, document=document, failed=failed, limit=limit)
    return QualityReport(checks=found, summary=results.summary(collection=collection))


def list_metrics(settings: Settings) -> list[MetricListed]:
    """Returns the metrics of the registry. Raises DatabaseUnreachable."""
    history = MetricHistory(refresh_metrics(settings))
    listed = []
    for metric in METRICS.values():
        latest = history.latest(metric.name)
        listed.append(
            MetricListed(
                name=metric.name,
                unit=metric.unit,
                kind=metric.kind,
                labels=list(metric.labels),
                source=metric.source,
                meaning=metric.meaning,
                series=len(latest),
                last_at=max((value.at for value in latest), default=None),
            )
        )
    return listed


def metric_report(
    settings: Settings,
    name: str,
    since: float,
    until: float | None = None,
    *,
    step_s: int | None = None,
    by: Sequence[str] = (),
    collection: str | None = None,
) -> MetricReport:
    """Returns the history of a metric from `since` until now, or `until`. Raises UsageWrong, DatabaseUnreachable."""
    metric, until = metric_of(name), time.time() if until is None else until
    history = MetricHistory(refresh_metrics(settings))
    labels = {"collection": collection} if collection is not None else {}
    found = history.series(name, since, until, step_s, labels=labels, by=by)
    return MetricReport(
        name=name,
        unit=metric.unit,
        kind=metric.kind,
        meaning=metric.meaning,
        since=since,
        until=until,
        step_s=step_s,
        series=[_reported(dict(series.labels), series.points, metric.kind) for series in found],
    )


def _reported(labels: dict[str, str], points: Sequence[tuple[float, ValueTally]], kind: MetricKind) -> ReportedSeries:
    whole = ValueTally()
    for _, tally in points:
        whole.merge(tally)
    total = metric_point(points[0][0], whole, kind) if points else None
    return ReportedSeries(labels=labels, points=[metric_point(at, tally, kind) for at, tally in points], total=total)


def metric_point(at: float, tally: ValueTally, kind: MetricKind) -> MetricPoint:
    """Returns the figures of a span."""
    p50, p95, p99 = (tally.quantile(share) for share in (0.5, 0.95, 0.99)) if kind == "distribution" else (None, None, None)
    return MetricPoint(
        at=at,
        value=tally.total if kind == "counter" else tally.mean if p50 is None else p50,
        count=tally.count,
        sum=tally.total,
        min=tally.least,
        max=tally.most,
        mean=tally.mean,
        p50=p50,
        p95=p95,
        p99=p99,
    )
