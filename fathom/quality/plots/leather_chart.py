"""Adapts the package leather: a time axis in UTC, dashes, gaps and single points, in light or dark colours."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET  # writes only
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import leather
from leather import theme
from leather.scales import Linear, Scale
from leather.series import Series
from leather.shapes import Line

from fathom.quality.plots.plot_units import ShownUnit, unit_of
from fathom.quality.plots.time_ticks import tick_words, time_ticks
from fathom.quality.plots.trend_plot import MAX_NAME, PlotLine, PlotShade, TrendPlot

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
FONT_SIZE, LETTER_WIDTH, LEGEND_GAP = 12, 7, 8
TICK_EVERY = 70  # pixels
MARGIN = 6.0  # pixels
MAX_VALUE = 1e12  # shown; larger values are divided
_DASHES = (None, "7 3", "2 3", "10 3 2 3", "5 5", "1 4")

# Each line has a contrast of at least 3 with the ground; so that colours need not be told apart, each has its own dashes.
_COLORS: Final[Mapping[PlotShade, Sequence[str]]] = {
    PlotShade.LIGHT: ("#0b6fa4", "#b5622b", "#2b7a3d", "#7d3fa0", "#5c6670", "#b3261e"),
    PlotShade.DARK: ("#62b4e4", "#dd9463", "#6cc080", "#c79be0", "#97a0a8", "#f28b82"),
}
_THEMES: Final[Mapping[PlotShade, Mapping[str, str]]] = {
    PlotShade.LIGHT: {"background_color": "#fff", "tick_color": "#e1e4e6", "zero_color": "#7a828a", "label_color": "#5c6670"},
    PlotShade.DARK: {"background_color": "#1a1e22", "tick_color": "#2c3238", "zero_color": "#97a0a8", "label_color": "#9aa4ad"},
}
_theme_lock = threading.Lock()  # leather's theme belongs to its module, not to a chart


class TimeScale(Scale):  # type: ignore[misc]  # leather is untyped
    """Maps the time of a plot to its width."""

    def __init__(self, since: float, until: float, width: float) -> None:
        self._since, self._span = since, max(until - since, 1.0)
        room = width - 4 * LETTER_WIDTH  # the words of the last tick go beyond it
        self._ticks = time_ticks(since, since + self._span * room / width, max(2, int(width / TICK_EVERY)))

    def contains(self, v: float) -> bool:
        """Returns True: a point that is out of the time is clipped by the picture."""
        return True

    def project(self, value: float, range_min: float, range_max: float) -> float:
        """Returns the place of a time between the two ends."""
        return round(range_min + (range_max - range_min) * (value - self._since) / self._span, 1)

    def ticks(self) -> list[float]:
        """Returns the times with a tick."""
        return self._ticks

    def format_tick(self, value: float, i: int, count: int) -> str:
        """Returns the words of a tick."""
        return tick_words(value, self._span)


class ValueScale(Linear):  # type: ignore[misc]
    """Maps values to the height, with round ticks and short coordinates."""

    def contains(self, v: float | None) -> bool:
        """Returns True: the scale is made of all values."""
        return True

    def project(self, value: float | Decimal, range_min: float, range_max: float) -> float:
        """Returns the place of a value between the two ends."""
        low, high = float(self._ticker.min), float(self._ticker.max)
        return round(range_min + (range_max - range_min) * (float(value) - low) / (high - low), 1)


class TrendLine(Line):  # type: ignore[misc]
    """A line with gaps, in which a point between two gaps is a dot; its legend shows its dashes."""

    def to_svg(self, width: float, height: float, x_scale: Any, y_scale: Any, series: Any, palette: Any) -> ET.Element:
        """Returns the line and its dots."""
        group: ET.Element = super().to_svg(width, height, x_scale, y_scale, series, palette)
        for x, y in _single(series):
            place = {"cx": str(x_scale.project(x, 0, width)), "cy": str(y_scale.project(y, height, 0))}
            group.append(ET.Element("circle", {**place, "r": "2.5", "fill": self._stroke_color}))
        return group

    def legend_to_svg(self, series: Any, palette: Any) -> list[tuple[ET.Element, float]]:
        """Returns a piece of the line with its name."""
        [(group, width)] = super().legend_to_svg(series, palette)
        group.remove(group[0])
        piece = ET.Element("line", {"x1": "-10", "x2": "10", "y1": "-4", "y2": "-4", "stroke": self._stroke_color})
        piece.set("stroke-width", "2.5")
        if self._stroke_dasharray != "none":
            piece.set("stroke-dasharray", self._stroke_dasharray)
        group.insert(0, piece)
        return [(group, width)]


def draw_chart(plot: TrendPlot, pixels: tuple[int, int], shade: PlotShade) -> str:
    """Returns the plot as SVG."""
    lines = plot.drawn
    width, height = pixels[0], pixels[1] + _legend_height(lines, pixels[0])
    values = [value for line in lines for _, value in line.points if value is not None]
    unit = unit_of(plot.unit, max(map(abs, values), default=0.0))
    if values and (most := max(map(abs, values)) / unit.size) > MAX_VALUE:
        unit = ShownUnit(unit.size * 10.0 ** len(f"{most:.0f}"), f"{unit.name} · 10^{len(f'{most:.0f}')}".strip())
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}"})
    root.set("width", str(width))
    root.set("height", str(height))
    with _theme_lock:
        _set_theme(shade, width)
        chart = _chart(plot, lines or [_invisible(plot)], unit, (width, shade))
        drawn: ET.Element = chart.to_svg_group(width, height)
    _move_legend(drawn)
    root.append(drawn)
    return ET.tostring(root, encoding="unicode")


def _chart(plot: TrendPlot, lines: Sequence[PlotLine], unit: ShownUnit, look: tuple[int, PlotShade]) -> leather.Chart:
    chart, (width, shade) = leather.Chart(), look
    colors = _COLORS[shade]
    for place, line in enumerate(lines):
        points = [(at, None if value is None else value / unit.size) for at, value in line.points]
        name = line.name if len(line.name) <= MAX_NAME else line.name[: MAX_NAME - 1] + "…"
        dashes = "4 4" if line.dashed else _DASHES[place % len(_DASHES)]
        shape = TrendLine(colors[place % len(colors)], 1.75, dashes)
        chart.add_series(Series(points, name=_printable(name)), shape)
    low, high = _range(lines, unit, from_zero=plot.from_zero)
    chart.set_x_scale(TimeScale(plot.since, plot.until, width))
    chart.set_y_scale(ValueScale(Decimal(f"{low:.6g}"), Decimal(f"{high:.6g}")))
    chart.add_y_axis(tick_formatter=lambda value, place, count: _tick(float(value), unit))
    return chart


def _legend_height(lines: Sequence[PlotLine], width: int) -> int:
    """Returns the height of the legend's rows after the first; leather adds up the widths of its items in the same way."""
    rows, indent = 1, 0.0
    for line in lines if len(lines) > 1 else ():
        item = (min(len(line.name), MAX_NAME) + 4) * LETTER_WIDTH + theme.legend_bubble_size + theme.legend_bubble_offset
        rows, indent = (rows + 1, item) if indent + item > width else (rows, indent + item)
    return (rows - 1) * (FONT_SIZE + LEGEND_GAP)


