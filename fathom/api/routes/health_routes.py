"""Health of the components, and metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from fathom import __version__
from fathom.api.authorization import Reader, unbound
from fathom.api.problems import retry_after
from fathom.database import open_database
from fathom.deployment.components import healthy, status_all
from fathom.metrics.metric_definitions import METRICS
from fathom.metrics.metric_history import MetricHistory
from fathom.settings import Settings
from fathom.status.forecast import errors, history_of
from fathom.uploads.intake import open_intake
from fathom.uploads.paused_collections import paused

if TYPE_CHECKING:
    from prometheus_client.core import Metric as MetricFamily

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Liveness of this process."""
    return {"status": "live", "version": __version__}


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Readiness of every component; 503 with the unhealthy components if there are any."""
    statuses = await run_in_threadpool(status_all, request.app.state.settings)
    fine = healthy(statuses)
    parts = {status.name: {"state": status.state, "detail": status.detail} for status in statuses}
    content = {"status": "ready" if fine else "not ready", "parts": parts}
    status = HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(content, status_code=status, headers=retry_after(status))


@router.get("/metrics")
async def prometheus(request: Request, caller: Reader) -> Response:
    """All metrics, documents by state, pauses and errors of past estimates, in Prometheus' text format."""
    unbound(caller)
    text = await run_in_threadpool(figures, request.app.state.settings)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def figures(settings: Settings) -> bytes:
    """Returns the current metrics, read from the database."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry(auto_describe=True)
    engine = open_database(settings.operational_url)
    registry.register(RegisteredMetrics(MetricHistory(engine)))
    documents = Gauge("fathom_documents", "Documents by state", ["state"], registry=registry)
    for state, count in open_intake(settings).counts().items():
        documents.labels(state).set(count)
    Gauge("fathom_paused_collections", "Collections that are paused", registry=registry).set(len(paused(engine)))
    found = errors(history_of(engine))
    if found is not None:
        error = Gauge("fathom_eta_relative_error", "Median relative error of the estimates (p50)", registry=registry)
        error.set(found[0])
        Gauge("fathom_eta_p90_coverage", "Share of documents done by their p90", registry=registry).set(found[1])
    return generate_latest(registry)


class RegisteredMetrics:
    """Collects the metrics of the registry for Prometheus: counters, current gauges, and summaries of distributions."""

    def __init__(self, history: MetricHistory) -> None:
        self._history = history

    def collect(self) -> Iterator[MetricFamily]:
        """Yields each metric that has values."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily

        for metric in METRICS.values():
            name, latest = f"fathom_{metric.name}", self._history.latest(metric.name)
            if metric.kind == "counter":
                counter = CounterMetricFamily(name, metric.meaning, labels=metric.labels)
                for value in latest:
                    counter.add_metric([value.labels[label] for label in metric.labels], value.total)
                yield counter
            elif metric.kind == "gauge":
                gauge = GaugeMetricFamily(name, metric.meaning, labels=metric.labels)
                for value in latest:
                    if value.is_current:
                        gauge.add_metric([value.labels[label] for label in metric.labels], value.value)
                yield gauge
            else:
                summary = SummaryMetricFamily(name, metric.meaning, labels=metric.labels)
                for value in latest:
                    labels = [value.labels[label] for label in metric.labels]
                    summary.add_metric(labels, count_value=value.samples, sum_value=value.total)
                yield summary
