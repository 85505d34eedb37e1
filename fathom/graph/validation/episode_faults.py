"""Finds the faults of a collection's episodes and mentions that the graph alone shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from fathom.graph.read.uuid_set import UuidSet
from fathom.graph.validation.collection_pages import RELATIONSHIP_COLUMNS, InspectedCollection, find_wrong_groups
from fathom.graph.validation.fault_classes import Fault, FaultClass, Relationship
from fathom.sql import batched

CHECKED_AT_ONCE = 5000  # assertions
EMPTY = "MATCH (p:Episodic) WHERE p.uuid IN $uuids AND (p.content IS NULL OR trim(p.content) = '') RETURN p.uuid AS uuid"
MENTIONS = f"""
MATCH (n:Episodic)-[r]->(m) WHERE n.uuid IN $uuids
RETURN {RELATIONSHIP_COLUMNS}, null AS size, null AS reversed, r.asserts AS asserts
"""


def find_episode_faults(collection: InspectedCollection, facts: UuidSet) -> Iterator[Fault]:
    """Yields the faults of the episodes and their mentions; `facts` are the uuids of all facts. Raises GraphUnreachable."""
    for uuids in collection.pages("Episodic"):
        for row in collection.connection.read(EMPTY, uuids=uuids):
            yield Fault(FaultClass.EPISODE_WITHOUT_CONTENT, row["uuid"], f"episode {row['uuid']} has no text")
        yield from _mention_faults(collection, uuids, facts)


def _mention_faults(collection: InspectedCollection, uuids: Sequence[str], facts: UuidSet) -> list[Fault]:
    found: list[Fault] = []
    for edges in batched(collection.relationships(MENTIONS, uuids), CHECKED_AT_ONCE):
        found += find_wrong_groups(collection.name, edges)
        asserted = [(edge, *_asserted(packed)) for edge in edges for packed in edge.asserts or ()]
        known = facts.contains([fact for _, fact, _ in asserted])
        for (edge, fact, episode), there in zip(asserted, known, strict=True):
            if not there:
                found.append(_dangling(edge, f"names the fact {fact}, which is missing"))
            elif episode != edge.source:
                found.append(_dangling(edge, f"is of the episode {episode}"))
    return found


def _dangling(edge: Relationship, why: str) -> Fault:
    detail = f"an assertion of the mention of {edge.target} by the episode {edge.source} {why}"
    return Fault(FaultClass.MENTION_ASSERTS_MISSING_FACT, edge.source, detail, edge)


def _asserted(packed: str) -> tuple[str, str]:
    """Returns the uuids of fact and episode of a packed assertion."""
    try:
        fact, episode, *_ = json.loads(packed)
    except (ValueError, TypeError):
        return "", ""
    return str(fact), str(episode)
