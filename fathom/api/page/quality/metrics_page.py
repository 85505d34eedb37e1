"""The page `/quality/metrics`: all metrics that have values, each with a small plot."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.engine import Engine

from fathom.api.page.figures_in_words import ago, instant
from fathom.api.page.graph.collection_choice import ChosenCollection, address
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.page.quality.plot_view import PlotView, plot_view
from fathom.api.page.quality.trend_choice import RangeParameter
from fathom.metrics.metric_definitions import Metric
from fathom.metrics.metric_history import MetricHistory
from fathom.operations.plotted_metrics import RANGES, TrendQuery, TrendSpan, metrics_of
from fathom.operations.quality_reports import refresh_metrics
from fathom.quality.plots.trend_plot import PlotSize

router = page_router()


@dataclass(frozen=True)
class RangeLink:
    """A time that can be chosen."""

    words: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class MetricTile:
    """A metric that has values, with its small plot."""

    name: str
    address: str
    meaning: str
    about: str
    newest: str
    plot: PlotView


@dataclass(frozen=True)
class MetricWithoutValues:
    """A metric that has no values yet, and what they come from."""

    name: str
    meaning: str
    source: str


@dataclass(frozen=True)
class MetricsPage:
    """The whole page; `fixed` where the key is of a single collection."""

    template: ClassVar[str] = "quality/metrics.html"
    collection: str | None
    fixed: bool
    span: str
    as_of: str
    ranges: list[RangeLink]
    tiles: list[MetricTile]
    empty: list[MetricWithoutValues]


@router.get("/quality/metrics")
async def metrics(request: Request, caller: Visitor, collection: ChosenCollection, span: RangeParameter = "1d") -> Response:
    """Returns the page; of a collection, the metrics that are parted by it."""

    def look() -> MetricsPage:
        engine = refresh_metrics(request.app.state.settings)
        return metrics_page(engine, span, collection, fixed=caller.collection is not None)

    return html_response(await run_in_threadpool(look), caller)


def metrics_page(
    engine: Engine, span: TrendSpan, collection: str | None, *, fixed: bool, now: float | None = None
) -> MetricsPage:
    """Returns the page."""
    now = time.time() if now is None else now
    newest = _newest(engine, collection)
    listed = metrics_of(collection)
    return MetricsPage(
        collection=collection,
        fixed=fixed,
        span=span,
        as_of=instant(datetime.fromtimestamp(now, UTC)),
        ranges=range_links("/quality/metrics", span, collection=collection),
        tiles=[_tile(metric, newest[metric.name], (span, now), collection) for metric in listed if metric.name in newest],
        empty=[MetricWithoutValues(one.name, one.meaning, one.source) for one in listed if one.name not in newest],
    )


def range_links(path: str, span: TrendSpan, **given: str | None) -> list[RangeLink]:
    """Returns a link for each time, with the given parameters."""
    return [RangeLink(one.words, address(path, **{**given, "range": key}), key == span) for key, one in RANGES.items()]


def metric_address(name: str, span: TrendSpan, collection: str | None) -> str:
    """Returns the address of a metric's page."""
    return address(f"/quality/metrics/{name}", range=span, collection=collection)


def _newest(engine: Engine, collection: str | None) -> dict[str, float]:
    """Returns the time of the newest value of each metric that has any."""
    history, found = MetricHistory(engine), {}
    for metric in metrics_of(collection):
        latest = [one.at for one in history.latest(metric.name) if collection in (None, one.labels.get("collection"))]
        if latest:
            found[metric.name] = max(latest)
    return found


def _tile(metric: Metric, newest: float, when: tuple[TrendSpan, float], collection: str | None) -> MetricTile:
    span, now = when
    query = TrendQuery(metric.name, span, now, {"collection": collection} if collection else {})
    shown = {"counter": "sum", "gauge": "mean", "distribution": "median"}[metric.kind]
    return MetricTile(
        name=metric.name,
        address=metric_address(metric.name, span, collection),
        meaning=metric.meaning,
        about=f"{shown}{f' in {metric.unit}' if metric.unit else ''}",
        newest=ago(datetime.fromtimestamp(newest, UTC), datetime.fromtimestamp(now, UTC)),
        plot=plot_view(query, f"Trend of {metric.name}; its page has the figures.", PlotSize.TILE),
    )
