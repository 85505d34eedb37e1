"""Routes that validate the graph, and repair it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from fathom.api.authorization import Admin, Reader, within
from fathom.api.problems import RETRY_AFTER_S
from fathom.api.routes.parameters import MAX_COLLECTION, CollectionQuery
from fathom.graph.validation.fault_tally import GraphValidation
from fathom.operations.graph.graph_validation import GraphRepair, plan_graph_repair, repair_graph, validate_graph
from fathom.security.api_keys import Caller
from fathom.settings import Settings

router = APIRouter(tags=["graph"])

T = TypeVar("T")
_at_work = threading.Lock()


class ValidationRequest(BaseModel):
    """The collection to validate; all that the key may see without one."""

    model_config = ConfigDict(extra="forbid")

    collection: str | None = Field(None, max_length=MAX_COLLECTION)


class RepairRequest(ValidationRequest):
    """The collection to repair."""

    dry_run: bool = Field(True, description="whether the repair is only planned")


@router.get("/api/neo4j/validate")
async def validate(request: Request, caller: Reader, collection: CollectionQuery = None) -> GraphValidation:
    """Find the faults of ledger and graph, by class, with examples. 503 while another validation or repair runs."""
    return await _alone(validate_graph, request, _chosen(caller, collection))


@router.post("/api/neo4j/validate")
async def validate_posted(request: Request, caller: Reader, wanted: ValidationRequest) -> GraphValidation:
    """Find the faults of ledger and graph, as with GET."""
    return await validate(request, caller, wanted.collection)


@router.post("/api/neo4j/repair")
async def repair(request: Request, caller: Admin, wanted: RepairRequest) -> GraphRepair:
    """Repair the faults that need no person, or with `dry_run` (the default) plan it."""
    work = plan_graph_repair if wanted.dry_run else repair_graph
    return await _alone(work, request, _chosen(caller, wanted.collection))


async def _alone(work: Callable[[Settings, str | None], T], request: Request, collection: str | None) -> T:
    """Returns the result of the work, which reads a whole graph: one at a time in this process. Raises 503."""
    if not _at_work.acquire(blocking=False):
        detail = "A validation or repair runs already; ask again when it has ended."
        raise HTTPException(503, detail, headers={"Retry-After": RETRY_AFTER_S})
    try:
        return await run_in_threadpool(work, request.app.state.settings, collection)
    finally:
        _at_work.release()


def _chosen(caller: Caller, collection: str | None) -> str | None:
    """Returns the collection asked for, that of the key without one; None for all. Raises 403."""
    if collection is not None:
        within(caller, collection)
    return collection or caller.collection
