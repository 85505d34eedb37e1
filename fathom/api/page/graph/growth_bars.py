"""Draws the growth of the graph: a small picture of bars, one a day, for each of episodes, mentions and facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fathom.api.page.figures_in_words import many, number
from fathom.operations.graph.graph_stats import GROWTH_DAYS, DayGrowth

WIDTH, HEIGHT = 300.0, 76.0  # of a picture without its words; a phone shows it in its own size
GAP = 2.0  # between bars
MIN_BAR = 2.0  # height of the smallest day
_SERIES = (("Episodes", "episode"), ("Mentions", "mention"), ("Facts", "fact"))


@dataclass(frozen=True)
class DayBar:
    """The bar of a day; coordinates as text."""

    x: str
    y: str
    width: str
    height: str
    title: str


@dataclass(frozen=True)
class GrowthSeries:
    """The bars of a figure, with its sum and its largest day in words."""

    name: str
    total: str
    most: str
    label: str
    bars: list[DayBar]


@dataclass(frozen=True)
class GrowthDay:
    """A day with its figures as text, for a table."""

    day: str
    episodes: str
    mentions: str
    facts: str


@dataclass(frozen=True)
class GrowthBars:
    """The pictures, and their figures as a table; both are empty for a graph that did not grow."""

    width: str
    height: str
    first: str
    last: str
    series: list[GrowthSeries]
    days: list[GrowthDay]


def growth_bars(growth: Sequence[DayGrowth], today: date) -> GrowthBars:
    """Returns the pictures of the days that end today; days without episodes have no bar."""
    first = today - timedelta(days=GROWTH_DAYS - 1)
    shown = [one for one in growth if first <= one.day <= today]
    days = [
        GrowthDay(one.day.isoformat(), number(one.episodes), number(one.mentions), number(one.facts)) for one in reversed(shown)
    ]
    series = [_series(name, noun, shown, first) for name, noun in _SERIES] if shown else []
    return GrowthBars(f"{WIDTH:.0f}", f"{HEIGHT:.0f}", _short(first), _short(today), series, days)


def _series(name: str, noun: str, growth: Sequence[DayGrowth], first: date) -> GrowthSeries:
    figures = [(one.day, int(getattr(one, name.lower()))) for one in growth]
    most_day, most = max(figures, key=lambda figure: figure[1])
    total = sum(figure for _, figure in figures)
    return GrowthSeries(
        name=name,
        total=number(total),
        most=f"most: {number(most)} on {_short(most_day)}",
        label=f"{many(total, noun)} in {GROWTH_DAYS} days, most on {most_day.isoformat()}: {number(most)}",
        bars=[_bar((day - first).days, figure, most, f"{day.isoformat()}: {many(figure, noun)}") for day, figure in figures],
    )


def _bar(place: int, figure: int, most: int, title: str) -> DayBar:
    step = WIDTH / GROWTH_DAYS
    height = max(MIN_BAR, HEIGHT * figure / most) if figure else 0.0
    return DayBar(f"{place * step + GAP / 2:.1f}", f"{HEIGHT - height:.1f}", f"{step - GAP:.1f}", f"{height:.1f}", title)


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
