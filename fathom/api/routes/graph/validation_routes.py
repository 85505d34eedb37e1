"""Routes that validate the graph, and repair it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from fathom.api.authorization import Admin, Reader, within
from fathom.api.routes.parameters import MAX_COLLECTION, CollectionQuery
from fathom.graph.validation.fault_tally import GraphValidation
from fathom.operations.graph_validation import GraphRepair, plan_graph_repair, repair_graph, validate_graph
from fathom.security.api_keys import Caller

router = APIRouter(tags=["graph"])


class ValidationRequest(BaseModel):
    """The collection to validate; all that the key may see without one."""

    model_config = ConfigDict(extra="forbid")

    collection: str | None = Field(None, max_length=MAX_COLLECTION)


class RepairRequest(ValidationRequest):
    """The collection to repair."""

    dry_run: bool = Field(True, description="whether the repair is only planned")


@router.get("/api/neo4j/validate")
async def validate(request: Request, caller: Reader, collection: CollectionQuery = None) -> GraphValidation:
    """Find the faults of ledger and graph, by class, with examples."""
    return await run_in_threadpool(validate_graph, request.app.state.settings, _chosen(caller, collection))


@router.post("/api/neo4j/validate")
async def validate_posted(request: Request, caller: Reader, wanted: ValidationRequest) -> GraphValidation:
    """Find the faults of ledger and graph, as with GET."""
    return await validate(request, caller, wanted.collection)


@router.post("/api/neo4j/repair")
async def repair(request: Request, caller: Admin, wanted: RepairRequest) -> GraphRepair:
    """Repair the faults that need no person, or with `dry_run` (the default) plan it."""
    chosen = _chosen(caller, wanted.collection)
    work = plan_graph_repair if wanted.dry_run else repair_graph
    return await run_in_threadpool(work, request.app.state.settings, chosen)


def _chosen(caller: Caller, collection: str | None) -> str | None:
    """Returns the collection asked for, that of the key without one; None for all. Raises 403."""
    if collection is not None:
        within(caller, collection)
    return collection or caller.collection
