"""Routes for trends of metrics, patterns by hour and day, the log's errors, and recommendations."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import Reader, within
from fathom.api.routes.parameters import CollectionQuery, NamePath
from fathom.api.routes.quality_routes import Moment
from fathom.operations.trend_reports import PatternReport, TrendView, pattern_report, trend_reports
from fathom.security.api_keys import Caller
from fathom.settings import Settings

router = APIRouter(tags=["quality"])


@router.get("/api/trends/{metric}")
async def trend(
    request: Request, caller: Reader, metric: NamePath, since: Moment = None, collection: CollectionQuery = None
) -> TrendView:
    """Show the trend of a metric, by default of the last week. 400 for an unknown one. Within the key's collection."""
    wanted = _collection(caller, collection)
    settings: Settings = request.app.state.settings
    [found] = await run_in_threadpool(lambda: trend_reports(settings, [metric], since, collection=wanted))
    return found


@router.get("/api/patterns")
async def patterns(request: Request, caller: Reader, since: Moment = None, collection: CollectionQuery = None) -> PatternReport:
    """Show patterns by hour and day, the log's most common errors, and recommendations. Within the key's collection."""
    wanted = _collection(caller, collection)
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(lambda: pattern_report(settings, since, collection=wanted))


def _collection(caller: Caller, collection: str | None) -> str | None:
    """Returns the collection that the caller may see. Raises 403 for another."""
    if collection is not None:
        within(caller, collection)
    return collection or caller.collection
