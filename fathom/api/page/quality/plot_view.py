"""A plot on a page: the addresses of its picture for wide and narrow windows, light and dark, and what it shows in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fathom.api.page.quality.trend_choice import trend_address
from fathom.operations.plotted_metrics import TrendQuery
from fathom.quality.plots.trend_plot import PIXELS, PlotShade, PlotSize

PHONE, DARK = "(max-width: 46rem)", "(prefers-color-scheme: dark)"
STEADY_S: Final = 30  # pictures asked for within this time are the same


@dataclass(frozen=True)
class PictureSource:
    """A picture for windows of a kind."""

    media: str
    address: str


@dataclass(frozen=True)
class PlotView:
    """A picture with its alternatives."""

    address: str
    sources: list[PictureSource]
    words: str
    width: str
    height: str


def plot_view(query: TrendQuery, words: str, size: PlotSize = PlotSize.WIDE) -> PlotView:
    """Returns the picture of the trend; a tile is the same on each window."""
    dark = [PictureSource(DARK, picture_address(query, size, PlotShade.DARK))]
    if size is PlotSize.WIDE:
        dark = [
            PictureSource(f"{PHONE} and {DARK}", picture_address(query, PlotSize.NARROW, PlotShade.DARK)),
            PictureSource(PHONE, picture_address(query, PlotSize.NARROW, PlotShade.LIGHT)),
            *dark,
        ]
    width, height = PIXELS[size]
    return PlotView(picture_address(query, size, PlotShade.LIGHT), dark, words, f"{width}", f"{height}")


def picture_address(query: TrendQuery, size: PlotSize, shade: PlotShade) -> str:
    """Returns the address of a picture."""
    until = f"{-(-query.until // STEADY_S) * STEADY_S:.0f}"
    return trend_address(f"/quality/plots/{query.name}", query, size=size.value, shade=shade.value, until=until)
