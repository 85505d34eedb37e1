"""Streams nodes and relationships from the graph, with memory that does not grow with their number.

Both servers send the rows of a query while they read them. The embedded server ends a query after a fixed time, even while it
waits for its client, so a long reading is continued by another query from the row that it had reached.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from fathom.graph.content.graph_records import EMBEDDINGS, FACT, NodeRecord, RelationshipRecord, Selection
from fathom.graphdb.arcadedb_process import COMMAND_TIMEOUT_MS
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL

INDEXED_LABELS = ("Episodic", "Entity")  # of nodes that Fathom writes, which are found by their uuid
SEGMENT_S = COMMAND_TIMEOUT_MS / 1000 / 3  # a consumer may take twice as long over a single row


class RecordReader:
    """Reads the selected part of a graph; each method can be called again, and reads anew."""

    def __init__(self, connection: GraphConnection, selection: Selection | None = None) -> None:
        self._connection = connection
        self._selection = selection or Selection()

    def nodes(self) -> Iterator[NodeRecord]:
        """Yields the nodes, at most the selection's limit. Raises GraphUnreachable."""
        columns = f"elementId(n), labels(n), {self._properties('n')}"
        rows = self._rows(f"MATCH (n) WHERE {' AND '.join(self._node_conditions('n'))} RETURN {columns}")
        with closing(rows):
            for identity, labels, properties in islice(rows, self._selection.limit):
                yield NodeRecord(identity, tuple(labels), properties)

    def relationships(self) -> Iterator[RelationshipRecord]:
        """Yields the relationships between nodes of the selection, regardless of its limit. Raises GraphUnreachable."""
        columns = f"elementId(r), type(r), elementId(n), elementId(m), {self._properties('r')}"
        where = " AND ".join([*self._node_conditions("n"), *self._node_conditions("m"), *self._edge_conditions()])
        for row in self._rows(f"MATCH (n)-[r]->(m) WHERE {where} RETURN {columns}"):
            yield RelationshipRecord(*row)

    def nodes_with(self, uuids: Sequence[str]) -> Iterator[NodeRecord]:
        """Yields the nodes of collections that have these uuids, few enough for a query. Raises GraphUnreachable."""
        columns = f"elementId(n), labels(n), {self._properties('n')}"
        for label in INDEXED_LABELS:
            for row in self._connection.stream(f"MATCH (n:{label}) WHERE n.uuid IN $uuids RETURN {columns}", uuids=uuids):
                yield NodeRecord(row[0], tuple(row[1]), row[2])

    def relationships_around(self, uuids: Sequence[str]) -> Iterator[RelationshipRecord]:
        """Yields the relationships of such nodes, some of them twice. Raises GraphUnreachable."""
        columns = f"elementId(r), type(r), elementId(startNode(r)), elementId(endNode(r)), {self._properties('r')}"
        for label in INDEXED_LABELS:
            query = f"MATCH (n:{label})-[r]-() WHERE n.uuid IN $uuids RETURN {columns}"
            for row in self._connection.stream(query, uuids=uuids):
                yield RelationshipRecord(*row)

    def _properties(self, name: str) -> str:
        if self._selection.embeddings:
            return f"properties({name})"
        return f"{name}{{.*, {', '.join(f'{embedding}: NULL' for embedding in EMBEDDINGS)}}}"

    def _node_conditions(self, node: str) -> list[str]:
        """Returns the conditions for a node of the selection."""
        chosen = self._selection
        found = [f"NOT {node}:{LABEL}"]
        if chosen.collection is not None:
            found.append(f"{node}.group_id = $collection")
        if chosen.labels:
            found.append(f"any(label IN labels({node}) WHERE label IN $labels)")
        if chosen.at is not None and chosen.basis == "recorded":
            found.append(f"({node}.created_at IS NULL OR {node}.created_at <= $at)")
        return found

    def _edge_conditions(self) -> list[str]:
        """Returns the conditions for a relationship r: of facts, those that held at the selection's time."""
        if self._selection.at is None:
            return []
        since, until = ("valid_at", "invalid_at") if self._selection.basis == "valid" else ("created_at", "expired_at")
        holds = f"(r.{since} IS NULL OR r.{since} <= $at) AND (r.{until} IS NULL OR r.{until} > $at)"
        if self._selection.basis == "valid":
            holds += " AND r.retired_at IS NULL"  # a fact that a person retired never held in the world
        return [f"(type(r) <> '{FACT}' OR ({holds}))"]

    def _rows(self, cypher: str) -> Generator[Sequence[Any], None, None]:
        chosen = self._selection
        parameters = {"collection": chosen.collection, "labels": list(chosen.labels), "at": chosen.at}
        return stream_rows(self._connection, cypher, **parameters)


def stream_rows(connection: GraphConnection, cypher: str, **parameters: Any) -> Generator[Sequence[Any], None, None]:
    """Yields the rows of a query that may take longer than the embedded server allows. Raises GraphUnreachable.

    There it is continued by another query, so it must return its rows in the same order again.
    """
    if not connection.address.embedded:
        yield from connection.stream(cypher, **parameters)
        return
    position, complete = 0, False
    while not complete:
        complete = True
        began = time.monotonic()
        with closing(connection.stream(f"{cypher} SKIP $position", position=position, **parameters)) as rows:
            for row in rows:
                position += 1
                yield row
                if time.monotonic() - began > SEGMENT_S:
                    complete = False
                    break
