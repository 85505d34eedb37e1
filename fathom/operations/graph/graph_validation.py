"""Validates collections of the graph, and repairs the faults that need no person."""

from __future__ import annotations

from contextlib import closing

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.embedding.embedder import open_embedder
from fathom.errors import UsageWrong
from fathom.graph.validation.collection_pages import InspectedCollection
from fathom.graph.validation.fault_classes import MEANINGS, FaultClass
from fathom.graph.validation.fault_tally import FaultTally, GraphValidation
from fathom.graphdb.connection import GraphConnection, open_impatient_graph
from fathom.ids import collection_name
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.structured_logging import emit
from fathom.operations.episode_rows import known_collections
from fathom.resolution.store.decision_store import DecisionStore
from fathom.security.actor import current_actor
from fathom.security.audit_log import ALL_COLLECTIONS, audited
from fathom.settings import Settings
from fathom.tables import episodes
from fathom.uploads.intake import open_intake

ACTION = "graph.repair"


class RepairStep(BaseModel):
    """The repair of the faults of a class, or the command by which a person decides about them."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    name: FaultClass = Field(serialization_alias="class")
    action: str | None = Field(description="null where a person decides")
    ask: str | None = Field(description="command by which a person decides")
    count: int
    items: list[str] = Field(description="uuids of the first records")


class GraphRepair(BaseModel):
    """A repair of collections, planned or done."""

    model_config = ConfigDict(frozen=True)

    dry_run: bool
    collections: list[str]
    steps: list[RepairStep]
    documents: list[str] = Field(description="documents that are processed again, for episodes that were removed or lost")
    left: GraphValidation | None = Field(description="the faults afterwards; null where nothing was done")

    @property
    def nothing_to_do(self) -> bool:
        """Whether no fault can be repaired without a person."""
        return all(step.action is None for step in self.steps)


def validate_graph(settings: Settings, collection: str | None = None) -> GraphValidation:
    """Returns the faults of the collection, or of all. Raises GraphUnreachable, DatabaseUnreachable, UsageWrong."""
    engine = open_database(settings.operational_url)
    with closing(open_impatient_graph(settings)) as connection:
        return _found(settings, connection, engine, collection).result()


def plan_graph_repair(settings: Settings, collection: str | None = None) -> GraphRepair:
    """Returns what `repair_graph` would do. Raises GraphUnreachable, DatabaseUnreachable, UsageWrong."""
    return _plan(validate_graph(settings, collection))


def repair_graph(settings: Settings, collection: str | None = None) -> GraphRepair:
    """Repairs the faults that need no person, waiting for the collections' writers; requeues documents that lack episodes.

    An interrupted repair is finished by another. Raises GraphUnreachable, DatabaseUnreachable, LeaseLost, UsageWrong.
    """
    plan = plan_graph_repair(settings, collection)
    if plan.nothing_to_do:
        documents = _requeue(settings, plan.collections)
        return plan.model_copy(update={"dry_run": False, "documents": documents})
    engine = open_database(settings.operational_url)
    account = {"found": {step.name: step.count for step in plan.steps}}
    with audited(engine, ACTION, collection=collection or ALL_COLLECTIONS, account=account, announce=True):
        left = _mend(settings, plan.collections)
        documents = _requeue(settings, plan.collections)
        account |= {"left": {found.name: found.count for found in left.found()}, "documents": documents}  # type: ignore[dict-item]
    for name in plan.collections:
        emit("system.repaired", "Faults of the graph repaired", collection=name, by=current_actor().name)
    return plan.model_copy(update={"dry_run": False, "documents": documents, "left": left})


def _found(settings: Settings, connection: GraphConnection, engine: Engine, collection: str | None) -> FaultTally:
    tally = FaultTally()
    known = known_collections(settings, connection)
    if collection is not None and collection_name(collection) not in known:
        raise UsageWrong(f"There is no collection {collection}.", hint=f"They are: {', '.join(known) or 'none yet'}.")
    dimension = open_embedder(settings).dimension
    for name in known if collection is None else [collection]:
        tally.add(InspectedCollection(connection, name, dimension, DecisionStore(engine).overrides(name)), engine)
    return tally


def _plan(found: GraphValidation) -> GraphRepair:
    steps = [
        RepairStep(
            name=fault.name,
            action=fault.repair,
            ask=fault.ask,
            count=fault.count,
            items=[example.uuid for example in fault.examples],
        )
        for fault in found.found()
    ]
    return GraphRepair(dry_run=True, collections=found.collections, steps=steps, documents=[], left=None)


def _mend(settings: Settings, collections: list[str]) -> GraphValidation:
    """Mends each collection in rounds, since a fault may hide others; returns the faults that are left."""
    from fathom.graph.validation.graph_mending import MAX_ROUNDS, CollectionMender
    from fathom.graph.write.document_writer import open_writer

    engine = open_database(settings.operational_url)
    embedder = open_embedder(settings)
    left = FaultTally()
    with closing(open_writer(settings)) as writer:
        for name in collections:
            overrides = DecisionStore(engine).overrides(name)
            collection = InspectedCollection(writer.connection, name, embedder.dimension, overrides)
            mender = CollectionMender(collection, writer.changes, Ledger(engine), embedder)
            for _ in range(MAX_ROUNDS):
                with writer.changes.exclusive(name):
                    mender.mend()
                    now = FaultTally()
                    kinds = now.add(collection, engine)
                if all(MEANINGS[kind].action is None for kind in kinds):
                    break
            left.merge(now)
    return left.result()


def _requeue(settings: Settings, collections: list[str]) -> list[str]:
    """Requeues finished documents of which an episode is planned, also those that an interrupted repair left so."""
    intake = open_intake(settings)
    c = episodes.c
    query = sa.select(c.document).distinct().where(c.collection.in_(collections), c.state == "planned")
    with intake.engine.connect() as connection:
        documents = list(connection.scalars(query.order_by(c.document)))
    return intake.requeue_done(documents)
