"""Routes that list, show, remove, retry and cancel documents."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from fathom.api.authorization import Admin, Operator, Reader, unbound, within, within_document
from fathom.api.routes.document_paths import DocumentId
from fathom.api.routes.parameters import MAX_STATES, CollectionQuery, LastId
from fathom.api.routes.upload_routes import known_status
from fathom.database import open_database
from fathom.errors import Refused, UsageWrong
from fathom.observability.structured_logging import emit
from fathom.operations.cancel import cancel as cancel_document
from fathom.operations.document_rows import DocumentRow, Listing, documents_by_id, list_documents
from fathom.operations.removal_receipt import Receipt
from fathom.operations.remove import InHandNow
from fathom.operations.remove import remove as remove_document
from fathom.operations.restorable_copies import RestoredDocument, restore_removed
from fathom.operations.retry_documents import restore
from fathom.operations.retry_documents import retry as again
from fathom.operations.retry_documents import retry_failed as again_all
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus
from fathom.uploads.priorities import MAX_PRIORITY, MIN_PRIORITY
from fathom.uploads.priorities import prioritize as set_priority
from fathom.uploads.upload import UploadState

router = APIRouter(tags=["documents"])


class DocumentShown(BaseModel):
    """A document: its row and its status."""

    document: DocumentRow
    status: DocumentStatus


class Retried(BaseModel):
    """The retried documents."""

    retried: list[str] = Field(description="their ids")


@router.get("/api/documents")
async def documents(
    request: Request,
    caller: Reader,
    collection: CollectionQuery = None,
    state: Annotated[list[UploadState] | None, Query(max_length=MAX_STATES, description="Only in these states.")] = None,
    cursor: LastId = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Listing:
    """List documents, ordered by id, with their figures."""
    if collection is not None:
        within(caller, collection)
    wanted = collection or caller.collection
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(lambda: list_documents(settings, collection=wanted, states=state, after=cursor, limit=limit))


@router.post("/api/documents/retry-failed", status_code=202)
async def retry_failed(request: Request, caller: Operator, collection: CollectionQuery = None) -> Retried:
    """Retry all failed and rejected documents, or those of a collection."""
    if collection is None and caller.collection is None:
        unbound(caller)
    wanted = collection or caller.collection
    if wanted is not None:
        within(caller, wanted)
    retried = await run_in_threadpool(again_all, request.app.state.settings, wanted)
    for document in retried:
        emit("upload.retried", "Somebody asked for another try", document=document, by=caller.name)
    request.app.state.launcher.kick(request.state.request_id)
    return Retried(retried=retried)


@router.post("/api/documents/{document:path}/retry", status_code=202)
async def retry(request: Request, caller: Operator, document: DocumentId) -> DocumentStatus:
    """Retry a document that failed, was rejected, cancelled or done in part. 409 for any other.

    A document that is done and whose partition was deleted in Dagster gets its partition back instead.
    """
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    if not await run_in_threadpool(again, settings, document):
        if await run_in_threadpool(restore, settings, document):
            return await known_status(settings, document)
        found = await known_status(settings, document)
        raise HTTPException(409, f"It is {found.state}, so there is nothing to try again.")
    emit("upload.retried", "Somebody asked for another try", document=document, by=caller.name)
    request.app.state.launcher.kick(request.state.request_id)
    return await known_status(settings, document)


@router.post("/api/documents/{document:path}/cancel")
async def cancel(request: Request, caller: Operator, document: DocumentId) -> DocumentStatus:
    """Cancel the work on a document within two seconds; `retry` resumes it. 409 if it has ended."""
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    if not await run_in_threadpool(lambda: cancel_document(settings, document, by=caller.name)):
        found = await known_status(settings, document)
        raise HTTPException(409, f"It is {found.state}, so there is nothing to cancel.")
    return await known_status(settings, document)


class Urgency(BaseModel):
    """The priority of a document."""

    priority: int = Field(ge=MIN_PRIORITY, le=MAX_PRIORITY, description="the higher is first; 0 is usual")


@router.post("/api/documents/{document:path}/priority")
async def prioritize(request: Request, caller: Operator, document: DocumentId, wanted: Urgency) -> DocumentStatus:
    """Set the priority of a document, which counts from its next run on; no run is stopped for it."""
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    await known_status(settings, document)
    engine = open_database(settings.operational_url)
    await run_in_threadpool(set_priority, engine, [document], wanted.priority, by=caller.name, now=time.time())
    emit("upload.prioritized", "It was given a priority", document=document, priority=wanted.priority, by=caller.name)
    return await known_status(settings, document)


@router.post("/api/documents/{document:path}/restore")
async def bring_back(request: Request, caller: Admin, document: DocumentId) -> RestoredDocument:
    """Bring a removed document back while a copy of it is kept. 404 where none is, 409 where a document has its id again."""
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    try:
        return await run_in_threadpool(lambda: restore_removed(settings, document, by=caller.name))
    except UsageWrong as error:
        raise HTTPException(404, f"{error.message} {error.what_to_do}") from error
    except Refused as error:
        raise HTTPException(409, f"{error.message} {error.what_to_do}") from error


@router.get("/api/documents/{document:path}")
async def document(request: Request, caller: Reader, document: DocumentId) -> DocumentShown:
    """Show a document in full."""
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    status = await known_status(settings, document)
    rows = await run_in_threadpool(documents_by_id, settings, [document])
    return DocumentShown(document=rows[0], status=status)


@router.delete("/api/documents/{document:path}")
async def remove(
    request: Request,
    caller: Admin,
    document: DocumentId,
    forget: Annotated[bool, Query(description="Keep no copy to bring it back from.")] = False,
) -> Receipt:
    """Remove a document from graph, inbox, store and list; returns the receipt, which is kept. 409 during a run.

    A copy is kept for some days, from which it can be brought back, unless it is to be forgotten.
    """
    within_document(caller, document)
    settings: Settings = request.app.state.settings
    try:
        receipt = await run_in_threadpool(lambda: remove_document(settings, document, by=caller.name, forget=forget))
    except InHandNow as error:
        raise HTTPException(409, f"{error.message} {error.what_to_do}") from error
    if receipt is None:
        raise HTTPException(404, f"There is no document {document}.")
    return receipt
