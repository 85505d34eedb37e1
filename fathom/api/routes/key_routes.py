"""Routes for admins that create, list and revoke API keys."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from fathom.api.authorization import Admin, unbound
from fathom.api.routes.parameters import MAX_COLLECTION, NamePath, TextParameter
from fathom.security.api_keys import KeyInfo, KeyRole, KeyStore, NewKey

router = APIRouter(tags=["access"])


class KeyRequest(BaseModel):
    """The request for a new key."""

    role: KeyRole
    name: TextParameter = Field(min_length=1)
    collection: str | None = Field(None, max_length=MAX_COLLECTION)


class KeyList(BaseModel):
    """All keys, without their secrets."""

    keys: list[KeyInfo]


@router.get("/api/keys")
async def keys(request: Request, caller: Admin) -> KeyList:
    """List all keys, valid and revoked, with role, collection and last use."""
    unbound(caller)
    store: KeyStore = request.app.state.keys
    return KeyList(keys=await run_in_threadpool(store.list))


@router.post("/api/keys", status_code=201)
async def create(request: Request, caller: Admin, wanted: KeyRequest) -> NewKey:
    """Create a key; it is shown only once."""
    unbound(caller)
    store: KeyStore = request.app.state.keys
    return await run_in_threadpool(
        lambda: store.create(wanted.role, name=wanted.name, collection=wanted.collection, by=caller.name)
    )


@router.delete("/api/keys/{key}", status_code=204)
async def revoke(request: Request, caller: Admin, key: NamePath) -> None:
    """Revoke a key."""
    unbound(caller)
    store: KeyStore = request.app.state.keys
    if not await run_in_threadpool(lambda: store.revoke(key, by=caller.name)):
        raise HTTPException(404, f"There is no valid key {key}.")
