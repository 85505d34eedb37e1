"""Keys: made, listed and revoked by admins."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from fathom.api.authorization import Admin, unbound
from fathom.api.routes.parameters import MAX_COLLECTION, NamePath, PlainText
from fathom.security.api_keys import Keys, KeyShown, NewKey, Role

router = APIRouter(tags=["access"])


class Wanted(BaseModel):
    """A key to be made."""

    role: Role
    name: PlainText = Field(min_length=1)
    collection: str | None = Field(None, max_length=MAX_COLLECTION)


class Listed(BaseModel):
    """Every key, without the keys themselves."""

    keys: list[KeyShown]


@router.get("/api/keys")
async def keys(request: Request, caller: Admin) -> Listed:
    """Every key there ever was, with role, collection and last use."""
    unbound(caller)
    store: Keys = request.app.state.keys
    return Listed(keys=await run_in_threadpool(store.list))


@router.post("/api/keys", status_code=201)
async def create(request: Request, caller: Admin, wanted: Wanted) -> NewKey:
    """A new key; it is shown this once."""
    unbound(caller)
    store: Keys = request.app.state.keys
    return await run_in_threadpool(
        lambda: store.create(wanted.role, name=wanted.name, collection=wanted.collection, by=caller.name)
    )


@router.delete("/api/keys/{key}", status_code=204)
async def revoke(request: Request, caller: Admin, key: NamePath) -> None:
    """The key opens nothing any more."""
    unbound(caller)
    store: Keys = request.app.state.keys
    if not await run_in_threadpool(lambda: store.revoke(key, by=caller.name)):
        raise HTTPException(404, f"There is no valid key {key}.")
