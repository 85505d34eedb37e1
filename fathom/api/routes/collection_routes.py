"""Routes that pause and resume collections."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from fathom.api.authorization import Operator, Reader, unbound, within
from fathom.api.routes.parameters import MAX_NAME, CollectionPath
from fathom.database import open_database
from fathom.ids import collection_name
from fathom.operations.pause_collections import pause as pause_collection
from fathom.operations.pause_collections import resume as resume_collection
from fathom.settings import Settings
from fathom.uploads import paused_collections
from fathom.uploads.paused_collections import ALL, Pause

router = APIRouter(tags=["collections"])


class Pauses(BaseModel):
    """The paused collections, with reasons."""

    paused: list[Pause]


@router.get("/api/pauses")
async def pauses(request: Request, caller: Reader) -> Pauses:
    """List paused collections; `*` stands for every collection."""
    found = await run_in_threadpool(paused_collections.paused, open_database(request.app.state.settings.operational_url))
    return Pauses(paused=[pause for name, pause in found.items() if name == ALL or caller.may_see(name)])


@router.post("/api/collections/{collection}/pause")
async def pause(
    request: Request, caller: Operator, collection: CollectionPath, reason: Annotated[str, Query(max_length=MAX_NAME)] = ""
) -> Pause:
    """Pause a collection (`*`: all): no run starts until it is resumed; current runs finish."""
    _may(caller, collection)
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(lambda: pause_collection(settings, collection, reason=reason, by=caller.name))


@router.post("/api/collections/{collection}/resume")
async def resume(request: Request, caller: Operator, collection: CollectionPath) -> Pauses:
    """Resume a collection (`*`: end the pause of all); returns the remaining pauses."""
    _may(caller, collection)
    settings: Settings = request.app.state.settings
    if await run_in_threadpool(lambda: resume_collection(settings, collection, by=caller.name)):
        request.app.state.launcher.kick(request.state.request_id)
    return await pauses(request, caller)


def _may(caller: Operator, collection: CollectionPath) -> None:
    if collection == ALL:
        unbound(caller)
    else:
        collection_name(collection)
        within(caller, collection)
