"""Creates nodes and relationships from records, in bounded transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord
from fathom.graphdb.connection import GraphConnection

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

NODES_A_TRANSACTION = 1000
RELATIONSHIPS_A_TRANSACTION = 5000

_CREATE_NODES = "UNWIND $rows AS row CREATE (n{labels}) SET n = row.properties RETURN row.id AS id, elementId(n) AS created"
_CREATE_RELATIONSHIPS = """
UNWIND $rows AS row MATCH (a) WHERE elementId(a) = row.source MATCH (b) WHERE elementId(b) = row.target
CREATE (a)-[r:{kind}]->(b) SET r = row.properties
"""


class RecordWriter:
    """Creates records in the graph; relationships refer to nodes that it created, by the ids of their records.

    It does not merge: what is created twice is there twice.
    """

    def __init__(self, connection: GraphConnection) -> None:
        self._connection = connection
        self._created: dict[str, str] = {}

    def create_nodes(self, nodes: Iterable[NodeRecord]) -> int:
        """Creates the nodes; returns their number. Raises GraphUnreachable, LeaseLost."""
        count = 0
        for labels, rows in _grouped(((node.labels, _node_row(node)) for node in nodes), NODES_A_TRANSACTION):
            cypher = _CREATE_NODES.format(labels="".join(f":{quoted(label)}" for label in sorted(labels)))
            self._created |= self._run(cypher, rows)
            count += len(rows)
        return count

    def create_relationships(self, relationships: Iterable[RelationshipRecord]) -> int:
        """Creates the relationships; returns their number. Raises GraphUnreachable, LeaseLost, KeyError for an unknown node."""
        count = 0
        of_type = ((edge.type, self._relationship_row(edge)) for edge in relationships)
        for kind, rows in _grouped(of_type, RELATIONSHIPS_A_TRANSACTION):
            self._run(_CREATE_RELATIONSHIPS.format(kind=quoted(kind)), rows)
            count += len(rows)
        return count

    def _relationship_row(self, edge: RelationshipRecord) -> dict[str, Any]:
        ends = {"source": self._created[edge.source], "target": self._created[edge.target]}
        return {**ends, "properties": dict(edge.properties)}

    def _run(self, cypher: str, rows: list[dict[str, Any]]) -> Mapping[str, str]:
        def create(tx: ManagedTransaction) -> dict[str, str]:
            found = tx.run(cypher, rows=rows)
            return {row["id"]: row["created"] for row in found}

        return self._connection.write(create)


def quoted(name: str) -> str:
    """Returns a label or type as Cypher spells it."""
    return "`" + name.replace("`", "``") + "`"


def _node_row(node: NodeRecord) -> dict[str, Any]:
    return {"id": node.id, "properties": dict(node.properties)}


def _grouped(items: Iterable[tuple[Any, dict[str, Any]]], size: int) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Yields the rows in groups of the same key, of at most `size`; all groups together hold at most four times as many."""
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    held = 0
    for key, row in items:
        groups[key].append(row)
        held += 1
        if len(groups[key]) == size:
            held -= size
            yield key, groups.pop(key)
        elif held >= 4 * size:
            largest = max(groups, key=lambda name: len(groups[name]))
            held -= len(groups[largest])
            yield largest, groups.pop(largest)
    yield from groups.items()
