"""Snapshots a collection as a short hash for each row, so that two snapshots can be compared row by row."""

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
    """The rows of a collection by uuid, each as a hash of its content; embeddings follow from the texts and are left out."""

    documents: dict[str, str] = field(default_factory=dict[str, str])  # by the episodes' uuids
    episodes: dict[str, str] = field(default_factory=dict[str, str])
    mentions: frozenset[tuple[str, str]] = frozenset()
    own: dict[str, str] = field(default_factory=dict[str, str])  # an episode's content, independent of entity resolution
    entities: dict[str, str] = field(default_factory=dict[str, str])
    facts: dict[str, str] = field(default_factory=dict[str, str])
    asserted_by: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def digest(self) -> str:
        """Returns the SHA-256 of the whole snapshot, in hex."""
        mentions = [f"{episode} {entity}" for episode, entity in sorted(self.mentions)]
        return _hash([sorted(self.episodes.items()), mentions, sorted(self.entities.items()), sorted(self.facts.items())], 64)

    def shared_digest(self) -> str:
        """Returns the SHA-256 of the entities and facts, which documents share."""
        return _hash([sorted(self.entities.items()), sorted(self.facts.items())], 64)

    def digests(self) -> dict[str, str]:
        """Returns a hash (16 hex digits) of each document's own content, its episodes and their names, by its id.

        Entity resolution does not count, since other documents may change it.
        """
        parts: dict[str, list[str]] = {document: [] for document in self.documents.values()}
        for uuid, row in self.own.items():
            parts[self.documents[uuid]].append(f"{uuid} {row}")
        return {document: _hash(sorted(rows), 16) for document, rows in parts.items()}

    def documents_mentioning(self, entity: str) -> list[str]:
        """Returns the ids of the documents that mention the entity."""
        return sorted({self.documents[episode] for episode, named in self.mentions if named == entity})

    def documents_asserting(self, fact: str) -> list[str]:
        """Returns the ids of the documents that assert the fact."""
        return sorted({self.documents[uuid] for uuid in self.asserted_by.get(fact, ()) if uuid in self.documents})


def take_snapshot(connection: GraphConnection, collection: str) -> Snapshot:
    """Takes a snapshot; it is not consistent while the collection is written to. Raises GraphUnreachable."""
    taken = Snapshot()
    mentions: set[tuple[str, str]] = set()
    for rows in _pages(connection, EPISODES, collection):
        for row in rows:
            taken.documents[row["uuid"]] = str(row.pop("document"))
            taken.episodes[row["uuid"]] = _row({**row, "facts": sorted(row["facts"] or ())})
        found = connection.read(MENTIONS, uuids=[row["uuid"] for row in rows])
        mentions.update((row["episode"], row["entity"]) for row in found)
        names: dict[str, list[list[str]]] = {row["uuid"]: [] for row in rows}
        for row in found:
            named = [(row["name"] or row["entity"], row["type"]), *aliases_of(row)]
            names[row["episode"]] += [[name, kind or ""] for name, kind in named]
        for row in rows:
            own = {"names": sorted(names[row["uuid"]]), "facts": len(row["facts"] or ())}
            taken.own[row["uuid"]] = _row({**row, **own})
    for rows in _pages(connection, ENTITIES, collection):
        taken.entities.update({row["uuid"]: _row({**row, "labels": sorted(row["labels"])}) for row in rows})
        for row in connection.read(FACTS, uuids=[row["uuid"] for row in rows]):
            taken.asserted_by[row["uuid"]] = tuple(sorted(row["episodes"] or ()))
            taken.facts[row["uuid"]] = _row({**row, "episodes": taken.asserted_by[row["uuid"]]})
    return replace(taken, mentions=frozenset(mentions))


def _pages(connection: GraphConnection, query: str, group: str) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while rows := connection.read(query, group=group, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        yield rows


def _row(row: Mapping[str, Any]) -> str:
    """Returns the hash of a row; newer properties count only where they are set, so that older receipts stay valid."""
    return _hash({name: value for name, value in row.items() if value is not None or name not in _LATER}, 16)


def _hash(value: Any, digits: int) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()[:digits]


def _plain(value: Any) -> str:
    """Converts a timestamp to UTC, since servers keep the time zone in which it was written."""
    at = parse_timestamp(value)
    return str(value) if at is None else at.astimezone(UTC).isoformat()