def _move_legend(drawn: ET.Element) -> None:
    """Moves the legend to the left edge: leather breaks its rows as if it began there."""
    _ground, margins = drawn
    margins[0].set("transform", "translate(10 0)")


def _range(lines: Sequence[PlotLine], unit: ShownUnit, *, from_zero: bool) -> tuple[float, float]:
    values = [value / unit.size for line in lines for _, value in line.points if value is not None]
    low, high = min(values), max(values)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= 1e-5 * max(abs(low), abs(high)):  # a level line, in the middle of its axis
        away = max(abs(low), abs(high)) / 2 or 0.5
        return (0.0, high + away) if low >= 0 else (low - away, max(0.0, high + away))
    return low, high


def _tick(value: float, unit: ShownUnit) -> str:
    text = f"{value:,.10g}"
    return f"${text}" if unit.name == "$" else f"{text} {unit.name}".rstrip()


def _invisible(plot: TrendPlot) -> PlotLine:
    """Returns a line outside of the picture: leather draws no axes without a series."""
    return PlotLine("", [(plot.since - 10 * (plot.until - plot.since), 1.0), (plot.since - 9 * (plot.until - plot.since), 1.0)])


def _single(series: Any) -> Iterator[tuple[float, float]]:
    """Yields the points that have no neighbour, which a line alone does not show."""
    points = [(datum.x, datum.y) for datum in series.data()]
    for place, (x, y) in enumerate(points):
        before = points[place - 1][1] if place else None
        after = points[place + 1][1] if place + 1 < len(points) else None
        if y is not None and before is None and after is None:
            yield x, y


def _printable(name: str) -> str:
    """Returns the name without characters that XML cannot hold."""
    return "".join(letter if letter.isprintable() and not "\ud800" <= letter <= "\udfff" else "\ufffd" for letter in name)


def _set_theme(shade: PlotShade, width: int) -> None:
    for part in ("title", "legend", "axis_title", "tick"):
        for name, value in (("family", FONT), ("size", FONT_SIZE), ("char_width", LETTER_WIDTH), ("char_height", FONT_SIZE)):
            setattr(theme, f"{part}_font_{name}", value)
    for name, color in _THEMES[shade].items():
        setattr(theme, name, color)
    theme.legend_color = theme.label_color
    theme.legend_gap = LEGEND_GAP
    theme.margin = (MARGIN + FONT_SIZE) / width  # leather takes a share of the width alone
