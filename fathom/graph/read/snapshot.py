"""What a collection holds at one moment, a short hash a row: what two moments differ in can be said row by row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import parse_timestamp
from fathom.knowledge.records import aliases_of

PAGE = 2000  # rows a query
_LATER = ("property", "confidence")
EPISODES = """
MATCH (p:Episodic) WHERE p.group_id = $group AND p.uuid > $after
RETURN p.uuid AS uuid, p.source_description AS document, p.name AS name, p.valid_at AS valid_at, p.entity_edges AS facts
ORDER BY uuid LIMIT $page
"""
MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids
RETURN p.uuid AS episode, n.uuid AS entity, m.name AS name, m.type AS type, m.also AS also
"""
ENTITIES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after
RETURN n.uuid AS uuid, n.name AS name, n.summary AS summary, labels(n) AS labels, n.created_at AS created_at,
       n.confidence AS confidence
ORDER BY uuid LIMIT $page
"""
FACTS = """
MATCH (n:Entity)-[r:RELATES_TO]->(b:Entity) WHERE n.uuid IN $uuids
RETURN r.uuid AS uuid, n.uuid AS source, b.uuid AS target, r.name AS name, r.fact AS fact, r.episodes AS episodes,
       r.created_at AS created_at, r.valid_at AS valid_at, r.invalid_at AS invalid_at, r.expired_at AS expired_at,
       r.property AS property, r.confidence AS confidence
"""


@dataclass(frozen=True)
class Snapshot:
    """Rows of one collection by uuid, each as a hash of all it says; embeddings follow from the texts and are left out."""

    documents: dict[str, str] = field(default_factory=dict[str, str])  # of each episode, by its uuid
    episodes: dict[str, str] = field(default_factory=dict[str, str])
    mentions: frozenset[tuple[str, str]] = frozenset()
    own: dict[str, str] = field(default_factory=dict[str, str])  # what an episode says, whatever its names are taken to mean
    entities: dict[str, str] = field(default_factory=dict[str, str])
    facts: dict[str, str] = field(default_factory=dict[str, str])
    asserted_by: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def digest(self) -> str:
        """The SHA-256 of all of it, in hex."""
        mentions = [f"{episode} {entity}" for episode, entity in sorted(self.mentions)]
        return _hash([sorted(self.episodes.items()), mentions, sorted(self.entities.items()), sorted(self.facts.items())], 64)

    def shared_digest(self) -> str:
        """That of the entities and facts, which documents share."""
        return _hash([sorted(self.entities.items()), sorted(self.facts.items())], 64)

    def digests(self) -> dict[str, str]:
        """What each document has for itself, its episodes and the names in them, as a hash of 16 digits by its id.

        Which entity a name means, other documents may change.
        """
        parts: dict[str, list[str]] = {document: [] for document in self.documents.values()}
        for uuid, row in self.own.items():
            parts[self.documents[uuid]].append(f"{uuid} {row}")
        return {document: _hash(sorted(rows), 16) for document, rows in parts.items()}

    def naming(self, entity: str) -> list[str]:
        """The ids of the documents that mention the entity."""
        return sorted({self.documents[episode] for episode, named in self.mentions if named == entity})

    def asserting(self, fact: str) -> list[str]:
        """The ids of the documents that assert the fact."""
        return sorted({self.documents[one] for one in self.asserted_by.get(fact, ()) if one in self.documents})


def snapshot(connection: GraphConnection, collection: str) -> Snapshot:
    """The collection as it is; one that is written to meanwhile may be seen half. Raises GraphUnreachable."""
    seen = Snapshot()
    mentions: set[tuple[str, str]] = set()
    for rows in _pages(connection, EPISODES, collection):
        for row in rows:
            seen.documents[row["uuid"]] = str(row.pop("document"))
            seen.episodes[row["uuid"]] = _row({**row, "facts": sorted(row["facts"] or ())})
        found = connection.read(MENTIONS, uuids=[row["uuid"] for row in rows])
        mentions.update((row["episode"], row["entity"]) for row in found)
        names: dict[str, list[list[str]]] = {row["uuid"]: [] for row in rows}
        for row in found:
            said = [(row["name"] or row["entity"], row["type"]), *aliases_of(row)]
            names[row["episode"]] += [[name, kind or ""] for name, kind in said]
        for row in rows:
            own = {"names": sorted(names[row["uuid"]]), "facts": len(row["facts"] or ())}
            seen.own[row["uuid"]] = _row({**row, **own})
    for rows in _pages(connection, ENTITIES, collection):
        seen.entities.update({row["uuid"]: _row({**row, "labels": sorted(row["labels"])}) for row in rows})
        for row in connection.read(FACTS, uuids=[row["uuid"] for row in rows]):
            seen.asserted_by[row["uuid"]] = tuple(sorted(row["episodes"] or ()))
            seen.facts[row["uuid"]] = _row({**row, "episodes": seen.asserted_by[row["uuid"]]})
    return replace(seen, mentions=frozenset(mentions))


def _pages(connection: GraphConnection, query: str, group: str) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while rows := connection.read(query, group=group, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        yield rows


def _row(row: Mapping[str, Any]) -> str:
    """The hash of a row; what older versions did not keep counts only where it is there, so that their receipts hold."""
    return _hash({name: value for name, value in row.items() if value is not None or name not in _LATER}, 16)


def _hash(value: Any, digits: int) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()[:digits]


def _plain(value: Any) -> str:
    """A moment by its place in time: a server keeps the zone that it was written in."""
    at = parse_timestamp(value)
    return str(value) if at is None else at.astimezone(UTC).isoformat()
