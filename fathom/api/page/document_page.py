"""The page of a document: status, timeline of stages, checks, chunks with their facts, live log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import within_document
from fathom.api.page.document.chunks_view import PassageFilter, shown
from fathom.api.page.document.document_head import DocumentHead, document_head
from fathom.api.page.document.graph_picture import GraphPicture, picture
from fathom.api.page.document.timeline_bars import StageRow, stages
from fathom.api.page.figures_in_words import STAGES, many
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.routes.document_paths import DocumentId, encoded
from fathom.api.routes.parameters import MAX_PLACE
from fathom.database import open_database
from fathom.errors import FathomError, GraphUnreachable, NotStored
from fathom.ids import split_document_id
from fathom.observability.event_store import Events
from fathom.operations.document_passages import graph_content_of, passages
from fathom.orchestration.materializations import CheckRecord, records_of
from fathom.security.api_keys import Caller
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus, status_of
from fathom.status.liveness import OVER
from fathom.status.stage_times import StageStep, timeline
from fathom.storage.artifacts import open_artifacts

CHUNKS = 20  # of a page
LINES = 300  # of the log that are shown first; a button loads earlier lines

router = page_router()


@dataclass(frozen=True)
class LiveDocument:
    """The parts of the page that show the current status."""

    template: ClassVar[str] = "document/live.html"
    head: DocumentHead
    stages: list[StageRow]


@dataclass(frozen=True)
class DocumentPage:
    """The whole page; `path` is the document's id as a segment of a path, the log starts after `cursor`."""

    template: ClassVar[str] = "document/page.html"
    stage_words: ClassVar[Mapping[str, str]] = STAGES
    document: str
    path: str
    live: LiveDocument
    cursor: int
    followed: bool


@dataclass(frozen=True)
class ChecksPart:
    """The outcomes of the checks, the failed first, or the problem that hides them."""

    template: ClassVar[str] = "document/checks.html"
    checks: Sequence[CheckRecord] = ()
    problem: str | None = None

    @property
    def any_failed(self) -> bool:
        """Returns whether any check failed."""
        return any(not check.passed for check in self.checks)

    @property
    def summary(self) -> str:
        """Returns the outcome in a sentence."""
        failed = sum(not check.passed for check in self.checks)
        return f"{failed} of {many(len(self.checks), 'check')} failed" if failed else f"All {len(self.checks)} passed"


@dataclass(frozen=True)
class FirstPagePart:
    """The picture of the first page; `image` is None before conversion and for a document without pages."""

    template: ClassVar[str] = "document/first_page.html"
    document: str
    image: str | None


@dataclass(frozen=True)
class GraphPart:
    """The picture of the document's part of the graph, nothing for an empty part, or the problem that hides it."""

    template: ClassVar[str] = "document/graph.html"
    picture: GraphPicture | None = None
    problem: str | None = None


@router.get("/documents/{document:path}")
async def document_page(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the page; its script fetches the slower parts."""
    settings, status, found = await _found(request, caller, document)
    cursor = await run_in_threadpool(Events(open_database(settings.operational_url)).before_last, document, LINES)
    live_parts = LiveDocument(document_head(status, caller), stages(found, status))
    followed = status.state not in OVER
    return html_response(DocumentPage(document, encoded(document), live_parts, cursor, followed), caller)


@router.get("/page/document/{document:path}")
async def live(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the parts that show the current status."""
    _, status, found = await _found(request, caller, document)
    return html_response(LiveDocument(document_head(status, caller), stages(found, status)))


@router.get("/page/chunks/{document:path}")
async def chunks(
    request: Request,
    caller: Visitor,
    document: DocumentId,
    start: Annotated[int, Query(alias="from", ge=0, le=MAX_PLACE)] = 0,
    least: Annotated[float, Query(ge=0, le=1)] = 0.0,
) -> Response:
    """Returns a page of chunks, with facts of at least this confidence and facts without a confidence."""
    settings, status, _ = await _found(request, caller, document)
    found = await run_in_threadpool(lambda: passages(settings, document, start=start, limit=CHUNKS))
    return html_response(shown(found, status, PassageFilter(CHUNKS, least)))


@router.get("/page/checks/{document:path}")
async def checks(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the outcomes of the checks."""
    settings, status, _ = await _found(request, caller, document)
    try:
        record = (await run_in_threadpool(records_of, settings, {document: status.run}))[document]
    except FathomError as error:
        return html_response(ChecksPart(problem=f"{error.message} {error.what_to_do}"))
    return html_response(ChecksPart(sorted(record.checks.values(), key=lambda check: check.passed)))


@router.get("/page/picture/{document:path}")
async def first_page(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the picture of the first page, if the document is converted and its format has pages."""
    settings, status, _ = await _found(request, caller, document)
    try:
        await run_in_threadpool(open_artifacts(settings).load_picture, document)
    except NotStored:
        return html_response(FirstPagePart(document, None))
    image = f"/api/documents/{encoded(document)}/preview.png?version={(status.version or '')[:12]}"
    return html_response(FirstPagePart(document, image))


@router.get("/page/graph/{document:path}")
async def graph(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns a picture of the document's part of the graph."""
    settings, _, _ = await _found(request, caller, document)
    try:
        part = await run_in_threadpool(graph_content_of, settings, document)
    except GraphUnreachable as error:
        return html_response(GraphPart(problem=f"{error.message} {error.what_to_do}"))
    collection = split_document_id(document)[0]
    return html_response(GraphPart(await run_in_threadpool(picture, part, collection) if part.entities else None))


async def _found(request: Request, caller: Caller, document: str) -> tuple[Settings, DocumentStatus, list[StageStep]]:
    within_document(caller, document)
    settings: Settings = request.app.state.settings

    def look() -> tuple[DocumentStatus | None, list[StageStep]]:
        return status_of(settings, document), timeline(settings, document)

    status, found = await run_in_threadpool(look)
    if status is None:
        raise HTTPException(404, f"There is no document {document}. It may have been removed.")
    return settings, status, found
