"""The page `/`: a drop zone and a paginated, live list of documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import within
from fathom.api.page import steps
from fathom.api.page.dropping import drop
from fathom.api.page.figures_in_words import MOVING, STATES, many
from fathom.api.page.html_markup import Child, Markup, join, tag
from fathom.api.page.page_frame import HEADERS, Visitor, page, page_router, parts
from fathom.api.page.table_rows import table
from fathom.api.routes.document_paths import MAX_LENGTH
from fathom.api.routes.parameters import MAX_COLLECTION, MAX_NAME, CursorParameter
from fathom.database import open_database
from fathom.ids import DEFAULT_COLLECTION
from fathom.observability.event_store import Events
from fathom.security.api_keys import Caller
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus, status_of
from fathom.uploads import listing_queries
from fathom.uploads.listing_queries import DocumentFilter, PageCursor
from fathom.uploads.paused_collections import ALL, Pause, paused
from fathom.uploads.upload import UploadState as S

PAGE = 50
GROUPS: Mapping[str, tuple[str, tuple[S, ...]]] = {
    "waiting": ("Waiting", (S.ACCEPTED, S.SUBMITTED)),
    "working": ("Working", (S.RUNNING,)),
    "done": ("Done", (S.DONE,)),
    "failed": ("Failed", (S.FAILED, S.REJECTED, S.REFUSED)),
}

IN_PART = "partial"  # a subgroup of the done documents

router = page_router()


@dataclass(frozen=True)
class ListingView:
    """The filters of a listing and the place where its page starts."""

    collection: str | None = None
    group: str | None = None
    text: str = ""
    after: PageCursor | None = None

    def sought(self, caller: Caller) -> DocumentFilter:
        """Returns the filter, restricted to documents that the caller may see."""
        states = GROUPS[self.group][1] if self.group and self.group != IN_PART else None
        return DocumentFilter(self.collection or caller.collection, states, self.text or None, self.group == IN_PART)

    def address(self) -> str:
        """The address of the view."""
        given = {
            "collection": self.collection,
            "state": self.group,
            "q": self.text,
            "after": f"{self.after.at!r}/{self.after.document}" if self.after else None,
        }
        query = urlencode({name: value for name, value in given.items() if value})
        return f"/?{query}" if query else "/"


@dataclass(frozen=True)
class ListingData:
    """The data of a listing."""

    statuses: list[DocumentStatus]
    counts: Mapping[str, int]
    in_part: int
    pauses: list[Pause]
    before: int
    more: PageCursor | None
    cursor: int

    def total(self, group: str | None) -> int:
        """Returns the number of documents in a group, or of all."""
        if group == IN_PART:
            return self.in_part
        return sum(self.counts.get(state, 0) for state in (GROUPS[group][1] if group else S))


@router.get("/")
async def documents(
    request: Request,
    caller: Visitor,
    collection: Annotated[str, Query(max_length=MAX_COLLECTION)] = "",
    state: Annotated[str, Query(max_length=MAX_NAME)] = "",
    q: Annotated[str, Query(max_length=MAX_NAME)] = "",
    after: Annotated[str, Query(max_length=MAX_LENGTH)] = "",
) -> Response:
    """Returns the page."""
    settings: Settings = request.app.state.settings
    view = _view(caller, collection, state, q, after)
    looked = await run_in_threadpool(_look, settings, caller, view)
    known = await run_in_threadpool(_collections, settings, caller)
    return page(
        "Documents",
        tag("h1", "Documents", class_="unseen"),
        drop(view.collection or caller.collection, known, fixed=caller.collection is not None)
        if caller.has("operator")
        else None,
        _filters(view, known),
        *_live(view, looked, caller),
        tag("noscript", tag("p", "Without JavaScript this page shows the present state only: reload it to see more.")),
        caller=caller,
        settings=settings,
        script="documents.js",
    )


@router.get("/page/documents")
async def live(
    request: Request,
    caller: Visitor,
    collection: Annotated[str, Query(max_length=MAX_COLLECTION)] = "",
    state: Annotated[str, Query(max_length=MAX_NAME)] = "",
    q: Annotated[str, Query(max_length=MAX_NAME)] = "",
    after: Annotated[str, Query(max_length=MAX_LENGTH)] = "",
    cursor: CursorParameter = 0,
) -> Response:
    """Returns the live parts of the page; nothing if no event followed the cursor and no shown document is running."""
    settings: Settings = request.app.state.settings
    view = _view(caller, collection, state, q, after)
    if cursor and await run_in_threadpool(_is_still, settings, caller, view, cursor):
        return Response(status_code=204, headers=HEADERS)
    return parts(*_live(view, await run_in_threadpool(_look, settings, caller, view), caller))


def _view(caller: Caller, collection: str, state: str, text: str, after: str) -> ListingView:
    if collection:
        within(caller, collection)
    if state and state not in (*GROUPS, IN_PART):
        raise HTTPException(400, f"There is no such state; there are {', '.join((*GROUPS, IN_PART))}.")
    place = None
    if after:
        at, _, document = after.partition("/")
        try:
            place = PageCursor(float(at), document)
        except ValueError as error:
            raise HTTPException(400, "This address is damaged: it does not say where the page starts.") from error
    return ListingView(collection or None, state or None, text.strip(), place)


def _is_still(settings: Settings, caller: Caller, view: ListingView, cursor: int) -> bool:
    engine = open_database(settings.operational_url)
    if Events(engine).end() != cursor:
        return False
    shown = listing_queries.newest(engine, view.sought(caller), after=view.after, limit=PAGE)
    return all(status.state is not S.RUNNING for status in shown)


def _look(settings: Settings, caller: Caller, view: ListingView) -> ListingData:
    engine = open_database(settings.operational_url)
    cursor = Events(engine).end()
    sought = view.sought(caller)
    found = listing_queries.newest(engine, sought, after=view.after, limit=PAGE + 1)
    statuses = [status for upload in found[:PAGE] if (status := status_of(settings, upload.document))]
    return ListingData(
        statuses,
        listing_queries.count_by_state(engine, sought._replace(states=None, in_part=None)),
        listing_queries.count_in_part(engine, sought),
        [pause for name, pause in sorted(paused(engine).items()) if name == ALL or caller.may_see(name)],
        listing_queries.number_before(engine, sought, view.after) if view.after else 0,
        listing_queries.cursor_after(found[PAGE - 1]) if len(found) > PAGE else None,
        cursor,
    )


def _collections(settings: Settings, caller: Caller) -> list[str]:
    if caller.collection is not None:
        return [caller.collection]
    return sorted({DEFAULT_COLLECTION, *listing_queries.collections(open_database(settings.operational_url))})


def _live(view: ListingView, looked: ListingData, caller: Caller) -> list[Child]:
    """Returns the parts that the script replaces, each with its id."""
    now = datetime.now(UTC)
    return [
        _counts(view, looked, caller),
        _pauses(looked, caller),
        table(looked.statuses, now) if looked.statuses else _nothing(view),
        _paging(view, looked),
        _said(looked),
    ]


def _filters(view: ListingView, known: list[str]) -> Markup:
    options = [
        tag("option", "all", value=""),
        *(tag("option", name, value=name, selected=name == view.collection) for name in known),
    ]
    return tag(
        "form",
        tag("label", "Collection", tag("select", *options, name="collection", id="only")),
        tag("input", type="hidden", name="state", value=view.group) if view.group else None,
        tag("label", "Name", tag("input", type="search", name="q", value=view.text, maxlength=200)),
        tag("button", "Show"),
        method="get",
        action="/",
        class_="filters",
        role="search",
        aria_label="Choose documents",
    )


def _counts(view: ListingView, looked: ListingData, caller: Caller) -> Markup:
    here = replace(view, after=None)
    groups: list[tuple[str | None, str]] = [(None, "All"), *((name, group[0]) for name, group in GROUPS.items())]
    if looked.in_part or view.group == IN_PART:
        groups.append((IN_PART, STATES[IN_PART]))
    links = [
        tag(
            "a",
            tag("span", word, class_=f"dot {group or 'all'}"),
            " ",
            tag("b", f"{looked.total(group):,}"),
            href=replace(here, group=group).address(),
            aria_current="page" if group == view.group else None,
        )
        for group, word in groups
    ]
    actions: list[Child] = []
    if caller.has("operator"):
        scope = view.collection or caller.collection
        failed = looked.counts.get(S.FAILED, 0)
        if failed + looked.in_part and not view.text:
            actions.append(steps.retry_failed(scope, failed, looked.in_part))
        if (scope or ALL) not in {pause.collection for pause in looked.pauses}:
            actions.append(steps.pause(scope))
    return tag(
        "nav", tag("div", *links, class_="groups"), tag("div", *actions, class_="actions"), id="counts", aria_label="State"
    )


def _pauses(looked: ListingData, caller: Caller) -> Markup:
    lines = []
    for pause in looked.pauses:
        what = "Everything" if pause.collection == ALL else f"The collection {pause.collection}"
        by = f" by {pause.paused_by}" if pause.paused_by else ""
        may = caller.has("operator") and (pause.collection != ALL or caller.collection is None)
        resume = steps.resume(pause.collection) if may else None
        lines.append(
            tag(
                "p",
                f"{what} is paused{by}{f': {pause.reason}' if pause.reason else ''}. ",
                resume if may else None,
                class_="notice",
            )
        )
    return tag("div", *lines, id="pauses")


def _nothing(view: ListingView) -> Markup:
    if view.group or view.text or view.collection:
        message = join("Nothing here is like that. ", tag("a", "Show all documents", href="/"))
    else:
        message = join("No documents yet. Drop a PDF, an office file, a web page, an e-mail, a scan or text on this page.")
    return tag("div", tag("p", message, class_="empty"), id="documents")


def _paging(view: ListingView, looked: ListingData) -> Markup:
    first, last, total = looked.before + 1, looked.before + len(looked.statuses), looked.total(view.group)
    newest = tag("a", "Newest", href=replace(view, after=None).address(), rel="first") if view.after else None
    older = tag("a", "Older", href=replace(view, after=looked.more).address(), rel="next") if looked.more else None
    range_shown = f"{first:,}–{last:,} of {many(total, 'document')}" if looked.statuses else ""
    return tag("nav", tag("span", range_shown), newest, older, id="paging", aria_label="Pages")


def _said(looked: ListingData) -> Markup:
    """Returns the live text for screen readers, with the cursor for the script."""
    moving = sum(status.state in MOVING for status in looked.statuses)
    counts = ", ".join(f"{looked.total(group):,} {word.lower()}" for group, (word, _) in GROUPS.items())
    return tag("p", counts, id="said", class_="unseen", role="status", data_cursor=looked.cursor, data_moving=moving or None)
