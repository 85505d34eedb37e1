"""Deletes all nodes and relationships of a collection, or of the whole graph, in bounded transactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

LABELS = (":Episodic", ":Entity", ":Community", ":Saga", "")  # those of collections have an index; the last finds the rest
MAX_DELETED = 2000  # nodes or relationships a transaction
_RELATIONSHIPS = "MATCH (n{label})-[r]-() WHERE {where} WITH DISTINCT r LIMIT $most DELETE r"
_NODES = "MATCH (n{label}) WHERE {where} WITH n LIMIT $most DELETE n"


@dataclass(frozen=True)
class DeletedCounts:
    """The numbers of deleted nodes and relationships."""

    nodes: int
    relationships: int


def clear_collection(
    connection: GraphConnection, collection: str | None, on_deleted: Callable[[int], None] = lambda nodes: None
) -> DeletedCounts:
    """Deletes the nodes of the collection with their relationships; all of the graph without one, except fencing tokens.

    Can be repeated after it was interrupted. Only the collection's writer may call this. `on_deleted` is called after each
    transaction with the number of nodes or relationships. Raises GraphUnreachable, LeaseLost.
    """
    nodes = relationships = 0
    for label in LABELS:
        while deleted := _delete(connection, _RELATIONSHIPS, label, collection):
            relationships += deleted
            on_deleted(deleted)
        while deleted := _delete(connection, _NODES, label, collection):
            nodes += deleted
            on_deleted(deleted)
    return DeletedCounts(nodes, relationships)


def _delete(connection: GraphConnection, cypher: str, label: str, collection: str | None) -> int:
    where = "n.group_id = $collection" if collection is not None else f"NOT n:{LABEL}"
    query = cypher.format(label=label, where=where)

    def delete(tx: ManagedTransaction) -> int:
        counters = tx.run(query, collection=collection, most=MAX_DELETED).consume().counters
        return int(counters.nodes_deleted + counters.relationships_deleted)

    return connection.write(delete)
