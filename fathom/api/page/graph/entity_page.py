"""The page `/graph/entities/UUID`: an entity, its facts over time, its sentences, its neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from fastapi import HTTPException, Query, Request, Response

from fathom.api.authorization import within
from fathom.api.page.document_page import CHUNKS
from fathom.api.page.figures_in_words import many, number
from fathom.api.page.graph.collection_choice import address
from fathom.api.page.graph.entities_page import entity_address
from fathom.api.page.graph.fact_timeline import FactTimeline, fact_timeline
from fathom.api.page.graph.neighbourhood_picture import NeighbourhoodPicture, neighbourhood_picture
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.routes.document_paths import encoded
from fathom.api.routes.parameters import NamePath, TextParameter
from fathom.api.shared_graph import shared_graph
from fathom.operations.graph.entity_profiles import EntityProfile, PlacedMention, ProfilePages, entity_profile, find_head
from fathom.operations.graph.graph_at_time import parse_moment
from fathom.settings import Settings

MAX_SKIP = 1_000_000
router = page_router()


@dataclass(frozen=True)
class RequestedFacts:
    """The time as of which facts are shown, as given, and whether it is one of the record."""

    at: str = ""
    recorded: bool = False


@dataclass(frozen=True)
class DocumentLine:
    """A document that mentions the entity."""

    name: str
    address: str
    mentions: str


@dataclass(frozen=True)
class MentionLine:
    """A sentence that mentions the entity; `place` is that of its chunk, from 1."""

    sentence: str
    name: str
    document: str
    place: str
    address: str


@dataclass(frozen=True)
class PagesOf:
    """The range that is shown, and the addresses of the pages before and after."""

    shown: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class EntityPage:
    """The whole page."""

    template: ClassVar[str] = "graph/entity.html"
    name: str
    collection: str
    collection_address: str
    types: str
    summary: str
    address: str
    aliases: list[str]
    requested: RequestedFacts
    facts: FactTimeline
    fact_pages: PagesOf
    documents: list[DocumentLine]
    mentions: list[MentionLine]
    mention_pages: PagesOf
    around: NeighbourhoodPicture


@router.get("/graph/entities/{uuid}")
async def entity(
    request: Request,
    caller: Visitor,
    uuid: NamePath,
    at: TextParameter = "",
    basis: Literal["valid", "recorded"] = "valid",
    facts: Annotated[int, Query(ge=0, le=MAX_SKIP)] = 0,
    mentions: Annotated[int, Query(ge=0, le=MAX_SKIP)] = 0,
) -> Response:
    """Returns the page."""
    settings: Settings = request.app.state.settings
    graph = shared_graph(request)
    head = await graph.run(lambda connection: find_head(connection, uuid))
    if head is None:
        raise HTTPException(404, "There is no such entity. It may have been merged with another, or its documents removed.")
    within(caller, head.collection)
    requested = RequestedFacts(at, basis == "recorded")
    moment = parse_moment(at, recorded=requested.recorded) if at else None
    pages = ProfilePages(moment, facts, mentions)
    found = await graph.run(lambda connection: entity_profile(settings, connection, head, pages))
    return html_response(entity_view(found, pages, requested), caller)


def entity_view(found: EntityProfile, pages: ProfilePages, requested: RequestedFacts) -> EntityPage:
    """Returns the page of the profile."""
    head = found.head
    here, basis = entity_address(head.uuid), "recorded" if requested.recorded else None

    def at(facts: int, mentions: int) -> str:
        return address(here, at=requested.at, basis=basis, facts=facts, mentions=mentions)

    def pages_of(start: int, shown: int, total: int, part: str) -> PagesOf:
        def moved(place: int) -> str:
            facts, mentions = (place, pages.mentions_from) if part == "facts" else (pages.facts_from, place)
            return f"{at(facts, mentions)}#{part}"

        words = f"{start + 1:,}–{start + shown:,} of {total:,}" if shown and total > shown else ""
        before = moved(max(0, start - pages.limit)) if start else None
        return PagesOf(words, before, moved(start + shown) if shown and start + shown < total else None)

    return EntityPage(
        name=head.name,
        collection=head.collection,
        collection_address=address("/graph/entities", collection=head.collection),
        types=", ".join(head.types) or "Entity",
        summary=head.summary,
        address=here,
        aliases=[f"{name} ({number(times)})" for name, times in head.names.items()],
        requested=requested,
        facts=fact_timeline(found.facts),
        fact_pages=pages_of(pages.facts_from, len(found.facts), found.facts_total, "facts"),
        documents=[
            DocumentLine(name, f"/documents/{encoded(name)}", many(times, "mention")) for name, times in head.documents.items()
        ],
        mentions=[_mention(one) for one in found.mentions],
        mention_pages=pages_of(pages.mentions_from, len(found.mentions), head.mentions, "mentions"),
        around=neighbourhood_picture(found.neighbourhood),
    )


def _mention(one: PlacedMention) -> MentionLine:
    document = f"/documents/{encoded(one.mention.document)}"
    if one.position is not None:
        page = one.position - one.position % CHUNKS
        document = f"{document}{f'?from={page}' if page else ''}#chunk-{one.position + 1}"
    place = "" if one.position is None else f"chunk {one.position + 1}"
    return MentionLine(one.mention.sentence, one.mention.name or "", one.mention.document, place, document)
