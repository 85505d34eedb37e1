"""The page of an entity: sentences lead to the chunk they are of, and each part is paged through without losing the other."""

from __future__ import annotations

from datetime import UTC, datetime

from fathom.api.page.graph.entity_page import EntityPage, RequestedFacts, entity_view
from fathom.graph.read.entity_profile import EntityFact, EntityHead
from fathom.graph.read.entity_views import FactView, MentionView
from fathom.graph.read.graph_at_time import Moment
from fathom.graph.read.neighbourhood import Neighbourhood
from fathom.operations.graph.entity_profiles import EntityProfile, PlacedMention, ProfilePages

FACT = FactView(
    uuid="f",
    source="Ada",
    relation="MET",
    target="Bo",
    fact="Ada met Bo.",
    valid_at=None,
    invalid_at=None,
    expired_at=None,
    retired_at=None,
    documents=[],
)


def page(pages: ProfilePages, requested: RequestedFacts, *, facts: int, places: list[int | None]) -> EntityPage:
    head = EntityHead("e", "c", "Ada", [], "", {"Ada": 1_234}, {"c/a b.md": 2}, mentions=130, facts=facts)
    mention = MentionView(episode="p", document="c/a b.md", name="Ada", type=None, sentence="Ada met Bo.")
    shown = min(facts - pages.facts_from, pages.limit)
    profile = EntityProfile(
        head,
        facts,
        [EntityFact(FACT, "b", "Bo")] * shown,
        [PlacedMention(mention, place) for place in places],
        Neighbourhood([], []),
    )
    return entity_view(profile, pages, requested)


def test_a_sentence_leads_to_its_chunk_on_the_page_of_chunks_that_has_it() -> None:
    found = page(ProfilePages(), RequestedFacts(), facts=1, places=[0, 19, 20, 45, None])
    assert [one.address.removeprefix("/documents/c%2Fa%20b.md") for one in found.mentions] == [
        "#chunk-1",
        "#chunk-20",
        "?from=20#chunk-21",
        "?from=40#chunk-46",
        "",
    ]
    assert [one.place for one in found.mentions][-2:] == ["chunk 46", ""]
    assert found.aliases == ["Ada (1,234)"]


def test_paging_through_facts_keeps_the_day_and_the_page_of_sentences() -> None:
    moment = Moment(datetime(2001, 5, 4, tzinfo=UTC), "recorded")
    found = page(ProfilePages(moment, 50, 100), RequestedFacts("2001-05-04", True), facts=120, places=[0] * 30)
    assert found.fact_pages.shown == "51–100 of 120"
    kept = "at=2001-05-04&basis=recorded"
    assert found.fact_pages.before == f"/graph/entities/e?{kept}&mentions=100#facts"
    assert found.fact_pages.after == f"/graph/entities/e?{kept}&facts=100&mentions=100#facts"
    assert found.mention_pages.before == f"/graph/entities/e?{kept}&facts=50&mentions=50#mentions"
    assert found.mention_pages.after is None


def test_what_fits_on_one_page_has_no_paging() -> None:
    found = page(ProfilePages(), RequestedFacts(), facts=3, places=[0] * 50)
    assert (found.fact_pages.shown, found.fact_pages.before, found.fact_pages.after) == ("", None, None)
    assert (found.mention_pages.shown, found.mention_pages.after) == ("1–50 of 130", "/graph/entities/e?mentions=50#mentions")
