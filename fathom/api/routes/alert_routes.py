"""Routes for alerts: open incidents, history, acknowledgement, silences, and tests of routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from fathom.api.authorization import Admin, Operator, Reader, unbound
from fathom.api.routes.parameters import MAX_NAME
from fathom.errors import UsageWrong
from fathom.operations import alerting
from fathom.operations.alerting import AlertHistory, IncidentView, RouteTrial, SilenceView
from fathom.settings import Settings

router = APIRouter(tags=["alerts"])

MAX_TIME = 253_402_300_800  # the year 10000
IncidentId = Annotated[str, Path(max_length=64, description="as in the list of alerts")]


class SilenceOrdered(BaseModel):
    """The silence to make."""

    model_config = ConfigDict(extra="forbid")

    rule: str = Field(min_length=1, max_length=MAX_NAME, description="a rule, or a pattern such as component_*")
    seconds: float = Field(gt=0, le=alerting.MAX_SILENCE_S)
    reason: str = Field(min_length=1, max_length=1000)
    labels: dict[str, str] = Field(default_factory=dict[str, str], max_length=10)


@router.get("/api/alerts")
async def alerts(request: Request, caller: Reader) -> dict[str, list[IncidentView]]:
    """Show the open incidents, the most severe first. Within the key's collection."""
    settings: Settings = request.app.state.settings
    if caller.collection is not None:
        return {"active": await run_in_threadpool(alerting.alerts_within, settings, caller.collection)}
    return {"active": await run_in_threadpool(alerting.active_alerts, settings)}


@router.get("/api/alerts/history")
async def history(
    request: Request,
    caller: Reader,
    since: Annotated[float, Query(ge=0, le=MAX_TIME, description="in seconds since 1970")] = 0.0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> AlertHistory:
    """List incidents, the newest first, with the mean times to detect and to resolve."""
    unbound(caller)
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(lambda: alerting.alert_history(settings, since=since, limit=limit))


@router.post("/api/alerts/{incident}/ack")
async def acknowledge(request: Request, caller: Operator, incident: IncidentId) -> IncidentView:
    """Acknowledge an incident: it is not told again until it ends. 404 for an unknown one."""
    unbound(caller)
    settings: Settings = request.app.state.settings
    try:
        return await run_in_threadpool(lambda: alerting.acknowledge(settings, incident, by=caller.name))
    except UsageWrong as error:
        raise HTTPException(404, error.message) from error


@router.post("/api/alerts/{incident}/resolve")
async def resolve(request: Request, caller: Operator, incident: IncidentId) -> IncidentView:
    """End an incident, which opens again if it concerns more or comes back. 404 for an unknown one."""
    unbound(caller)
    settings: Settings = request.app.state.settings
    try:
        return await run_in_threadpool(lambda: alerting.resolve(settings, incident, by=caller.name))
    except UsageWrong as error:
        raise HTTPException(404, error.message) from error


@router.get("/api/silences")
async def silences(request: Request, caller: Reader) -> dict[str, list[SilenceView]]:
    """List the silences that have not ended."""
    unbound(caller)
    return {"silences": await run_in_threadpool(alerting.silences, request.app.state.settings)}


@router.post("/api/silences", status_code=201)
async def silence(request: Request, caller: Operator, ordered: SilenceOrdered) -> SilenceView:
    """Hold back the notices of some incidents for a time."""
    unbound(caller)
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(
        lambda: alerting.silence(
            settings, ordered.rule, ordered.seconds, reason=ordered.reason, by=caller.name, labels=ordered.labels
        )
    )


@router.delete("/api/silences/{silence}", status_code=204)
async def end_silence(request: Request, caller: Operator, silence: Annotated[str, Path(max_length=64)]) -> None:
    """End a silence. 404 for an unknown one."""
    unbound(caller)
    settings: Settings = request.app.state.settings
    try:
        await run_in_threadpool(alerting.end_silence, settings, silence)
    except UsageWrong as error:
        raise HTTPException(404, error.message) from error


@router.post("/api/alerts/routes/{route}/test")
async def try_route(request: Request, caller: Admin, route: Annotated[str, Path(max_length=64)]) -> RouteTrial:
    """Send a test notice by a route. 404 for an unknown one."""
    unbound(caller)
    settings: Settings = request.app.state.settings
    try:
        return await run_in_threadpool(alerting.try_route, settings, route)
    except UsageWrong as error:
        raise HTTPException(404, f"{error.message} {error.what_to_do}") from error
