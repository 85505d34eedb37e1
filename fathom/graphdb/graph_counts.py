"""Counts nodes by label and relationships by type from the counts that the servers keep, whatever the size of the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from fathom.graphdb.arcadedb_sql import run_sql
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL

_COUNTS = "CALL db.stats.retrieve('GRAPH COUNTS') YIELD data RETURN data.nodes AS nodes, data.relationships AS relationships"
_TYPES = "SELECT name, type, records FROM schema:types"
JOINED = "~"  # between the labels of a type of the embedded server


@dataclass(frozen=True)
class GraphCounts:
    """Nodes and relationships, in total and by name; Fathom's own nodes of writers' leases are not counted."""

    nodes: int
    by_label: Mapping[str, int]
    relationships: int
    by_type: Mapping[str, int]


def graph_counts(connection: GraphConnection) -> GraphCounts:
    """Returns the counts of the whole graph. Raises GraphUnreachable."""
    total, labels, types = _of_embedded(connection) if connection.address.embedded else _of_neo4j(connection)
    total -= labels.pop(LABEL, 0)
    return GraphCounts(total, dict(sorted(labels.items())), sum(types.values()), dict(sorted(types.items())))


def _of_neo4j(connection: GraphConnection) -> tuple[int, dict[str, int], dict[str, int]]:
    found = connection.read(_COUNTS)[0]
    labels = {row["label"]: row["count"] for row in found["nodes"] if "label" in row and row["count"]}
    total = sum(row["count"] for row in found["nodes"] if "label" not in row)
    types = {
        row["relationshipType"]: row["count"]
        for row in found["relationships"]
        if "relationshipType" in row and "startLabel" not in row and "endLabel" not in row and row["count"]
    }
    return total, labels, types


def _of_embedded(connection: GraphConnection) -> tuple[int, dict[str, int], dict[str, int]]:
    """The embedded server has a type for each combination of labels, named after all of them."""
    labels: Counter[str] = Counter()
    types: dict[str, int] = {}
    total = 0
    for row in run_sql(connection.address, _TYPES):
        name, records = str(row["name"]), int(row["records"])
        if row["type"] == "edge" and records:
            types[name] = records
        elif row["type"] == "vertex" and records:
            total += records
            labels.update(dict.fromkeys(name.split(JOINED), records))
    return total, dict(labels), types
