"""Routes that back up, restore and clear the graph; for admins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from fathom.api.authorization import Admin, unbound, within
from fathom.api.routes.parameters import MAX_COLLECTION, MAX_NAME
from fathom.api.shared_graph import shared_graph
from fathom.errors import Refused
from fathom.graph.backup.backup_catalog import BackupDescription, BackupProof
from fathom.operations.graph.clear_graph import CONFIRMATION_CODE, ClearedGraph, clear
from fathom.operations.graph.graph_backups import (
    BackupRequest,
    RestoredGraph,
    RestoreRequest,
    back_up,
    open_catalog,
    prove,
    restore,
)
from fathom.security.api_keys import Caller

R = TypeVar("R")
router = APIRouter(tags=["graph"])
_at_work = asyncio.Lock()  # a single operation of an API process at a time

BackupId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}$", description="as in the list of backups")]
CollectionField = Annotated[str | None, Field(max_length=MAX_COLLECTION)]


class BackupOrdered(BaseModel):
    """The backup to make, in FATHOM_BACKUPS."""

    model_config = ConfigDict(extra="forbid")

    collection: CollectionField = None
    incremental: bool = False
    passphrase: SecretStr | None = Field(None, max_length=MAX_NAME)


class RestoreOrdered(BaseModel):
    """The backup to restore, by its id."""

    model_config = ConfigDict(extra="forbid")

    backup_id: BackupId
    collection: CollectionField = Field(None, description="the name it gets: another one makes a copy")
    only: CollectionField = Field(None, description="of a backup of all: only this collection")
    replace: bool = False
    passphrase: SecretStr | None = Field(None, max_length=MAX_NAME)


class ProofOrdered(BaseModel):
    """The backup to prove, by its id."""

    model_config = ConfigDict(extra="forbid")

    backup_id: BackupId
    passphrase: SecretStr | None = Field(None, max_length=MAX_NAME)


class ClearOrdered(BaseModel):
    """The confirmation of a clear; nothing is deleted without it."""

    model_config = ConfigDict(extra="forbid")

    confirm: bool = False
    confirmation_code: str = Field("", max_length=MAX_NAME, description=CONFIRMATION_CODE)
    backup_first: bool = True
    collection: CollectionField = None


class BackupList(BaseModel):
    """The backups in FATHOM_BACKUPS, newest first."""

    backups: list[BackupDescription]


@router.get("/api/neo4j/backup")
async def backups(request: Request, caller: Admin) -> BackupList:
    """List the backups with their digests and proofs."""
    unbound(caller)
    settings = request.app.state.settings
    return BackupList(backups=await run_in_threadpool(lambda: open_catalog(settings).backups()))


@router.post("/api/neo4j/backup", status_code=201)
async def make_backup(request: Request, caller: Admin, wanted: BackupOrdered) -> BackupDescription:
    """Back up a collection, or all. Answers when it is made."""
    collection = _collection(caller, wanted.collection)
    ordered = BackupRequest(collection=collection, incremental=wanted.incremental, passphrase=_secret(wanted.passphrase))
    await shared_graph(request).require()
    return await _alone(lambda: back_up(request.app.state.settings, ordered))


@router.post("/api/neo4j/backup/prove")
async def prove_backup(request: Request, caller: Admin, wanted: ProofOrdered) -> BackupProof:
    """Restore a backup in a scratch graph and compare its digest. Answers when that is done."""
    unbound(caller)
    return await _alone(lambda: prove(request.app.state.settings, wanted.backup_id, _secret(wanted.passphrase)))


@router.post("/api/neo4j/restore")
async def restore_backup(request: Request, caller: Admin, wanted: RestoreOrdered) -> RestoredGraph:
    """Restore a backup without a model call, and prove it by its digest. Answers when that is done."""
    unbound(caller)
    ordered = RestoreRequest(
        backup=wanted.backup_id,
        collection=wanted.collection,
        only=wanted.only,
        replace=wanted.replace,
        passphrase=_secret(wanted.passphrase),
    )
    await shared_graph(request).require()
    return await _alone(lambda: restore(request.app.state.settings, ordered))


@router.delete("/api/neo4j/clear")
async def clear_graph(request: Request, caller: Admin, wanted: ClearOrdered) -> ClearedGraph:
    """Delete a collection, or all, after a backup that is proven. Answers when that is done."""
    collection = _collection(caller, wanted.collection)
    if not wanted.confirm:
        raise Refused("Nothing was deleted: `confirm` is not true.")
    code, first = wanted.confirmation_code, wanted.backup_first
    await shared_graph(request).require()
    return await _alone(lambda: clear(request.app.state.settings, collection, confirmation_code=code, backup_first=first))


async def _alone(work: Callable[[], R]) -> R:
    """Runs the work in a thread, unless other work of this kind is running. Raises 409."""
    if _at_work.locked():
        raise HTTPException(409, "A backup, restore or clear is at work; ask again when it is done.")
    async with _at_work:
        return await run_in_threadpool(work)


def _collection(caller: Caller, collection: str | None) -> str | None:
    """Returns the collection that is meant: that of the key, if it has one. Raises 403."""
    if collection is None:
        return caller.collection
    within(caller, collection)
    return collection


def _secret(given: SecretStr | None) -> str | None:
    return given.get_secret_value() if given is not None else None
