"""Routes of uploads: upload a file, and read its status, log and metrics."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from fathom.api.authorization import Operator, Reader, within, within_document
from fathom.api.request_guards import content_length
from fathom.api.routes.document_paths import DocumentId, urls
from fathom.api.routes.parameters import MAX_COLLECTION, CursorParameter
from fathom.api.upload_form import FORM, MAX_AROUND, place, receive
from fathom.database import open_database, require_writable
from fathom.errors import StoreFull, UsageWrong
from fathom.ids import DEFAULT_COLLECTION
from fathom.observability.event_store import Events
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus, status_of
from fathom.uploads.document_dates import given_date, note_date
from fathom.uploads.intake import open_intake
from fathom.uploads.priorities import prioritize, validate_priority
from fathom.uploads.upload_batches import record_batch

router = APIRouter(tags=["uploads"])

StageName = Literal["upload", "validation", "docling", "chunking", "graphiti", "system"]
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
LevelName = Literal["debug", "info", "warning", "error"]


class UploadReceipt(BaseModel):
    """The response to an accepted file."""

    upload_id: str = Field(description="the document's id")
    status_url: str
    stream_url: str
    version: str = Field(description="SHA-256 of its bytes")
    size: int = Field(description="bytes")
    batch: str | None = Field(description="id to undo it with; null where nothing is done")
    changed: bool = Field(description="false where the same bytes were there already: nothing is done again")


class LogPage(BaseModel):
    """A page of log lines and the cursor of the next page."""

    lines: list[dict[str, Any]]
    next: int | None = Field(description="the cursor of the next page, where there are more lines now")


class LogQuery(BaseModel):
    """The log lines that a request asks for."""

    since: datetime | None = Field(None, description="The earliest time, ISO 8601.")
    stage: StageName | None = None
    level: LevelName | None = Field(None, description="The least level.")
    cursor: CursorParameter = 0
    limit: int = Field(200, ge=1, le=1000)

    def page_of(self, events: Events, document: str) -> LogPage:
        """Returns the lines of the document that match, in order."""
        found = events.of_document(
            document,
            after=self.cursor,
            since=_seconds(self.since),
            stage=self.stage,
            level=self.level,
            limit=self.limit + 1,
        )
        page = found[: self.limit]
        return LogPage(lines=[record.as_line() for record in page], next=page[-1].id if len(found) > self.limit else None)


class DocumentMetrics(BaseModel):
    """The figures of a document."""

    upload_id: str
    status: str
    durations: dict[str, float | None]
    metrics: dict[str, int | float | None]
    events: dict[str, int] = Field(description="how often each event was said")


@router.post("/api/upload", status_code=202, openapi_extra={"requestBody": FORM})
async def upload(
    request: Request,
    caller: Operator,
    collection: Annotated[
        str | None, Query(max_length=MAX_COLLECTION, description="The form's field of that name wins.")
    ] = None,
) -> UploadReceipt:
    """Upload a file: multipart/form-data with the part `file`, and optionally the fields `collection`, `name`, `priority` and
    `reference_time`, the document's date as in 2021-05-04, from which its facts without a date hold.

    The same bytes under the same name are accepted once. Work starts at once; follow it at `stream_url`.
    """
    settings: Settings = request.app.state.settings
    if request.app.state.closing.is_set():
        raise HTTPException(503, "Fathom is shutting down.", headers={"Retry-After": "10"})
    if (content_length(request) or 0) > settings.max_file_mb * 1024**2 + MAX_AROUND:
        raise HTTPException(413, f"The file has more than {settings.max_file_mb} MB, which is the limit.")
    within(caller, collection or caller.collection or DEFAULT_COLLECTION)
    arrival, form = await receive(request, settings)
    began = time.time()
    try:
        within(caller, form.fields.get("collection") or collection or caller.collection or DEFAULT_COLLECTION)
        priority = _priority(form.fields.get("priority"))
        given = form.fields.get("reference_time")
        date = given_date(given) if given else None
        engine = await run_in_threadpool(open_database, settings.operational_url)
        await run_in_threadpool(require_writable, engine)  # else the file could be in the inbox and its sender be told to retry
        placed = await run_in_threadpool(place, arrival, form, collection or caller.collection)
    finally:
        await run_in_threadpool(arrival.close)
    if priority is not None:
        await run_in_threadpool(prioritize, engine, [placed.document], priority, by=caller.name, now=time.time())
    if date is not None:
        await run_in_threadpool(note_date, engine, placed.document, placed.version, date)
    batch = await run_in_threadpool(record_batch, engine, [placed], began)
    report = await run_in_threadpool(open_intake(settings).take, placed)
    if report.stopped:
        raise StoreFull(report.stopped, document=placed.document)
    request.app.state.launcher.kick(request.state.request_id)
    return UploadReceipt(
        upload_id=placed.document,
        version=placed.version,
        size=placed.size,
        batch=batch if report.accepted else None,
        changed=bool(report.accepted),
        **urls(placed.document),
    )


@router.get("/api/upload/status/{document:path}")
async def status(request: Request, caller: Reader, document: DocumentId) -> DocumentStatus:
    """Status of a document: stage, progress, estimate, durations, figures, error."""
    within_document(caller, document)
    return await known_status(request.app.state.settings, document)


@router.get("/api/upload/{document:path}/logs")
async def logs(request: Request, caller: Reader, document: DocumentId, wanted: Annotated[LogQuery, Query()]) -> LogPage:
    """Log lines of a document, in order."""
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    page = await run_in_threadpool(lambda: wanted.page_of(Events(open_database(settings.operational_url)), document))
    if not page.lines:
        await known_status(settings, document)
    return page


@router.get("/api/upload/{document:path}/metrics")
async def metrics(request: Request, caller: Reader, document: DocumentId) -> DocumentMetrics:
    """Figures of a document and the duration of each stage."""
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    found = await known_status(settings, document)
    since = found.accepted_at.timestamp() - 5.0 if found.accepted_at else 0.0
    events = Events(open_database(settings.operational_url))
    counted = await run_in_threadpool(events.counted, document, since)
    return DocumentMetrics(
        upload_id=document, status=found.status, durations=found.durations, metrics=found.metrics, events=counted
    )


async def known_status(settings: Settings, document: str) -> DocumentStatus:
    """Returns the status of the document. Raises 404 for an unknown document."""
    found = await run_in_threadpool(status_of, settings, document)
    if found is None:
        raise HTTPException(404, f"There is no document {document}. GET /api/documents lists those there are.")
    return found


def _priority(text: str | None) -> int | None:
    """Returns the number in the form's field. Raises UsageWrong for any other text."""
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise UsageWrong("The field priority is not a whole number.")
    return validate_priority(int(text))


def _seconds(when: datetime | None) -> float | None:
    if when is None:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
