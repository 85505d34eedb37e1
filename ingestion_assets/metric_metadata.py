"""Metadata of the main metrics for Dagster's UI: figures to plot, a table, and pictures of trends."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from fathom.operations.plotted_metrics import PlottedMetric


def figure_of(trend: PlottedMetric) -> float | None:
    """Returns the figure of the whole time: a sum, a mean or a median; None without values."""
    from fathom.operations.plotted_metrics import main_value

    value = math.nan if trend.total is None else main_value(trend.metric, trend.total)
    return round(value, 6) if math.isfinite(value) else None


def trend_pictures(trends: Sequence[PlottedMetric]) -> dg.MetadataValue:
    """Returns the pictures of the trends that have values, as Markdown."""
    return dg.MetadataValue.md("\n\n".join(_picture(trend) for trend in trends if trend.series) or "*No values.*")


def _picture(trend: PlottedMetric) -> str:
    """Returns the trend as Markdown with the picture in the address, which Dagster's pages allow."""
    from fathom.operations.metric_pictures import draw_trend, picture_words
    from fathom.quality.plots.trend_plot import PlotSize

    picture = base64.b64encode(draw_trend(trend, PlotSize.TILE).encode()).decode()
    return f"**{trend.metric.name}**: {trend.metric.meaning}\n\n![{picture_words(trend)}](data:image/svg+xml;base64,{picture})"


def figures_table(days: Sequence[PlottedMetric], weeks: Sequence[PlottedMetric]) -> dg.MetadataValue:
    """Returns the figures of the last day and week as a table of the metrics that have any."""
    records = [
        dg.TableRecord({"metric": day.metric.name, "unit": day.metric.unit, "day": figure_of(day), "week": figure_of(week)})
        for day, week in zip(days, weeks, strict=True)
        if week.series
    ]
    columns = [dg.TableColumn(name, "string") for name in ("metric", "unit")] + [
        dg.TableColumn(name, "float") for name in ("day", "week")
    ]
    return dg.MetadataValue.table(records=records, schema=dg.TableSchema(columns=columns))
