"""The pictures `/quality/plots/NAME`: the trend of a metric as SVG."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page.page_frame import HEADERS, page_router
from fathom.api.page.quality.trend_choice import ChosenTrend
from fathom.database import open_database
from fathom.operations.metric_pictures import draw_trend
from fathom.operations.plotted_metrics import plotted_metric
from fathom.quality.plots.trend_plot import PlotShade, PlotSize
from fathom.settings import Settings

KEPT_S = 300  # by the browser; the address has the time of the newest values in it
router = page_router()


@router.get("/quality/plots/{name}")
async def picture(
    request: Request,
    query: ChosenTrend,
    size: Annotated[PlotSize, Query()] = PlotSize.WIDE,
    shade: Annotated[PlotShade, Query()] = PlotShade.LIGHT,
) -> Response:
    """Returns the picture of what is collected; the page that shows it has collected."""
    settings: Settings = request.app.state.settings

    def draw() -> str:
        return draw_trend(plotted_metric(open_database(settings.operational_url), query), size, shade)

    headers = {**HEADERS, "Cache-Control": f"private, max-age={KEPT_S}"}
    return Response(await run_in_threadpool(draw), media_type="image/svg+xml", headers=headers)
