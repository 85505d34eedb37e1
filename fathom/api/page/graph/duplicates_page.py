"""The page `/graph/duplicates`: entities that may be the same wait for a person's decision."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page.graph.collection_choice import ChosenCollection, require_role
from fathom.api.page.graph.duplicates_view import DuplicatesPage, duplicates_page
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.operations.graph.curate import list_decisions
from fathom.operations.graph.duplicate_queue import suspected_duplicates
from fathom.security.api_keys import Caller
from fathom.settings import Settings

PAIRS = 20  # of the page
DECISIONS = 50  # among which the last that was not undone is looked for
router = page_router()


@router.get("/graph/duplicates")
async def duplicates(request: Request, caller: Visitor, collection: ChosenCollection) -> Response:
    """Returns the page; for operators, of whom admins decide."""
    require_role(caller, "operator")
    return html_response(await run_in_threadpool(_look, request.app.state.settings, collection, caller), caller)


def _look(settings: Settings, collection: str | None, caller: Caller) -> DuplicatesPage:
    queue = suspected_duplicates(settings, collection, PAIRS)
    return duplicates_page(queue, list_decisions(settings, collection, DECISIONS), collection, caller)
