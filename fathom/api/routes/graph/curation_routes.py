"""Routes of decisions on entities and facts, of their evidence, and of the graph as of a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from fathom.api.authorization import Admin, Reader, unbound, within
from fathom.api.routes.parameters import CollectionQuery, TextParameter
from fathom.api.shared_graph import shared_graph
from fathom.errors import UsageWrong
from fathom.graph.read.entity_views import EntityView, FactView
from fathom.graph.read.graph_at_time import GraphAtTime, Moment
from fathom.operations.graph import curate
from fathom.operations.graph.curate import CurationResult, Decider, DecisionView
from fathom.operations.graph.duplicate_queue import DuplicateQueue, suspected_duplicates
from fathom.operations.graph.graph_at_time import graph_at
from fathom.security.api_keys import Caller
from fathom.settings import Settings

router = APIRouter(tags=["graph"])
MAX_NAMES = 60

T = TypeVar("T")


class Reasoned(BaseModel):
    """A decision with its reason."""

    model_config = ConfigDict(extra="forbid")

    reason: TextParameter = Field("", description="why, for those who look")


class MergeRequest(Reasoned):
    """Two entities that are the same, by their uuids."""

    left: TextParameter
    right: TextParameter


class SplitRequest(Reasoned):
    """An entity, by its uuid, and either those of its names that are another's, or an entity that is another."""

    entity: TextParameter
    names: list[TextParameter] = Field(default_factory=list, max_length=MAX_NAMES)
    other: TextParameter | None = Field(None, description="uuid of an entity to be kept apart")


class RenameRequest(Reasoned):
    """An entity, by its uuid, and its name."""

    entity: TextParameter
    name: TextParameter


class FactRequest(Reasoned):
    """A fact, by its uuid."""

    fact: TextParameter


class DecisionRequest(BaseModel):
    """A decision to take back."""

    model_config = ConfigDict(extra="forbid")

    decision: TextParameter
    collection: TextParameter | None = Field(None, description="its collection, where copies of it have the decision too")


class Decisions(BaseModel):
    """Decisions of people."""

    decisions: list[DecisionView]


@router.get("/api/neo4j/entities/{entity}")
async def show_entity(request: Request, caller: Reader, entity: str) -> EntityView:
    """Show an entity, by its uuid, with names, mentions, sentences and facts."""
    return await _entity(request, caller, entity)


@router.get("/api/neo4j/facts/{fact}")
async def show_fact(request: Request, caller: Reader, fact: str) -> FactView:
    """Show a fact, by its uuid, with its dates and the documents that assert it."""
    return await _fact(request, caller, fact)


@router.post("/api/neo4j/entities/merge")
async def merge(request: Request, caller: Admin, wanted: MergeRequest) -> CurationResult:
    """Decide that two entities are the same: by all their names, in later documents too, above the model's verdicts."""
    left, right = await _entity(request, caller, wanted.left), await _entity(request, caller, wanted.right)
    by = Decider(caller.name, wanted.reason)
    return await _done(lambda: curate.merge_entities(_settings(request), left, right, by))


@router.post("/api/neo4j/entities/split")
async def split(request: Request, caller: Admin, wanted: SplitRequest) -> CurationResult:
    """Decide that some names of an entity are another's, or that two entities are different."""
    if bool(wanted.names) == (wanted.other is not None):
        raise HTTPException(400, "Name either `names` of the entity that are another's, or an `other` entity.")
    entity = await _entity(request, caller, wanted.entity)
    by = Decider(caller.name, wanted.reason)
    if wanted.other is not None:
        other = await _entity(request, caller, wanted.other)
        return await _done(lambda: curate.keep_apart(_settings(request), entity, other, by))
    return await _done(lambda: curate.split_entity(_settings(request), entity, wanted.names, by))


@router.post("/api/neo4j/entities/rename")
async def rename(request: Request, caller: Admin, wanted: RenameRequest) -> CurationResult:
    """Decide the name of an entity, which no document changes then."""
    entity = await _entity(request, caller, wanted.entity)
    by = Decider(caller.name, wanted.reason)
    return await _done(lambda: curate.rename_entity(_settings(request), entity, wanted.name, by))


