"""Reads the totals of a document's episodes back from the graph after they were written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fathom.graphdb.connection import GraphConnection
from fathom.sql import batched

MAX_UUIDS = 200  # uuids a query
SAMPLE = 10

ENTITIES = """
MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids
RETURN DISTINCT n.uuid AS uuid, labels(n) AS labels, n.name_embedding IS NULL AS bare
"""
CLAIMS = "MATCH (p:Episodic) WHERE p.uuid IN $uuids RETURN p.uuid AS uuid, p.entity_edges AS facts"
FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(:Entity) WHERE a.uuid IN $entities AND r.uuid IN $facts
RETURN DISTINCT r.uuid AS uuid, r.fact AS fact, r.fact_embedding IS NULL AS bare
"""
ORPHANS = """
MATCH (n:Entity) WHERE n.uuid IN $uuids AND NOT (n)<-[:MENTIONS]-(:Episodic) AND NOT (n)-[:RELATES_TO]-(:Entity)
RETURN count(n) AS orphans
"""


@dataclass(frozen=True)
class DocumentTotals:
    """The entities and facts of some episodes, counted in the graph."""

    episodes: int
    entities: int
    facts: int
    entities_by_type: dict[str, int]
    sample_facts: list[str]
    missing_embeddings: int
    orphans: int


def document_totals(connection: GraphConnection, episodes: Sequence[str], touched: Sequence[str]) -> DocumentTotals:
    """Counts the episodes' entities and facts; `touched` are entities of removed episodes, also checked for orphans."""
    entities: dict[str, dict[str, Any]] = {}
    facts: dict[str, dict[str, Any]] = {}
    claimed: set[str] = set()
    found = 0
    for batch in batched(episodes, MAX_UUIDS):
        rows = connection.read(ENTITIES, uuids=batch)
        claims = connection.read(CLAIMS, uuids=batch)
        entities |= {row["uuid"]: row for row in rows}
        found += len(claims)
        wanted = [uuid for row in claims for uuid in row["facts"] or ()]
        claimed.update(wanted)
        facts |= {row["uuid"]: row for row in connection.read(FACTS, entities=[row["uuid"] for row in rows], facts=wanted)}
    types = Counter(
        next((label for label in sorted(row["labels"]) if label != "Entity"), "Entity") for row in entities.values()
    )
    alone = sum(
        connection.read(ORPHANS, uuids=batch)[0]["orphans"] for batch in batched(sorted({*entities, *touched}), MAX_UUIDS)
    )
    return DocumentTotals(
        episodes=found,
        entities=len(entities),
        facts=len(facts),
        entities_by_type=dict(types.most_common()),
        sample_facts=[facts[uuid]["fact"] for uuid in sorted(facts)[:SAMPLE]],
        missing_embeddings=sum(row["bare"] for row in (*entities.values(), *facts.values())) + len(claimed - set(facts)),
        orphans=alone,
    )
