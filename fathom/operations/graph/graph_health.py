"""Judges the health of the graph: its server, its indexes, its disk, and whether the ledger agrees with it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from fathom.database import open_database
from fathom.errors import DatabaseUnreachable, GraphUnreachable
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.graph_counts import graph_counts
from fathom.graphdb.index_states import index_issues, index_states
from fathom.graphdb.server_version import server_version, version_issue
from fathom.graphdb.storage_sizes import free_disk_gb
from fathom.ledger.unfinished_restores import UnfinishedRestores
from fathom.settings import Settings
from fathom.tables import episodes, writer_leases
from fathom.thresholds import THRESHOLDS

HealthStatus = Literal["healthy", "degraded", "unhealthy"]


class GraphHealth(BaseModel):
    """The health of the graph; each issue is a sentence with what to do about it."""

    model_config = ConfigDict(frozen=True)

    status: HealthStatus
    connection: Literal["connected", "disconnected"]
    latency_ms: float | None = Field(description="duration of a trivial query")
    last_check: datetime
    version: str | None = None
    issues: list[str]


def graph_health(settings: Settings, connection: GraphConnection) -> GraphHealth:
    """Returns the health of the graph; an unreachable graph is unhealthy, no error."""
    checked = datetime.now(UTC)
    try:
        connection.verify()
        latency_ms = connection.verify() * 1000
        version = server_version(connection)
        critical, issues = _issues(settings, connection, latency_ms, version)
    except GraphUnreachable as error:
        said = f"{error.message} {error.what_to_do}".strip()
        return GraphHealth(status="unhealthy", connection="disconnected", latency_ms=None, last_check=checked, issues=[said])
    return GraphHealth(
        status="unhealthy" if critical else "degraded" if issues else "healthy",
        connection="connected",
        latency_ms=round(latency_ms, 2),
        last_check=checked,
        version=version,
        issues=[*critical, *issues],
    )


def _issues(settings: Settings, connection: GraphConnection, latency_ms: float, version: str) -> tuple[list[str], list[str]]:
    """Returns the issues that make the graph unhealthy, and the others."""
    limits = THRESHOLDS.graph_server
    critical, issues = [], []
    if unsupported := version_issue(version, embedded=connection.address.embedded):
        critical.append(unsupported)
    if latency_ms > limits.max_latency_ms:
        what = "Look for long queries and at the host's load; raise FATHOM_GRAPH_HEAP_MB for a large embedded graph."
        issues.append(f"A trivial query took {latency_ms:.0f} ms. {what}")
    free = free_disk_gb(settings, connection)
    if free is not None and free < limits.min_free_disk_gb:
        full = critical if free < limits.critical_free_disk_gb else issues
        full.append(f"The disk of the graph has {free:.1f} GB left. Free some space, or move FATHOM_HOME to a larger disk.")
    counts = graph_counts(connection)
    if counts.nodes:  # the schema is created with the first document
        issues += index_issues(index_states(connection))
    try:
        critical += _restore_issues(settings)
        issues += _ledger_issues(settings, connection, counts.by_label.get("Episodic", 0))
    except DatabaseUnreachable as error:
        issues.append(f"The ledger cannot be compared with the graph: {error.message} {error.what_to_do}".strip())
    return critical, issues


def _restore_issues(settings: Settings) -> list[str]:
    """Returns the collections that an interrupted restore left incomplete."""
    unfinished = UnfinishedRestores(open_database(settings.operational_url)).all()
    return [
        f"The collection {collection} is incomplete and takes no writes: its restore from the backup {backup} is not done. "
        f"Where it was interrupted, `fathom graph restore {backup}` finishes it."
        for collection, backup in sorted(unfinished.items())
    ]


def _ledger_issues(settings: Settings, connection: GraphConnection, in_graph: int) -> list[str]:
    """Compares the numbers of episodes; counts by collection only where the totals differ, and none that is being written."""
    c = episodes.c
    query = sa.select(c.collection, sa.func.count()).where(c.state == "written").group_by(c.collection)
    with open_database(settings.operational_url).connect() as database:
        written = {row[0]: int(row[1]) for row in database.execute(query)}
        busy = set(database.scalars(sa.select(writer_leases.c.collection).where(writer_leases.c.expires_at > time.time())))
    most = THRESHOLDS.graph_server.max_episode_difference
    if abs(sum(written.values()) - in_graph) <= most or busy:
        return []
    found = connection.read("MATCH (p:Episodic) RETURN p.group_id AS collection, count(*) AS n")
    held = {str(row["collection"]): int(row["n"]) for row in found}
    names = sorted({*written, *held})
    differ = [name for name in names if abs(written.get(name, 0) - held.get(name, 0)) > most]
    return [
        f"The ledger has {written.get(name, 0)} episodes of {name} as written, the graph has {held.get(name, 0)}. "
        f"See `fathom episodes verify --collection {name}`; `fathom episodes repair` makes them agree."
        for name in differ
    ]
