"""Finds the faults of entities: in their embeddings, and values that differ from those by their mentions and facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fathom.graph.validation.collection_pages import InspectedCollection
from fathom.graph.validation.fault_classes import Fault, FaultClass
from fathom.graph.write.aggregates import elect, read_votes, type_labels
from fathom.graph.write.summaries import StoredSummary, read_summaries
from fathom.knowledge.assertions import parse_timestamp
from fathom.knowledge.curation_overrides import CurationOverrides

NONE = -1  # the size of no embedding
SIZES = f"MATCH (n:Entity) WHERE n.uuid IN $uuids RETURN n.uuid AS uuid, coalesce(size(n.name_embedding), {NONE}) AS size"


def find_entity_faults(collection: InspectedCollection) -> Iterator[Fault]:
    """Yields the faults of the entities. Raises GraphUnreachable."""
    for uuids in collection.pages("Entity"):
        for row in collection.connection.read(SIZES, uuids=uuids):
            yield from _embedding_faults(row["uuid"], row["size"], collection.dimension)
        yield from _find_changed(collection, uuids)


def _find_changed(collection: InspectedCollection, uuids: Sequence[str]) -> Iterator[Fault]:
    """Yields the entities of which a value is not what their mentions and facts give."""
    votes = read_votes(collection.connection.read, uuids)
    summaries = read_summaries(collection.connection.read, uuids)
    for uuid in uuids:
        changed = [*_changed_values(votes[uuid], collection.overrides)] if uuid in votes else []
        changed += [*_changed_summary(summaries[uuid])] if uuid in summaries else []
        if changed:
            yield Fault(FaultClass.ENTITY_CHANGED_BY_HAND, uuid, f"entity {uuid}: {', '.join(changed)}")


def _changed_values(votes: Sequence[Mapping[str, Any]], overrides: CurationOverrides) -> Iterator[str]:
    stored, labels, elected = votes[0], type_labels(votes), elect(votes, overrides)
    if stored["held"] != elected.name:
        yield f"its name is {stored['held']!r}, its mentions give {elected.name!r}"
    wanted = {elected.type} if elected.type else set[str]()
    if wanted - labels or (labels & elected.given) - wanted:
        yield f"its type is {', '.join(sorted(labels)) or 'none'}, its mentions give {elected.type or 'none'}"
    if elected.since != parse_timestamp(stored["since"]):
        yield "its date is not that of its first mention"
    if elected.confidence != stored["sure"]:
        yield "its confidence is not the highest of its mentions"


def _changed_summary(summary: StoredSummary) -> Iterator[str]:
    if summary.present == summary.fresh:
        return
    if summary.is_changed or not summary.is_foreign:
        yield "its summary is not what its facts give"


def _embedding_faults(uuid: str, size: int, dimension: int) -> Iterator[Fault]:
    if size == NONE:
        yield Fault(FaultClass.MISSING_EMBEDDING, uuid, f"entity {uuid} has no embedding")
    elif size != dimension:
        detail = f"entity {uuid} has an embedding of {size} numbers instead of {dimension}"
        yield Fault(FaultClass.WRONG_SIZE_EMBEDDING, uuid, detail)
