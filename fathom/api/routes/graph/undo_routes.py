"""The route that undoes writes of documents."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from fathom.api.authorization import Admin, within
from fathom.api.shared_graph import shared_graph
from fathom.errors import UsageWrong
from fathom.operations.graph.undo_writes import UndoReport, UndoTarget, collections_of, plan_undos, require_known, undo_writes
from fathom.operations.remove import InHandNow
from fathom.settings import Settings
from fathom.uploads.inbox.upload_stream import MAX_ID_BYTES

router = APIRouter(tags=["graph"])


class UndoRequest(BaseModel):
    """Names what to undo: exactly one of a run, an upload and a document."""

    model_config = ConfigDict(extra="forbid")

    run: str | None = Field(None, max_length=100, description="a run of Dagster: all that it wrote")
    upload: str | None = Field(None, max_length=100, description="a batch that an upload or `fathom ingest` named")
    document: str | None = Field(None, max_length=MAX_ID_BYTES, description="a document: its last version")
    dry_run: bool = Field(False, description="show what it would do, and change nothing")
    confirm: bool = Field(False, description="required unless `dry_run`")


@router.post("/api/neo4j/undo")
async def undo(request: Request, caller: Admin, wanted: UndoRequest) -> UndoReport:
    """Undo what a run, an upload or the last version of a document wrote. 409 while a run has the document in hand.

    404 where nothing is known of it. Documents of a run or an upload that are in hand are left, and listed as refused.
    """
    settings: Settings = request.app.state.settings
    target = UndoTarget(wanted.run, wanted.upload, wanted.document)
    if not wanted.confirm and not wanted.dry_run:
        raise HTTPException(400, "This needs `confirm`: true. `dry_run` shows what it would do.")
    try:
        for collection in await run_in_threadpool(collections_of, settings, target):
            within(caller, collection)
        if wanted.dry_run:
            return await run_in_threadpool(plan_undos, settings, target)
        await run_in_threadpool(require_known, settings, target)
        await shared_graph(request).require()
        return await run_in_threadpool(lambda: undo_writes(settings, target, by=caller.name))
    except UsageWrong as error:
        raise HTTPException(404, f"{error.message} {error.what_to_do}") from error
    except InHandNow as error:
        raise HTTPException(409, f"{error.message} {error.what_to_do}") from error
