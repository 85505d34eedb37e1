"""Routes for checks, health and the history of metrics."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import Reader, unbound, within
from fathom.api.routes.parameters import MAX_NAME, CollectionQuery, NamePath
from fathom.operations.deployment_health import deployment_health
from fathom.operations.quality_reports import (
    MetricListed,
    MetricReport,
    QualityReport,
    list_metrics,
    metric_report,
    quality_report,
)
from fathom.quality.check_results import MAX_RESULTS
from fathom.quality.health_score import HealthReport
from fathom.security.api_keys import Caller
from fathom.settings import Settings
from fathom.uploads.inbox.upload_stream import MAX_ID_BYTES

router = APIRouter(tags=["quality"])

MAX_TIME = 253_402_300_800  # the year 10000
DAY_S = 86_400.0
Moment = Annotated[float | None, Query(ge=0, le=MAX_TIME, description="in seconds since 1970")]


@router.get("/api/quality")
async def quality(
    request: Request,
    caller: Reader,
    collection: CollectionQuery = None,
    document: Annotated[str | None, Query(max_length=MAX_ID_BYTES)] = None,
    failed: Annotated[bool, Query(description="without those that passed")] = False,
    limit: Annotated[int, Query(ge=1, le=MAX_RESULTS)] = 1000,
) -> QualityReport:
    """Show the last result of each check, the failed ones first, and a summary. Within the key's collection."""
    wanted = _collection(caller, collection)
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(
        lambda: quality_report(settings, collection=wanted, document=document, failed=failed, limit=limit)
    )


@router.get("/api/health")
async def health(request: Request, caller: Reader) -> HealthReport:
    """Show the score of the deployment, 0 to 100, and each issue with what to do; always 200: see `status`."""
    unbound(caller)
    return await run_in_threadpool(deployment_health, request.app.state.settings)


@router.get("/api/metrics")
async def metrics(request: Request, caller: Reader) -> dict[str, list[MetricListed]]:
    """List the metrics with their units, labels, sources and newest values."""
    unbound(caller)
    return {"metrics": await run_in_threadpool(list_metrics, request.app.state.settings)}


@router.get("/api/metrics/{name}")
async def metric(
    request: Request,
    caller: Reader,
    name: NamePath,
    since: Moment = None,
    until: Moment = None,
    step: Annotated[int | None, Query(ge=60, le=366 * 86_400, description="seconds of a point, in whole minutes")] = None,
    by: Annotated[list[Annotated[str, Query(max_length=MAX_NAME)]] | None, Query(max_length=5, description="labels")] = None,
    collection: CollectionQuery = None,
) -> MetricReport:
    """Show the history of a metric, by default of the last day. 400 for an unknown one. Within the key's collection."""
    wanted = _collection(caller, collection)
    now = time.time()
    begin, end = (now - DAY_S if since is None else since), (now if until is None else until)
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(
        lambda: metric_report(settings, name, begin, end, step_s=step, by=tuple(by or ()), collection=wanted)
    )


def _collection(caller: Caller, collection: str | None) -> str | None:
    """Returns the collection that the caller may see. Raises 403 for another."""
    if collection is not None:
        within(caller, collection)
    return collection or caller.collection
