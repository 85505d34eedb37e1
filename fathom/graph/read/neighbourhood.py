"""Reads the neighbourhood of an entity: the entities that it has most facts with, and the facts among all of them."""

from __future__ import annotations

from dataclasses import dataclass

from fathom.graphdb.connection import GraphConnection

MAX_NEIGHBOURS = 39  # a picture of more than 40 entities is unreadable
MAX_SEEN = 5_000  # facts of the entity that are looked at for its neighbours
NEIGHBOURS = """
MATCH (n:Entity {uuid: $uuid})-[r:RELATES_TO]-(o:Entity) WHERE o.uuid <> $uuid AND o.group_id = n.group_id
WITH o, r LIMIT $seen
RETURN o.uuid AS uuid, count(r) AS facts ORDER BY facts DESC, uuid LIMIT $most
"""
NODES = """
MATCH (n:Entity) WHERE n.uuid IN $uuids
RETURN n.uuid AS uuid, n.name AS name, labels(n) AS labels, COUNT { (n)-[:RELATES_TO]-(:Entity) } AS facts
"""
LINKS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.uuid IN $uuids AND b.uuid IN $uuids
WITH a.uuid AS source, b.uuid AS target, r.fact AS fact,
CASE WHEN r.invalid_at IS NULL AND r.expired_at IS NULL AND r.retired_at IS NULL THEN 1 ELSE 0 END AS holds
RETURN source, target, count(fact) AS number, sum(holds) AS holding, collect(fact)[0..5] AS facts
"""


@dataclass(frozen=True)
class NeighbourNode:
    """An entity of the neighbourhood with the number of all its facts."""

    uuid: str
    name: str
    type: str
    facts: int


@dataclass(frozen=True)
class NeighbourLink:
    """The facts from one entity of the neighbourhood to another: their number, how many of them hold, and the first five."""

    source: str
    target: str
    number: int
    holding: int
    facts: list[str]


@dataclass(frozen=True)
class Neighbourhood:
    """The entities, the one in the middle first, and the facts among them by their ends."""

    nodes: list[NeighbourNode]
    links: list[NeighbourLink]


def read_neighbourhood(connection: GraphConnection, uuid: str) -> Neighbourhood:
    """Returns the neighbourhood; it is empty for an unknown entity. Raises GraphUnreachable."""
    near = connection.read(NEIGHBOURS, uuid=uuid, seen=MAX_SEEN, most=MAX_NEIGHBOURS)
    uuids = [uuid, *(row["uuid"] for row in near)]
    rows = {row["uuid"]: row for row in connection.read(NODES, uuids=uuids)}
    nodes = [
        NeighbourNode(
            uuid=one,
            name=rows[one]["name"] or one,
            type=next((label for label in sorted(rows[one]["labels"]) if label != "Entity"), "Entity"),
            facts=rows[one]["facts"],
        )
        for one in uuids
        if one in rows
    ]
    links = [
        NeighbourLink(row["source"], row["target"], row["number"], row["holding"], sorted(row["facts"]))
        for row in connection.read(LINKS, uuids=[node.uuid for node in nodes])
    ]
    return Neighbourhood(nodes, links)
