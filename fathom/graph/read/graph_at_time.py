"""Reads entities and facts as of a time: what held in the world then, or what the graph held then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from fathom.errors import UsageWrong
from fathom.graph.content.graph_records import ValidityBasis
from fathom.graph.read.entity_views import FactView, fact_views
from fathom.graphdb.connection import GraphConnection

# A retired fact never held in the world; the graph held it until it was retired.
HOLDS = {
    "valid": "(r.valid_at IS NULL OR r.valid_at <= $at) AND (r.invalid_at IS NULL OR r.invalid_at > $at) "
    "AND r.retired_at IS NULL",
    "recorded": "(r.created_at IS NULL OR r.created_at <= $at) AND (r.expired_at IS NULL OR r.expired_at > $at)",
}
FACTS = """
MATCH {which} WHERE {where}
WITH DISTINCT r, startNode(r) AS a, endNode(r) AS b
RETURN r.uuid AS uuid, a.name AS source, r.name AS relation, b.name AS target, r.fact AS fact, r.valid_at AS valid_at,
r.invalid_at AS invalid_at, r.expired_at AS expired_at, r.retired_at AS retired_at, r.episodes AS episodes,
a.uuid AS source_uuid, b.uuid AS target_uuid
ORDER BY uuid LIMIT $most
"""
COUNT = "MATCH {which} WHERE {where} RETURN count(DISTINCT r) AS facts"
ENTITIES = """
MATCH (n:Entity) WHERE n.uuid IN $uuids
RETURN n.uuid AS uuid, n.name AS name, labels(n) AS labels ORDER BY name
"""


class EntityAtTime(BaseModel):
    """An entity of a fact that held."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    name: str
    types: list[str]


class GraphAtTime(BaseModel):
    """The graph as of a time."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    basis: ValidityBasis
    collection: str | None
    entity: str | None
    facts_total: int = Field(description="facts that held, those beyond the limit too")
    entities: list[EntityAtTime] = Field(description="the entities of the listed facts")
    facts: list[FactView]


@dataclass(frozen=True)
class Moment:
    """A time, by the world or by the record."""

    at: datetime
    basis: ValidityBasis = "valid"

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise UsageWrong(f"The time {self.at.isoformat()} needs a time zone.", hint="Add Z for UTC.")


def read_graph_at(
    connection: GraphConnection, moment: Moment, *, collection: str | None, entity: str | None, limit: int
) -> GraphAtTime:
    """Returns the facts that held, at most `limit`, with their entities; those of an entity, by its uuid, if given.

    Raises GraphUnreachable.
    """
    conditions = [HOLDS[moment.basis], *(["n.group_id = $collection"] if collection else [])]
    which = "(n:Entity {uuid: $entity})-[r:RELATES_TO]-(:Entity)" if entity else "(n:Entity)-[r:RELATES_TO]->(:Entity)"
    part = {"which": which, "where": " AND ".join(conditions)}
    parameters = {"at": moment.at, "collection": collection, "entity": entity}
    rows = connection.read(FACTS.format(**part), **parameters, most=limit)
    total = connection.read(COUNT.format(**part), **parameters)[0]["facts"]
    ends = sorted({row[end] for row in rows for end in ("source_uuid", "target_uuid")})
    entities = connection.read(ENTITIES, uuids=ends) if ends else []
    return GraphAtTime(
        at=moment.at,
        basis=moment.basis,
        collection=collection,
        entity=entity,
        facts_total=total,
        entities=[
            EntityAtTime(
                uuid=row["uuid"],
                name=row["name"] or row["uuid"],
                types=sorted(label for label in row["labels"] if label != "Entity"),
            )
            for row in entities
        ],
        facts=fact_views(connection, rows),
    )
