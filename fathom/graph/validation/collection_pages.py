"""Reads the episodes and entities of a collection in pages, with the relationships that start at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fathom.graph.read.collection_uuids import CollectionUuids
from fathom.graph.validation.fault_classes import Fault, FaultClass, Relationship
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.curation_overrides import NO_OVERRIDES, CurationOverrides

PAGE = 500  # nodes a query; the relationships of a page are streamed


@dataclass(frozen=True)
class InspectedCollection:
    """A collection in the graph, the length of its embedder's vectors, and the decisions of people on it."""

    connection: GraphConnection
    name: str
    dimension: int
    overrides: CurationOverrides = NO_OVERRIDES

    def pages(self, label: str) -> Iterator[Sequence[str]]:
        """Yields the uuids of the nodes with the label in their order, a page at a time."""
        yield from CollectionUuids(self.connection, label, self.name).pages(PAGE)

    def relationships(self, query: str, uuids: Sequence[str]) -> Iterator[Relationship]:
        """Yields the rows of a query for Relationship's columns."""
        for row in self.connection.stream(query, uuids=list(uuids)):
            yield Relationship(*row)


# Aliases, since the embedded server returns columns of the same text once.
RELATIONSHIP_COLUMNS = """
n.uuid AS source, m.uuid AS target, [label IN labels(n) WHERE label IN ['Entity', 'Episodic']][0] AS start,
[label IN labels(m) WHERE label IN ['Entity', 'Episodic']][0] AS label, r.uuid AS uuid, type(r) AS type,
r.group_id AS group_id, m.group_id AS target_group
"""


def find_wrong_groups(collection: str, edges: Iterable[Relationship]) -> Iterator[Fault]:
    """Yields the relationships whose group is not that of their ends, and those that leave the collection."""
    for edge in edges:
        if edge.target_group != collection:
            detail = f"{edge.type} of {collection} leads to {edge.target} of {edge.target_group}"
            yield Fault(FaultClass.WRONG_GROUP, edge.uuid or "", detail, edge)
        elif edge.group != collection:
            detail = f"{edge.type} between nodes of {collection} has the group_id {edge.group}"
            yield Fault(FaultClass.WRONG_GROUP, edge.uuid or "", detail, edge)
