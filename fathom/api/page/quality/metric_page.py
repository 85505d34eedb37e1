"""The page `/quality/metrics/NAME`: a metric over a time, by its labels, as a plot with its figures as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page.figures_in_words import instant, seconds
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.page.quality.metrics_page import RangeLink, range_links
from fathom.api.page.quality.plot_view import PlotView, plot_view
from fathom.api.page.quality.trend_choice import COLLECTION, ChosenTrend
from fathom.metrics.metric_definitions import Metric
from fathom.metrics.value_tally import ValueTally
from fathom.operations.metric_pictures import picture_words, series_name
from fathom.operations.plotted_metrics import PlottedMetric, TrendQuery, label_values, main_value, plotted_metric
from fathom.operations.quality_reports import refresh_metrics
from fathom.quality.plots.plot_units import value_words

MAX_COLUMNS = 12  # series in the table of points
SHOWN_BY = {"counter": "the sum", "gauge": "the mean", "distribution": "the median"}
router = page_router()


@dataclass(frozen=True)
class ChoiceOption:
    """An option of a choice."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class LabelChoice:
    """A choice of the form; `fixed` where the key allows a single value."""

    name: str
    label: str
    options: list[ChoiceOption]
    fixed: bool = False


@dataclass(frozen=True)
class SeriesFigures:
    """The figures of a series over the whole time, as text."""

    name: str
    count: str
    total: str
    mean: str
    median: str
    p95: str
    p99: str
    least: str
    most: str


@dataclass(frozen=True)
class TrendRow:
    """A span with the value of each series, as text."""

    at: str
    values: list[str]


@dataclass(frozen=True)
class MetricPage:
    """The whole page."""

    template: ClassVar[str] = "quality/metric.html"
    name: str
    meaning: str
    about: str
    address: str
    span: str
    as_of: str
    ranges: list[RangeLink]
    choices: list[LabelChoice]
    plot: PlotView
    figures: list[SeriesFigures]
    columns: list[str]
    rows: list[TrendRow]
    more: int


@router.get("/quality/metrics/{name}")
async def metric(request: Request, caller: Visitor, query: ChosenTrend) -> Response:
    """Returns the page."""

    def look() -> MetricPage:
        engine = refresh_metrics(request.app.state.settings)
        return metric_page(
            plotted_metric(engine, query), label_values(engine, query.name, caller.collection), caller.collection
        )

    return html_response(await run_in_threadpool(look), caller)


def metric_page(trend: PlottedMetric, values: Mapping[str, Sequence[str]], only: str | None) -> MetricPage:
    """Returns the page; `only` is the collection of the caller's key."""
    shown, query = trend.metric, trend.query
    path = f"/quality/metrics/{shown.name}"
    columns = list(trend.series[:MAX_COLUMNS])
    times = sorted({at for one in columns for at, _ in one.points}, reverse=True)
    by_time = [dict(one.points) for one in columns]
    return MetricPage(
        name=shown.name,
        meaning=shown.meaning,
        about=_about(shown, query.step_s),
        address=path,
        span=query.span,
        as_of=instant(datetime.fromtimestamp(query.until, UTC)),
        ranges=range_links(path, query.span, by=query.by, **query.labels),
        choices=[_by(shown, query), *(_of_label(label, list(found), query, only) for label, found in values.items())],
        plot=plot_view(query, picture_words(trend)),
        figures=[_figures(trend, series_name(trend, one), one.total) for one in trend.series],
        columns=[series_name(trend, one) for one in columns],
        rows=[
            TrendRow(instant(datetime.fromtimestamp(at, UTC)), [_cell(shown, one.get(at)) for one in by_time]) for at in times
        ],
        more=max(0, len(trend.series) - MAX_COLUMNS),
    )


def _about(shown: Metric, step_s: int) -> str:
    unit = f", in {shown.unit}" if shown.unit else ""
    return f"A {shown.kind}{unit}, from {shown.source}. A point shows {SHOWN_BY[shown.kind]} of {seconds(step_s)}."


def _by(shown: Metric, query: TrendQuery) -> LabelChoice:
    options = [ChoiceOption("", "not parted", query.by is None)]
    options += [ChoiceOption(label, label.replace("_", " "), label == query.by) for label in shown.labels]
    return LabelChoice("by", "Lines by", options)


def _of_label(label: str, values: Sequence[str], query: TrendQuery, only: str | None) -> LabelChoice:
    chosen = query.labels.get(label, "")
    fixed = label == COLLECTION and only is not None
    known = sorted({value for value in (*values, chosen) if value})
    options = [] if fixed else [ChoiceOption("", "all", not chosen)]
    options += [ChoiceOption(value, value, value == chosen) for value in known if not fixed or value == only]
    return LabelChoice(label, label.replace("_", " ").capitalize(), options, fixed)


def _figures(trend: PlottedMetric, name: str, total: ValueTally) -> SeriesFigures:
    unit = trend.metric.unit
    return SeriesFigures(
        name=name,
        count=f"{total.count:,}",
        total=value_words(unit, total.total) if trend.metric.kind != "gauge" else "–",
        mean=value_words(unit, total.mean),
        median=value_words(unit, total.quantile(0.5)),
        p95=value_words(unit, total.quantile(0.95)),
        p99=value_words(unit, total.quantile(0.99)),
        least=value_words(unit, total.least),
        most=value_words(unit, total.most),
    )


def _cell(shown: Metric, tally: ValueTally | None) -> str:
    return "–" if tally is None else value_words(shown.unit, main_value(shown, tally))
