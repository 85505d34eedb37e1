"""Draws the trend of a metric, and says in a sentence what the picture shows."""

from __future__ import annotations

from fathom.operations.plotted_metrics import RANGES, PlottedMetric, TrendSeries, main_value, values_of, with_gaps
from fathom.quality.plots.plot_units import value_words
from fathom.quality.plots.trend_plot import MAX_LINES, PlotLine, PlotShade, PlotSize, TrendPlot, draw_plot

QUANTILES = (("median", 0.5), ("95 %", 0.95), ("99 %", 0.99))
FAR_FROM_ZERO = 0.5  # a gauge of which the least value is beyond this share of the largest has an axis of its own range
NO_NAME = "(none)"


def draw_trend(trend: PlottedMetric, size: PlotSize = PlotSize.WIDE, shade: PlotShade = PlotShade.LIGHT) -> str:
    """Returns the picture as SVG; a tile shows the sum, mean or median alone."""
    return draw_plot(trend_plot(trend, quantiles=size is not PlotSize.TILE), size, shade)


def trend_plot(trend: PlottedMetric, *, quantiles: bool = True) -> TrendPlot:
    """Returns the lines of the trend: its quantiles for a distribution that is not parted, else a line for each series."""
    lines = [PlotLine(series_name(trend, one), values_of(trend, one)) for one in trend.series[:MAX_LINES]]
    if quantiles and trend.metric.kind == "distribution" and trend.query.by is None and trend.series:
        lines = [_quantile(trend, trend.series[0], name, share) for name, share in QUANTILES]
    values = [value for line in lines for _, value in line.points if value is not None]
    away = trend.metric.kind == "gauge" and bool(values) and min(values) > FAR_FROM_ZERO * max(values)
    return TrendPlot(lines, trend.query.since, trend.query.until, trend.metric.unit, from_zero=not away)


def series_name(trend: PlottedMetric, series: TrendSeries) -> str:
    """Returns the name of a series: the value of its label, or that of the metric."""
    return trend.metric.name if trend.query.by is None else series.name or NO_NAME


def picture_words(trend: PlottedMetric) -> str:
    """Returns the trend in a sentence, for those who do not see the picture."""
    metric, span = trend.metric, RANGES[trend.query.span].words
    if not trend.series:
        return f"{metric.name} of the last {span}: no values."
    said = [_series_words(trend, one) for one in trend.series[:MAX_LINES]]
    more = len(trend.series) - MAX_LINES
    rest = f"; {more} more series are not drawn" if more > 0 else ""
    return f"{metric.name} of the last {span}: {'; '.join(said)}{rest}."


def _series_words(trend: PlottedMetric, series: TrendSeries) -> str:
    metric, (_, newest) = trend.metric, series.points[-1]
    values = [main_value(metric, tally) for _, tally in series.points]
    least, most, last = (value_words(metric.unit, value) for value in (min(values), max(values), main_value(metric, newest)))
    name = "" if trend.query.by is None else f"{series.name or NO_NAME} "
    return f"{name}from {least} to {most}, last {last}"


def _quantile(trend: PlottedMetric, series: TrendSeries, name: str, share: float) -> PlotLine:
    points = [(at, tally.quantile(share)) for at, tally in series.points]
    return PlotLine(name, with_gaps(points, trend.query.step_s))
