"""Reads an entity in pages: its names and documents, its facts over time, and the sentences that mention it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fathom.graph.read.entity_views import NAMES, FactView, MentionView, fact_views, sentence_around
from fathom.graph.read.graph_at_time import HOLDS, Moment
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.records import aliases_of

MAX_DOCUMENTS = 50  # that are listed
HEAD = """
MATCH (n:Entity) WHERE n.uuid = $uuid
RETURN n.uuid AS uuid, n.group_id AS collection, n.name AS name, labels(n) AS labels, n.summary AS summary,
COUNT { (:Episodic)-[:MENTIONS]->(n) } AS mentions, COUNT { (n)-[:RELATES_TO]-(:Entity) } AS facts
"""
DOCUMENTS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity {uuid: $uuid})
RETURN p.source_description AS document, count(m) AS mentions ORDER BY mentions DESC, document LIMIT $most
"""
MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity {uuid: $uuid})
RETURN p.uuid AS episode, p.source_description AS document, p.content AS content, m.name AS name, m.type AS type
ORDER BY document, episode SKIP $skip LIMIT $limit
"""
_ANY = "MATCH (n:Entity {{uuid: $uuid}})-[r:RELATES_TO]-(o:Entity) WHERE o.group_id = n.group_id AND ({where})"
FACTS = f"""
{_ANY}
RETURN r.uuid AS uuid, startNode(r).name AS source, r.name AS relation, endNode(r).name AS target, r.fact AS fact,
r.valid_at AS valid_at, r.invalid_at AS invalid_at, r.expired_at AS expired_at, r.retired_at AS retired_at,
r.episodes AS episodes, o.uuid AS other, o.name AS other_name,
startNode(r).uuid = o.uuid AS incoming
ORDER BY valid_at, uuid SKIP $skip LIMIT $limit
"""
COUNT = f"{_ANY} RETURN count(DISTINCT r.uuid) AS facts"


@dataclass(frozen=True)
class EntityHead:
    """An entity with the names by which texts mention it and the documents that do, each with the number of mentions."""

    uuid: str
    collection: str
    name: str
    types: list[str]
    summary: str
    names: dict[str, int]
    documents: dict[str, int]
    mentions: int
    facts: int


@dataclass(frozen=True)
class EntityFact:
    """A fact of an entity, and its other end, which is the fact's subject where it is `incoming`."""

    fact: FactView
    other: str
    other_name: str
    incoming: bool = False


def read_head(connection: GraphConnection, uuid: str) -> EntityHead | None:
    """Returns the entity; None for an unknown one. Raises GraphUnreachable."""
    rows = connection.read(HEAD, uuid=uuid)
    if not rows:
        return None
    names: Counter[str] = Counter()
    for row in connection.read(NAMES, uuids=[uuid]):
        for name, _ in ((row["name"], None), *aliases_of(row)):
            names[name] += row["times"]
    documents = connection.read(DOCUMENTS, uuid=uuid, most=MAX_DOCUMENTS)
    [found] = rows
    return EntityHead(
        uuid=uuid,
        collection=found["collection"],
        name=found["name"] or uuid,
        types=sorted(label for label in found["labels"] if label != "Entity"),
        summary=found["summary"] or "",
        names=dict(names.most_common()),
        documents={row["document"]: row["mentions"] for row in documents},
        mentions=found["mentions"],
        facts=found["facts"],
    )


def read_mentions(connection: GraphConnection, head: EntityHead, *, skip: int, limit: int) -> list[MentionView]:
    """Returns a page of the mentions, by document. Raises GraphUnreachable."""
    return [
        MentionView(
            episode=row["episode"],
            document=row["document"],
            name=row["name"],
            type=row["type"],
            sentence=sentence_around(row["content"] or "", row["name"] or head.name),
        )
        for row in connection.read(MENTIONS, uuid=head.uuid, skip=skip, limit=limit)
    ]


def read_entity_facts(
    connection: GraphConnection, uuid: str, moment: Moment | None, *, skip: int, limit: int
) -> tuple[int, list[EntityFact]]:
    """Returns the number of the facts, of those that held at the moment if one is given, and a page of them, the oldest first.

    Raises GraphUnreachable.
    """
    where = HOLDS[moment.basis] if moment else "true"
    at: datetime | None = moment.at if moment else None
    total = connection.read(COUNT.format(where=where), uuid=uuid, at=at)[0]["facts"]
    rows: list[dict[str, Any]] = connection.read(FACTS.format(where=where), uuid=uuid, at=at, skip=skip, limit=limit)
    found = fact_views(connection, rows)
    by_uuid = {row["uuid"]: row for row in rows}
    return total, [_entity_fact(fact, by_uuid[fact.uuid]) for fact in found]


def _entity_fact(fact: FactView, row: dict[str, Any]) -> EntityFact:
    return EntityFact(fact, row["other"], row["other_name"] or row["other"], row["incoming"])
