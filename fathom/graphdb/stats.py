"""Health and statistics of the graph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fathom.errors import GraphUnreachable
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL

SLOW_MS = 1000.0  # a trivial query that takes longer indicates an overloaded server


def graph_health(connection: GraphConnection) -> dict[str, Any]:
    """Returns `healthy`, `degraded` or `unhealthy`, with latency and issues; an unreachable graph is unhealthy, no error."""
    checked = datetime.now(UTC).isoformat()
    try:
        connection.verify()
        latency = connection.verify() * 1000
    except GraphUnreachable as error:
        return {
            "status": "unhealthy",
            "connection": "disconnected",
            "latency_ms": None,
            "last_check": checked,
            "issues": [error.message],
        }
    issues = [f"A trivial query took {latency:.0f} ms."] if latency > SLOW_MS else []
    return {
        "status": "degraded" if issues else "healthy",
        "connection": "connected",
        "latency_ms": round(latency, 2),
        "last_check": checked,
        "issues": issues,
    }


def graph_stats(connection: GraphConnection) -> dict[str, Any]:
    """Counts nodes by label and relationships by type, without the WriterLease nodes. Raises GraphUnreachable."""
    labels: dict[str, int] = {}
    for row in connection.read("MATCH (n) UNWIND labels(n) AS label RETURN label, count(*) AS n"):
        labels[row["label"]] = row["n"]
    leases = labels.pop(LABEL, 0)
    types = {row["type"]: row["n"] for row in connection.read("MATCH ()-[r]->() RETURN type(r) AS type, count(*) AS n")}
    nodes = connection.read("MATCH (n) RETURN count(n) AS n")[0]["n"]
    groups = connection.read("MATCH (p:Episodic) RETURN p.group_id AS collection, count(*) AS n")
    return {
        "status": "healthy",
        "database": connection.address.database,
        "embedded": connection.address.embedded,
        "nodes": {"total": nodes - leases, "by_label": dict(sorted(labels.items()))},
        "relationships": {"total": sum(types.values()), "by_type": dict(sorted(types.items()))},
        "episodes_by_collection": {row["collection"]: row["n"] for row in groups},
    }
