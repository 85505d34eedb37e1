"""Routes of previews: the picture of the first page, and the Markdown of a document."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import Reader, within_document
from fathom.api.routes.document_paths import DocumentId
from fathom.errors import NotStored
from fathom.storage.artifacts import open_artifacts

# A new version changes the preview: browsers cache it and revalidate each time.
CACHED = "private, no-cache"

router = APIRouter(tags=["documents"])


@router.get("/api/documents/{document:path}/preview.png", response_class=Response)
async def picture(request: Request, caller: Reader, document: DocumentId) -> Response:
    """Picture of the first page with its boxes, at most 200 kB. 404 if the format has no pages."""
    within_document(caller, document)
    artifacts = open_artifacts(request.app.state.settings)
    try:
        data = await run_in_threadpool(artifacts.load_picture, document)
    except NotStored as error:
        raise HTTPException(404, f"There is no picture of {document}: it has no pages, or is not converted yet.") from error
    return _cached(request, data, "image/png")


@router.get("/api/documents/{document:path}/preview.md", response_class=Response)
async def markdown(request: Request, caller: Reader, document: DocumentId) -> Response:
    """Markdown of the last conversion. 404 if there is none."""
    within_document(caller, document)
    artifacts = open_artifacts(request.app.state.settings)
    try:
        converted = await run_in_threadpool(artifacts.load_converted, document)
    except NotStored as error:
        raise HTTPException(404, f"{document} is not converted yet.") from error
    return _cached(request, converted.markdown.encode("utf-8", "replace"), "text/markdown; charset=utf-8")


def _cached(request: Request, data: bytes, kind: str) -> Response:
    """Returns the bytes, or 304 if the caller's copy is current."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHED, "X-Content-Type-Options": "nosniff"}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
