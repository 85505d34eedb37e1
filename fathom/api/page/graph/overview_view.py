"""The data of the page `/graph`: health, figures, growth, collections, labels and types, indexes, the last backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fathom.api.page import figures_in_words as words
from fathom.api.page.graph.collection_choice import address
from fathom.api.page.graph.growth_bars import GrowthBars, growth_bars
from fathom.graph.backup.backup_catalog import BackupDescription
from fathom.graphdb.index_states import ONLINE, IndexState
from fathom.graphdb.storage_sizes import MB, StorageSizes
from fathom.operations.graph.graph_health import GraphHealth
from fathom.operations.graph.graph_stats import CollectionTotals, GraphStats, QueryPerformance

HEALTH_DOTS = {"healthy": "complete", "degraded": "partial", "unhealthy": "failed"}
_WELL = "It answers, its indexes are online, and the ledger agrees with it."


@dataclass(frozen=True)
class BackupLine:
    """The state of the last backup in a sentence."""

    dot: str
    sentence: str


@dataclass(frozen=True)
class OverviewData:
    """The data of the page; `problem` says why there are no statistics, `backup` is None for a key of a single collection."""

    collection: str | None
    stats: GraphStats | None = None
    health: GraphHealth | None = None
    backup: BackupLine | None = None
    problem: str | None = None


@dataclass(frozen=True)
class HealthBox:
    """The health in a word and a sentence, and the issues, which may hold commands in backticks."""

    dot: str
    status: str
    sentence: str
    issues: list[str]


@dataclass(frozen=True)
class NamedCount:
    """A label or type with the number of those that have it."""

    name: str
    count: str


@dataclass(frozen=True)
class CollectionLine:
    """A collection with its figures."""

    name: str
    address: str
    documents: str
    episodes: str
    entities: str
    facts: str
    counted: str


@dataclass(frozen=True)
class IndexLine:
    """An index with its state."""

    name: str
    dot: str
    state: str
    type: str
    of: str


@dataclass(frozen=True)
class GraphOverview:
    """The whole page."""

    template: ClassVar[str] = "graph/overview.html"
    collection: str | None
    entities_address: str
    problem: str | None
    health: HealthBox | None
    figures: list[tuple[str, str]]
    growth: GrowthBars | None
    collections: list[CollectionLine]
    labels: list[NamedCount]
    types: list[NamedCount]
    indexes: list[IndexLine]
    indexes_said: str
    backup: BackupLine | None


def graph_overview(found: OverviewData) -> GraphOverview:
    """Returns the page."""
    stats, now = found.stats, datetime.now(UTC)
    indexes = [_index(index) for index in stats.indexes.details] if stats and stats.indexes else []
    return GraphOverview(
        collection=found.collection,
        entities_address=address("/graph/entities", collection=found.collection),
        problem=found.problem,
        health=_health(found.health, now) if found.health else None,
        figures=_figures(stats) if stats else [],
        growth=growth_bars(stats.growth, now.date()) if stats else None,
        collections=[_collection(name, totals, now) for name, totals in stats.collections.items()] if stats else [],
        labels=_counts(stats.nodes.by_label) if stats else [],
        types=_counts(stats.relationships.by_type) if stats else [],
        indexes=indexes,
        indexes_said=_indexes_said(indexes),
        backup=found.backup,
    )


def _health(health: GraphHealth, now: datetime) -> HealthBox:
    latency = "" if health.latency_ms is None else f" A query takes {health.latency_ms:.1f} ms."
    looked = f"{_WELL}{latency}" if not health.issues else f"{words.many(len(health.issues), 'issue')}.{latency}"
    checked = words.ago(health.last_check, now)
    return HealthBox(HEALTH_DOTS[health.status], health.status, f"{looked} Looked at {checked}.", health.issues)


def _figures(stats: GraphStats) -> list[tuple[str, str]]:
    return [
        ("Nodes", words.number(stats.nodes.total)),
        ("Relationships", words.number(stats.relationships.total)),
        ("Documents", words.number(sum(one.documents for one in stats.collections.values()))),
        ("Server", f"{'embedded' if stats.server == 'arcadedb' else 'Neo4j'} {stats.version}"),
        *(_storage(stats.storage) if stats.storage else []),
        *(_performance(stats.performance) if stats.performance else []),
    ]


def _storage(storage: StorageSizes) -> list[tuple[str, str]]:
    sizes = (
        ("On disk", storage.size_mb),
        ("of nodes", storage.node_store_mb),
        ("of relationships", storage.relationship_store_mb),
        ("Free on the disk", storage.free_mb),
    )
    return [(name, words.size(round(size * MB))) for name, size in sizes if size is not None]


def _performance(performance: QueryPerformance) -> list[tuple[str, str]]:
    found = [("Queries in the last hour", words.number(performance.query_count_last_hour))]
    if performance.avg_query_time_ms is not None:
        found.append(("Mean time of a query", words.seconds(performance.avg_query_time_ms / 1000)))
    return found


def _collection(name: str, totals: CollectionTotals, now: datetime) -> CollectionLine:
    counted = "not counted yet" if totals.counted_at is None else f"counted {words.ago(totals.counted_at, now)}"
    return CollectionLine(
        name=name,
        address=address("/graph", collection=name),
        documents=words.number(totals.documents),
        episodes=words.number(totals.episodes),
        entities=words.number(totals.entities),
        facts=words.number(totals.facts),
        counted="" if totals.current else counted,
    )


def _counts(counts: Mapping[str, int]) -> list[NamedCount]:
    return [NamedCount(name, words.number(count)) for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]


def _index(index: IndexState) -> IndexLine:
    online = index.state == ONLINE
    built = "" if online or index.population_percent is None else f", {index.population_percent:.0f} % built"
    on = f"{', '.join(index.labels_or_types)} ({', '.join(index.properties)})"
    state = "online" if online else f"{index.state.lower()}{built}"
    return IndexLine(index.name, "complete" if online else "failed", state, index.type.lower(), on)


def _indexes_said(indexes: Sequence[IndexLine]) -> str:
    off = sum(index.state != "online" for index in indexes)
    return f"{words.many(len(indexes), 'index', 'indexes')}, {f'{off} not online' if off else 'all online'}"


def last_backup(backups: Sequence[BackupDescription], now: datetime) -> BackupLine:
    """Returns the state of the first of the backups, which is the last that was made."""
    if not backups:
        return BackupLine("failed", "There is no backup.")
    last = backups[0]
    what = f"of {last.scope}" if last.scope else "of all collections"
    made = f"The last of {words.many(len(backups), 'backup')} was made {words.ago(moment(last.created_at), now)}, {what}"
    if last.proof is None:
        return BackupLine("partial", f"{made}. It was never proven.")
    proven = "proven" if last.proof.proven else "found not to restore"
    sentence = f"{made}, and {proven} {words.ago(moment(last.proof.at), now)}."
    return BackupLine("complete" if last.proof.proven else "failed", sentence)


def moment(at: float) -> datetime:
    """Returns the moment of seconds since 1970."""
    return datetime.fromtimestamp(at, UTC)
