"""Draws lines over time as a picture (SVG) in light or dark colours, wide or for a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_LINES = 6
MAX_NAME = 28  # characters in the legend


class PlotShade(StrEnum):
    """The colours of a picture."""

    LIGHT = "light"
    DARK = "dark"


class PlotSize(StrEnum):
    """The size of a picture; its words have the same size on each."""

    WIDE = "wide"
    NARROW = "narrow"
    TILE = "tile"


PIXELS = {PlotSize.WIDE: (1000, 320), PlotSize.NARROW: (340, 240), PlotSize.TILE: (290, 120)}


@dataclass(frozen=True)
class PlotLine:
    """A named line; a value of None is a gap. A `dashed` line is a limit, no measurement."""

    name: str
    points: Sequence[tuple[float, float | None]]
    dashed: bool = False

    @property
    def has_values(self) -> bool:
        """Whether any point has a value."""
        return any(value is not None for _, value in self.points)


@dataclass(frozen=True)
class TrendPlot:
    """Lines over a time.

    Attributes:
        lines: in the order of the legend; those beyond MAX_LINES are not drawn.
        since: begin of the time axis, in seconds since 1970.
        until: its end.
        unit: of the values: `bytes`, `s`, `USD`, or any word.
        from_zero: whether the axis of values holds zero.
    """

    lines: Sequence[PlotLine]
    since: float
    until: float
    unit: str = ""
    from_zero: bool = True

    @property
    def drawn(self) -> list[PlotLine]:
        """The lines that are drawn."""
        return [line for line in self.lines if line.has_values][:MAX_LINES]


def draw_plot(plot: TrendPlot, size: PlotSize = PlotSize.WIDE, shade: PlotShade = PlotShade.LIGHT) -> str:
    """Returns the picture as SVG that refers to nothing else; without values, axes alone."""
    from fathom.quality.plots.leather_chart import draw_chart  # leather and its XML are loaded when first used

    return draw_chart(plot, PIXELS[size], shade)
