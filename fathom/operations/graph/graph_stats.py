"""Collects the statistics of the graph: counts, indexes, storage, queries, collections, growth."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.graph.collection_counts import CollectionCount, collection_counts
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.graph_counts import GraphCounts, graph_counts
from fathom.graphdb.index_states import IndexState, index_issues, index_states
from fathom.graphdb.server_version import server_version
from fathom.graphdb.storage_sizes import StorageSizes, storage_sizes
from fathom.settings import Settings
from fathom.tables import episodes

COUNT_WITHIN_S = 0.1
GROWTH_DAYS = 30
_DAY_S = 86_400


class NodeTotals(BaseModel):
    """Nodes, in total and by label; an entity counts for each of its labels."""

    total: int
    by_label: dict[str, int]


class RelationshipTotals(BaseModel):
    """Relationships, in total and by type."""

    total: int
    by_type: dict[str, int]


class IndexTotals(BaseModel):
    """The indexes, their types, and each with its state."""

    total: int
    types: list[str]
    details: list[IndexState]


class QueryPerformance(BaseModel):
    """Fathom's own queries on this host in the last hour."""

    query_count_last_hour: int
    avg_query_time_ms: float | None


class CollectionTotals(BaseModel):
    """The content of a collection; entities and facts are as of `counted_at`, None where they were not counted yet."""

    episodes: int
    documents: int
    entities: int | None = None
    facts: int | None = None
    counted_at: datetime | None = None
    current: bool = Field(False, description="whether nobody has written to the collection since it was counted")


class DayGrowth(BaseModel):
    """The episodes written on a day (UTC) that are still in the graph, and the mentions and facts in them."""

    day: date
    episodes: int
    mentions: int
    facts: int


class GraphStats(BaseModel):
    """The statistics of the graph; for a single collection, only what concerns it."""

    model_config = ConfigDict(frozen=True)

    status: str = Field(description="healthy, or degraded where an index is missing or not online")
    server: str = Field(description="arcadedb (embedded) or neo4j")
    version: str
    database: str
    nodes: NodeTotals
    relationships: RelationshipTotals
    indexes: IndexTotals | None = None
    storage: StorageSizes | None = None
    performance: QueryPerformance | None = None
    collections: dict[str, CollectionTotals]
    growth: list[DayGrowth] = Field(description=f"of the last {GROWTH_DAYS} days; days without episodes are left out")
    took_ms: float = 0.0


def graph_stats(
    settings: Settings, connection: GraphConnection, collection: str | None = None, *, exact: bool = False
) -> GraphStats:
    """Returns the statistics of the graph, or of a collection.

    Entities and facts of a collection that was written since they were counted are counted again, as far as that takes a tenth
    of a second, or completely with `exact`. Raises GraphUnreachable.
    """
    start = time.perf_counter()
    engine = open_database(settings.operational_url)
    counted = collection_counts(connection, engine, within_s=None if exact else COUNT_WITHIN_S, only=collection)
    collections = _collections(engine, counted, collection)
    states = index_states(connection)
    whole: dict[str, Any] = {}
    if collection is None:
        counts = graph_counts(connection)
        hour = connection.tally.last_hour()
        mean_ms = None if hour.mean_ms is None else round(hour.mean_ms, 2)
        whole = {
            "indexes": IndexTotals(total=len(states), types=sorted({index.type for index in states}), details=states),
            "storage": storage_sizes(settings, connection),
            "performance": QueryPerformance(query_count_last_hour=hour.queries, avg_query_time_ms=mean_ms),
        }
    else:
        counts = _counts_of(collections.get(collection))
    return GraphStats(
        status="degraded" if counts.nodes and index_issues(states) else "healthy",
        server="arcadedb" if connection.address.embedded else "neo4j",
        version=server_version(connection),
        database=connection.address.database,
        nodes=NodeTotals(total=counts.nodes, by_label=dict(counts.by_label)),
        relationships=RelationshipTotals(total=counts.relationships, by_type=dict(counts.by_type)),
        collections=collections,
        growth=_growth(engine, collection),
        took_ms=round((time.perf_counter() - start) * 1000, 1),
        **whole,
    )


def _collections(engine: Engine, counted: dict[str, CollectionCount], only: str | None) -> dict[str, CollectionTotals]:
    c = episodes.c
    query = sa.select(c.collection, sa.func.count(), sa.func.count(sa.distinct(c.document))).where(c.state == "written")
    if only is not None:
        query = query.where(c.collection == only)
    with engine.connect() as database:
        written = {row[0]: (row[1], row[2]) for row in database.execute(query.group_by(c.collection))}
    found = {}
    for name in sorted({*written, *counted}):
        of_ledger, of_graph = written.get(name, (0, 0)), counted.get(name)
        totals = CollectionTotals(episodes=of_ledger[0], documents=of_ledger[1])
        if of_graph is not None:
            at = datetime.fromtimestamp(of_graph.counted_at, UTC)
            known = {"entities": of_graph.entities, "facts": of_graph.facts, "counted_at": at, "current": of_graph.current}
            totals = totals.model_copy(update=known)
        found[name] = totals
    return found


def _growth(engine: Engine, only: str | None) -> list[DayGrowth]:
    c = episodes.c
    first = datetime.combine((datetime.now(UTC) - timedelta(days=GROWTH_DAYS - 1)).date(), datetime.min.time(), UTC)
    day = (sa.cast(c.written_at, sa.BigInteger) // _DAY_S).label("day")
    query = sa.select(day, sa.func.count(), sa.func.sum(c.entities), sa.func.sum(c.facts))
    query = query.where(c.state == "written", c.written_at >= first.timestamp())
    if only is not None:
        query = query.where(c.collection == only)
    with engine.connect() as database:
        rows = database.execute(query.group_by(day).order_by(day)).all()
    return [
        DayGrowth(
            day=datetime.fromtimestamp(row[0] * _DAY_S, UTC).date(), episodes=row[1], mentions=row[2] or 0, facts=row[3] or 0
        )
        for row in rows
    ]


def _counts_of(totals: CollectionTotals | None) -> GraphCounts:
    """Returns what is known of a single collection: episodes by the ledger, entities and facts by their count."""
    labels = {} if totals is None else {"Entity": totals.entities or 0, "Episodic": totals.episodes}
    facts = 0 if totals is None else totals.facts or 0
    return GraphCounts(sum(labels.values()), labels, facts, {"RELATES_TO": facts})
