"""The page `/graph/clear`: what a clear of a collection would delete, and the question that a person has to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page import figures_in_words as words
from fathom.api.page.action_buttons import Confirmation
from fathom.api.page.graph.action_form import ActionForm, body
from fathom.api.page.graph.collection_choice import ChosenCollection, require_role
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.routes.parameters import MAX_COLLECTION
from fathom.errors import UsageWrong
from fathom.operations.graph.clear_graph import CONFIRMATION_CODE, ClearPlan, plan_clear

CLEAR = "/api/neo4j/clear"
router = page_router()


@dataclass(frozen=True)
class ClearPage:
    """The whole page: `counts` of what would go, and the form that deletes it; neither without a known collection."""

    template: ClassVar[str] = "graph/clear.html"
    code: ClassVar[str] = CONFIRMATION_CODE
    collection: str
    fixed: bool
    unknown: str | None
    counts: str
    form: ActionForm | None


@router.get("/graph/clear")
async def clear_question(
    request: Request,
    caller: Visitor,
    chosen: ChosenCollection,
    collection: Annotated[str, Query(max_length=MAX_COLLECTION)] = "",
) -> Response:
    """Returns the page; for admins."""
    require_role(caller, "admin")
    fixed = caller.collection is not None
    if chosen is None:
        return html_response(ClearPage(collection, fixed, None, "", None), caller)
    try:
        plan = await run_in_threadpool(plan_clear, request.app.state.settings, chosen)
    except UsageWrong as error:
        return html_response(ClearPage(chosen, fixed, error.message, "", None), caller)
    return html_response(clear_page(chosen, plan, fixed=fixed), caller)


def clear_page(collection: str, plan: ClearPlan, *, fixed: bool) -> ClearPage:
    """Returns the page of a known collection."""
    figures = ((plan.documents, "document"), (plan.nodes, "node"), (plan.relationships, "relationship"))
    counts = ", ".join(words.many(count, noun) for count, noun in figures)
    says = (
        f"{counts} of {collection} are deleted: its files in the inbox, its converted documents, its chunks, its ledger and "
        "its part of the graph.\nIt is backed up first, and deleted only if that backup restores."
    )
    done = "It was cleared: {documents} documents, {deleted.nodes} nodes. Its backup is {backup_export_id}."
    confirmation = Confirmation(f"Delete all of {collection}?", says, "Delete it", "danger")
    sent = body(collection=collection, confirm=True, backup_first=True)
    return ClearPage(collection, fixed, None, counts, ActionForm("Clear…", "DELETE", CLEAR, confirmation, done, sent))
