"""The page `/graph/entities`: finds entities by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import quote

from fastapi import Query, Request, Response

from fathom.api.page.graph.collection_choice import ChosenCollection, address
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.routes.parameters import TextParameter
from fathom.api.shared_graph import shared_graph
from fathom.graph.read.entity_search import MAX_FOUND, EntitySummary, search_entities

ENTITIES = 50  # of a page
MAX_SUMMARY = 240  # characters
router = page_router()


@dataclass(frozen=True)
class FoundEntity:
    """An entity that was found."""

    name: str
    address: str
    types: str
    collection: str
    summary: str


@dataclass(frozen=True)
class EntitiesPage:
    """The whole page; `fixed` where the key is of a single collection."""

    template: ClassVar[str] = "graph/entities.html"
    text: str
    collection: str | None
    fixed: bool
    said: str
    entities: list[FoundEntity]
    more: str | None


@router.get("/graph/entities")
async def entities(
    request: Request,
    caller: Visitor,
    collection: ChosenCollection,
    q: TextParameter = "",
    skip: Annotated[int, Query(ge=0, le=MAX_FOUND)] = 0,
) -> Response:
    """Returns the page."""
    found = await shared_graph(request).run(
        lambda connection: search_entities(connection, q, collection=collection, skip=skip, limit=ENTITIES + 1)
    )
    return html_response(entities_page(found, q, collection, skip, fixed=caller.collection is not None), caller)


def entities_page(found: Sequence[EntitySummary], text: str, collection: str | None, skip: int, *, fixed: bool) -> EntitiesPage:
    """Returns the page of the entities found after the first `skip`."""
    more = None
    if text and len(found) > ENTITIES and skip + ENTITIES <= MAX_FOUND:
        more = address("/graph/entities", q=text, collection=collection, skip=skip + ENTITIES)
    said = f"Entities of which the name has “{text}”, the best first" if text else "Some entities"
    return EntitiesPage(text, collection, fixed, said, [_found(one) for one in found[:ENTITIES]], more)


def entity_address(uuid: str) -> str:
    """Returns the address of an entity's page."""
    return f"/graph/entities/{quote(uuid, safe='')}"


def _found(one: EntitySummary) -> FoundEntity:
    summary = one.summary if len(one.summary) <= MAX_SUMMARY else one.summary[: MAX_SUMMARY - 1].rstrip() + "…"
    return FoundEntity(one.name, entity_address(one.uuid), ", ".join(one.types) or "Entity", one.collection, summary)