@router.post("/api/neo4j/facts/retire")
async def retire(request: Request, caller: Admin, wanted: FactRequest) -> CurationResult:
    """Decide that a fact does not hold, whatever documents say; it stays in the record."""
    await _fact(request, caller, wanted.fact)
    return await _done(lambda: curate.retire_fact(_settings(request), wanted.fact, Decider(caller.name, wanted.reason)))


@router.post("/api/neo4j/facts/restore")
async def restore(request: Request, caller: Admin, wanted: FactRequest) -> CurationResult:
    """Decide that a retired fact holds after all."""
    await _fact(request, caller, wanted.fact)
    by = Decider(caller.name, wanted.reason)
    return await _done(lambda: curate.retire_fact(_settings(request), wanted.fact, by, restore=True))


@router.get("/api/neo4j/decisions")
async def decisions(
    request: Request, caller: Reader, collection: CollectionQuery = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Decisions:
    """List the decisions of people on entities and facts, the newest first."""
    wanted = _collection(caller, collection)
    return Decisions(decisions=await run_in_threadpool(curate.list_decisions, _settings(request), wanted, limit))


@router.post("/api/neo4j/decisions/undo")
async def undo_decision(request: Request, caller: Admin, wanted: DecisionRequest) -> CurationResult:
    """Take a decision back: what it replaced holds again."""
    settings = _settings(request)
    found = await _known(lambda: curate.find_decision(settings, wanted.decision, wanted.collection))
    within(caller, found.collection)
    await shared_graph(request).require()
    by = Decider(caller.name)
    return await _done(lambda: curate.undo_decision(settings, found.id, by, collection=found.collection))


@router.get("/api/neo4j/duplicates")
async def duplicates(
    request: Request, caller: Reader, collection: CollectionQuery = None, limit: Annotated[int, Query(ge=1, le=200)] = 20
) -> DuplicateQueue:
    """List entities that may be the same and wait for a decision, with the evidence of both, the most alike first."""
    wanted = _collection(caller, collection)
    await shared_graph(request).require()
    return await run_in_threadpool(suspected_duplicates, _settings(request), wanted, limit)


@router.get("/api/neo4j/at")
async def at(
    request: Request,
    caller: Reader,
    at: Annotated[datetime, Query(description="The time, ISO 8601 with a time zone.")],
    recorded: Annotated[bool, Query(description="What the graph held then, not what held in the world.")] = False,
    collection: CollectionQuery = None,
    entity: Annotated[TextParameter | None, Query(description="Uuid, or name with `collection`.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> GraphAtTime:
    """Show entities and facts as of a time."""
    wanted, moment = _collection(caller, collection), Moment(at, "recorded" if recorded else "valid")
    await shared_graph(request).require()
    return await _known(lambda: graph_at(_settings(request), moment, collection=wanted, entity=entity, limit=limit))


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _collection(caller: Caller, collection: str | None) -> str | None:
    """Returns the collection to read: that of the request, or of the caller's key. Raises 403 for another."""
    wanted = collection or caller.collection
    if wanted is None:
        unbound(caller)
    else:
        within(caller, wanted)
    return wanted


async def _entity(request: Request, caller: Caller, uuid: str) -> EntityView:
    await shared_graph(request).require()
    [found] = await _known(lambda: curate.show_entities(_settings(request), [uuid]))
    within(caller, found.collection)
    return found


async def _fact(request: Request, caller: Caller, uuid: str) -> FactView:
    await shared_graph(request).require()
    collection, found = await _known(lambda: curate.show_fact(_settings(request), uuid))
    within(caller, collection)
    return found


async def _known(read: Callable[[], T]) -> T:
    """Returns the result of `read`. Raises 404 where nothing has the name or uuid."""
    try:
        return await run_in_threadpool(read)
    except UsageWrong as error:
        raise HTTPException(404, f"{error.message} {error.what_to_do}".strip()) from error


async def _done(decide: Callable[[], T]) -> T:
    """Returns the result of a decision. Raises 409 for a decision that cannot be made."""
    try:
        return await run_in_threadpool(decide)
    except UsageWrong as error:
        raise HTTPException(409, f"{error.message} {error.what_to_do}".strip()) from error
