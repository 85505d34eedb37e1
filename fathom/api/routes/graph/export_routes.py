"""Routes that export the graph, and download exports."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi import Path as PathParameter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from fathom.api.authorization import Operator, Reader, unbound, within
from fathom.api.routes.parameters import MAX_COLLECTION, MAX_NAME, TextParameter
from fathom.api.shared_graph import shared_graph
from fathom.errors import FathomError
from fathom.graph.content.graph_records import Selection, ValidityBasis
from fathom.graph.export.graph_export import FORMATS, ZIP, FormatName
from fathom.observability.structured_logging import get_logger
from fathom.operations.graph.graph_exports import GraphExport, begin_export, find_export, make_export
from fathom.security.api_keys import Caller
from fathom.settings import Settings

WAIT_S = 20.0  # for an export to be made; then the answer says that it is running
AT_ONCE = 2  # exports of an API process
MAX_LABELS = 100

router = APIRouter(tags=["graph"])
log = get_logger(__name__)
_running: set[asyncio.Task[GraphExport]] = set()

ExportId = Annotated[str, PathParameter(max_length=MAX_NAME)]


class ExportFilters(BaseModel):
    """The part of the graph to export."""

    model_config = ConfigDict(extra="forbid")

    collection: str | None = Field(None, max_length=MAX_COLLECTION)
    labels: list[TextParameter] = Field(default_factory=list, max_length=MAX_LABELS, description="nodes with any of these")
    at: datetime | None = Field(None, description="facts that held then")
    basis: ValidityBasis = Field("valid", description="by the time in the world, or as it was `recorded` in the graph")
    limit: int | None = Field(None, ge=1, description="maximum number of nodes")
    embeddings: bool = True


class ExportRequest(BaseModel):
    """A format, and the part of the graph to export."""

    model_config = ConfigDict(extra="forbid")

    format: FormatName = "json"
    filters: ExportFilters = Field(default_factory=ExportFilters)


class ExportShown(GraphExport):
    """An export with the address of its download."""

    download_url: str


@router.post("/api/neo4j/export", responses={202: {"description": "It is being made."}})
async def export(request: Request, response: Response, caller: Operator, wanted: ExportRequest) -> ExportShown:
    """Export the graph or a part of it. 200 when it is made, 202 while it is being made: ask for its state until it is done."""
    filters = wanted.filters
    collection = filters.collection or caller.collection
    if collection is None:
        unbound(caller)
    else:
        within(caller, collection)
    selection = Selection(
        collection=collection,
        labels=tuple(filters.labels),
        at=filters.at,
        basis=filters.basis,
        limit=filters.limit,
        embeddings=filters.embeddings,
    )
    if len(_running) >= AT_ONCE:
        raise HTTPException(503, f"{AT_ONCE} exports are being made; ask again.", headers={"Retry-After": "10"})
    await shared_graph(request).run(lambda connection: connection.verify())  # an absent graph is told at once
    settings: Settings = request.app.state.settings
    begun = await run_in_threadpool(begin_export, settings, wanted.format, selection)
    task = asyncio.create_task(run_in_threadpool(make_export, settings, begun, selection))
    _running.add(task)
    task.add_done_callback(_ended)
    done, _ = await asyncio.wait({task}, timeout=WAIT_S)
    if not done:
        response.status_code = 202
    return _shown(task.result() if done else begun)


@router.get("/api/neo4j/export/{export_id}")
async def state(request: Request, caller: Reader, export_id: ExportId) -> ExportShown:
    """Show an export: whether it is made, its size and checksum. 404 if it has expired."""
    return _shown(await _known(request, caller, export_id))


@router.get("/api/neo4j/export/{export_id}/download", response_class=FileResponse)
async def download(request: Request, caller: Reader, export_id: ExportId) -> Response:
    """Download an export. A broken download is continued with `Range` and `If-Range`; the ETag is the checksum.

    409 while it is being made.
    """
    found = await _known(request, caller, export_id)
    if found.state != "done" or found.path is None or found.sha256 is None:
        raise HTTPException(409, found.error or "It is being made; ask again.", headers={"Retry-After": "5"})
    tag = f'"{found.sha256}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    if tag in [known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    known = FORMATS[found.format]
    named = f"{found.collection or 'graph'}-{export_id}{ZIP if known.folder else known.suffix}"
    return FileResponse(Path(found.path), headers=headers, media_type=known.media_type, filename=named)


async def _known(request: Request, caller: Caller, export_id: str) -> GraphExport:
    found = await run_in_threadpool(find_export, request.app.state.settings, export_id)
    if found is None:
        raise HTTPException(404, f"There is no export {export_id}; it may have expired.")
    if found.collection is None:
        unbound(caller)
    else:
        within(caller, found.collection)
    return found


def _shown(found: GraphExport) -> ExportShown:
    url = f"/api/neo4j/export/{quote(found.export_id)}/download"
    shown: dict[str, Any] = found.model_dump()
    return ExportShown(**{**shown, "path": None, "download_url": url})


def _ended(task: asyncio.Task[GraphExport]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        reason = error.message if isinstance(error, FathomError) else str(error)
        log.warning("An export failed", error=type(error).__name__, reason=reason)
