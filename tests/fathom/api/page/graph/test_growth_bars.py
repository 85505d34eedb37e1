"""The growth of the graph in bars: a place for each of the last thirty days, and a height in proportion."""

from __future__ import annotations

from datetime import date, timedelta

from fathom.api.page.graph.growth_bars import growth_bars
from fathom.operations.graph.graph_stats import DayGrowth

TODAY = date(2026, 11, 30)


def day(ago: int, episodes: int, facts: int = 0) -> DayGrowth:
    return DayGrowth(day=TODAY - timedelta(days=ago), episodes=episodes, mentions=0, facts=facts)


def test_a_bar_stands_on_its_day_in_proportion_to_the_largest() -> None:
    found = growth_bars([day(29, 10), day(0, 40)], TODAY)
    episodes = found.series[0]
    assert [(bar.x, bar.height) for bar in episodes.bars] == [("1.0", "19.0"), ("291.0", "76.0")]
    assert (episodes.total, episodes.most) == ("50", "most: 40 on 30 Nov")
    assert episodes.bars[0].title == "2026-11-01: 10 episodes"
    assert (found.first, found.last) == ("1 Nov", "30 Nov")


def test_a_small_day_is_seen_and_a_day_of_nothing_is_not() -> None:
    facts = growth_bars([day(2, 1, 100_000), day(1, 1, 1), day(0, 1, 0)], TODAY).series[2]
    assert [bar.height for bar in facts.bars] == ["76.0", "2.0", "0.0"]


def test_the_table_has_the_same_figures_newest_first_and_no_older_day() -> None:
    found = growth_bars([day(31, 9), day(3, 1_000, 2), day(1, 5)], TODAY)
    assert [(one.day, one.episodes, one.facts) for one in found.days] == [
        ("2026-11-29", "5", "0"),
        ("2026-11-27", "1,000", "2"),
    ]
    assert growth_bars([], TODAY).series == []
