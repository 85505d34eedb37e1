"""Finds the faults of a collection's facts, and of other relationships that start at its entities."""

from __future__ import annotations

from collections.abc import Iterator

from fathom.graph.read.uuid_set import UuidSet
from fathom.graph.validation.collection_pages import RELATIONSHIP_COLUMNS, InspectedCollection, find_wrong_groups
from fathom.graph.validation.fault_classes import Fault, FaultClass, Relationship

FACT = "RELATES_TO"
FACTS = f"""
MATCH (n:Entity)-[r]->(m) WHERE n.uuid IN $uuids
RETURN {RELATIONSHIP_COLUMNS}, size(r.fact_embedding), r.valid_at > r.invalid_at
"""


def find_fact_faults(collection: InspectedCollection, facts: UuidSet) -> Iterator[Fault]:
    """Yields the faults of the facts, a page in memory; adds the uuids of all facts to `facts`. Raises GraphUnreachable."""
    for uuids in collection.pages("Entity"):
        found: list[Fault] = []  # no reading is open while the caller changes what was found
        for edge in collection.relationships(FACTS, uuids):
            found += find_wrong_groups(collection.name, [edge])
            if edge.type == FACT:
                facts.add([edge.uuid or ""])
                found += _faults_of(edge, collection.dimension)
        yield from found


def _faults_of(edge: Relationship, dimension: int) -> Iterator[Fault]:
    uuid = edge.uuid or ""
    if edge.source == edge.target:
        yield Fault(FaultClass.SELF_LOOP, uuid, f"fact {uuid} joins {edge.source} with itself", edge)
    if edge.is_reversed:
        yield Fault(FaultClass.VALID_AT_AFTER_INVALID_AT, uuid, f"fact {uuid} ends before it begins", edge)
    if edge.size is None:
        yield Fault(FaultClass.MISSING_EMBEDDING, uuid, f"fact {uuid} has no embedding", edge)
    elif edge.size != dimension:
        detail = f"fact {uuid} has an embedding of {edge.size} numbers instead of {dimension}"
        yield Fault(FaultClass.WRONG_SIZE_EMBEDDING, uuid, detail, edge)
