"""The page `/graph/backups`: the backups with their proofs, for callers of all collections."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import unbound
from fathom.api.page.graph.backups_view import BackupsPage, backups_page
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.database import open_database
from fathom.errors import FathomError
from fathom.operations.graph.graph_backups import open_catalog
from fathom.security.api_keys import Caller
from fathom.settings import Settings
from fathom.uploads import listing_queries

MAX_SKIP = 1_000_000
router = page_router()


@router.get("/graph/backups")
async def backups(request: Request, caller: Visitor, skip: Annotated[int, Query(ge=0, le=MAX_SKIP)] = 0) -> Response:
    """Returns the page."""
    unbound(caller)
    return html_response(await run_in_threadpool(_look, request.app.state.settings, caller, skip), caller)


def _look(settings: Settings, caller: Caller, skip: int) -> BackupsPage:
    try:
        found = open_catalog(settings).backups()
    except FathomError as error:
        return BackupsPage(f"The backups cannot be listed: {error.message} {error.what_to_do}".strip(), "", None, [], None)
    known = sorted(listing_queries.collections(open_database(settings.operational_url)))
    return backups_page(found, known, caller, skip)
