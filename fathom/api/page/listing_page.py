"""The page `/`: a drop zone and a paginated, live list of documents."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page.listing.listing_filter import ListingFilter, RequestedFilter
from fathom.api.page.listing.listing_view import DropZone, ListingData, ListingPage, live_listing
from fathom.api.page.page_frame import HEADERS, Visitor, html_response, page_router
from fathom.api.routes.parameters import CursorParameter
from fathom.database import open_database
from fathom.ids import DEFAULT_COLLECTION
from fathom.observability.event_store import Events
from fathom.security.api_keys import Caller
from fathom.settings import Settings
from fathom.status.document_status import status_of
from fathom.uploads import listing_queries
from fathom.uploads.paused_collections import ALL, paused
from fathom.uploads.upload import UploadState as S

PAGE = 50

router = page_router()


@router.get("/")
async def documents(request: Request, caller: Visitor, chosen: RequestedFilter) -> Response:
    """Returns the page."""
    settings: Settings = request.app.state.settings
    found = await run_in_threadpool(_look, settings, caller, chosen)
    known = await run_in_threadpool(_collections, settings, caller)
    into = chosen.collection or caller.collection or DEFAULT_COLLECTION
    drop_zone = DropZone(into, fixed=caller.collection is not None) if caller.has("operator") else None
    return html_response(ListingPage(drop_zone, known, chosen, live_listing(chosen, found, caller)), caller)


@router.get("/page/documents")
async def live(request: Request, caller: Visitor, chosen: RequestedFilter, cursor: CursorParameter = 0) -> Response:
    """Returns the live parts of the page; nothing if no event followed the cursor and no shown document is running."""
    settings: Settings = request.app.state.settings
    if cursor and await run_in_threadpool(_is_still, settings, caller, chosen, cursor):
        return Response(status_code=204, headers=HEADERS)
    found = await run_in_threadpool(_look, settings, caller, chosen)
    return html_response(live_listing(chosen, found, caller))


def _is_still(settings: Settings, caller: Caller, chosen: ListingFilter, cursor: int) -> bool:
    engine = open_database(settings.operational_url)
    if Events(engine).end() != cursor:
        return False
    shown = listing_queries.newest(engine, chosen.sought(caller), after=chosen.after, limit=PAGE)
    return all(status.state is not S.RUNNING for status in shown)


def _look(settings: Settings, caller: Caller, chosen: ListingFilter) -> ListingData:
    engine = open_database(settings.operational_url)
    cursor = Events(engine).end()
    sought = chosen.sought(caller)
    found = listing_queries.newest(engine, sought, after=chosen.after, limit=PAGE + 1)
    statuses = [status for upload in found[:PAGE] if (status := status_of(settings, upload.document))]
    return ListingData(
        statuses,
        listing_queries.count_by_state(engine, sought._replace(states=None, in_part=None)),
        listing_queries.count_in_part(engine, sought),
        [pause for name, pause in sorted(paused(engine).items()) if name == ALL or caller.may_see(name)],
        listing_queries.number_before(engine, sought, chosen.after) if chosen.after else 0,
        listing_queries.cursor_after(found[PAGE - 1]) if len(found) > PAGE else None,
        cursor,
    )


def _collections(settings: Settings, caller: Caller) -> list[str]:
    if caller.collection is not None:
        return [caller.collection]
    return sorted({DEFAULT_COLLECTION, *listing_queries.collections(open_database(settings.operational_url))})
