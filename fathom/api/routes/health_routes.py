"""Health of the components, and metrics for Prometheus."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from fathom import __version__
from fathom.api.authorization import Reader, unbound
from fathom.api.problems import retry_after
from fathom.database import open_database
from fathom.deployment.components import healthy, status_all
from fathom.settings import Settings
from fathom.status.forecast import errors, history_of
from fathom.uploads.intake import open_intake
from fathom.uploads.paused_collections import paused

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
    """Documents by state, pauses and errors of past estimates, in Prometheus' text format."""
    unbound(caller)
    text = await run_in_threadpool(figures, request.app.state.settings)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def figures(settings: Settings) -> bytes:
    """Returns the current metrics, read from the database."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry(auto_describe=True)
    engine = open_database(settings.operational_url)
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
