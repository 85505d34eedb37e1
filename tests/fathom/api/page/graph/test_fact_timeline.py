"""The facts of an entity over time: their bars lie where they held, and what ended says so."""

from __future__ import annotations

from datetime import UTC, datetime

from fathom.api.page.graph.fact_timeline import fact_timeline
from fathom.graph.read.entity_profile import EntityFact
from fathom.graph.read.entity_views import FactView


def at(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def fact(begin: datetime | None, end: datetime | None = None, *, retired: datetime | None = None) -> EntityFact:
    view = FactView(
        uuid="f",
        source="a",
        relation="WORKS_FOR",
        target="b",
        fact="A works for B.",
        valid_at=begin,
        invalid_at=end,
        expired_at=end,
        retired_at=retired,
        documents=[f"c/{number}.md" for number in range(7)],
    )
    return EntityFact(view, "b", "B")


def test_bars_share_a_scale_from_the_first_moment_to_the_last() -> None:
    found = fact_timeline([fact(at(2000)), fact(at(2000), at(2010)), fact(at(2010), at(2020))], now=at(2020))
    assert (found.first, found.last) == ("2000", "2020")
    assert [float(one.bar.width[:-1]) for one in found.facts] == [100.0, 50.01, 49.99]
    assert [float(one.bar.left[:-1]) for one in found.facts] == [0.0, 0.0, 50.01]
    assert [one.kind for one in found.facts] == ["holds", "ended", "ended"]


def test_a_fact_is_told_with_its_dates_as_precisely_as_they_are_known() -> None:
    found = fact_timeline([fact(at(1998), at(2004, 5, 6)), fact(None), fact(at(1990), retired=at(2020, 2, 3))], now=at(2026))
    assert [one.when for one in found.facts] == ["from 1998 until 2004-05-06", "since an unknown time", "from 1990"]
    assert [one.ended for one in found.facts] == ["ended", None, "a person retired it on 2020-02-03"]


def test_many_documents_are_named_in_part_and_the_rest_is_counted() -> None:
    [one] = fact_timeline([fact(at(2000))]).facts
    assert ([document.name for document in one.documents][-1], one.more_documents) == ("c/4.md", 2)


def test_facts_of_a_single_moment_have_bars_within_the_scale() -> None:
    [one] = fact_timeline([fact(at(2020))], now=at(2020)).facts
    assert 0 <= float(one.bar.left[:-1]) <= 99
    assert 1 <= float(one.bar.width[:-1]) <= 100
