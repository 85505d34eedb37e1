"""The pages `/quality/alerts` and `/quality/alerts/history`: incidents of the whole deployment, for keys of all collections."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.alert_settings import AlertSeverity
from fathom.api.authorization import unbound
from fathom.api.page.page_frame import HEADERS, Visitor, html_response, page_router
from fathom.api.page.quality.alerts_view import PLOT_PATH, AlertsPage, alert_history_page, alerts_page
from fathom.api.page.quality.plot_pictures import KEPT_S
from fathom.api.page.quality.trend_choice import RangeParameter, UntilParameter
from fathom.operations import alerting
from fathom.operations.alert_timeline import alert_timeline, draw_timeline
from fathom.quality.plots.trend_plot import PlotShade, PlotSize
from fathom.settings import Settings

router = page_router()


@router.get("/quality/alerts")
async def alerts(request: Request, caller: Visitor, severity: Annotated[AlertSeverity | Literal[""], Query()] = "") -> Response:
    """Returns the page of open incidents, the most severe first."""
    unbound(caller)
    settings: Settings = request.app.state.settings

    def look() -> AlertsPage:
        found, quiet = alerting.active_alerts(settings), alerting.silences(settings)
        return alerts_page(found, quiet, severity, caller, datetime.now(UTC))

    return html_response(await run_in_threadpool(look), caller)


@router.get("/quality/alerts/history")
async def history(request: Request, caller: Visitor, span: RangeParameter = "7d") -> Response:
    """Returns the page of the incidents that opened in a time."""
    unbound(caller)
    timeline = await run_in_threadpool(alert_timeline, request.app.state.settings, span, time.time())
    return html_response(alert_history_page(timeline, span), caller)


@router.get(PLOT_PATH)
async def plot(
    request: Request,
    caller: Visitor,
    span: RangeParameter = "7d",
    until: UntilParameter = None,
    size: Annotated[PlotSize, Query()] = PlotSize.WIDE,
    shade: Annotated[PlotShade, Query()] = PlotShade.LIGHT,
) -> Response:
    """Returns the picture of the history."""
    unbound(caller)
    settings: Settings = request.app.state.settings

    def draw() -> str:
        return draw_timeline(alert_timeline(settings, span, until if until is not None else time.time()), size, shade)

    headers = {**HEADERS, "Cache-Control": f"private, max-age={KEPT_S}"}
    return Response(await run_in_threadpool(draw), media_type="image/svg+xml", headers=headers)
