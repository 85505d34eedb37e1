"""The views of the graph's pages with hostile texts wherever a text comes from documents, files or people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fathom.api.page.graph.backups_view import backups_page
from fathom.api.page.graph.clear_page import ClearPage, clear_page
from fathom.api.page.graph.duplicates_view import duplicates_page
from fathom.api.page.graph.entities_page import entities_page
from fathom.api.page.graph.entity_page import RequestedFacts, entity_view
from fathom.api.page.graph.overview_view import BackupLine, OverviewData, graph_overview
from fathom.api.page.graph.validation_page import ValidationPage, validation_result
from fathom.api.page.page_templates import View
from fathom.graph.backup.archive_format import CollectionContents
from fathom.graph.backup.backup_catalog import BackupDescription, BackupProof
from fathom.graph.read.entity_profile import EntityFact, EntityHead
from fathom.graph.read.entity_search import EntitySummary
from fathom.graph.read.entity_views import EntityView, FactView, MentionView
from fathom.graph.read.neighbourhood import Neighbourhood, NeighbourLink, NeighbourNode
from fathom.graph.validation.fault_classes import FaultClass
from fathom.graph.validation.fault_tally import FaultCount, FaultExample, GraphValidation
from fathom.graphdb.index_states import IndexState
from fathom.graphdb.storage_sizes import StorageSizes
from fathom.operations.graph.clear_graph import ClearPlan
from fathom.operations.graph.curate import DecisionView
from fathom.operations.graph.duplicate_queue import DuplicateQueue, SuspectedDuplicate
from fathom.operations.graph.entity_profiles import EntityProfile, PlacedMention, ProfilePages
from fathom.operations.graph.graph_health import GraphHealth
from fathom.operations.graph.graph_stats import (
    CollectionTotals,
    DayGrowth,
    GraphStats,
    IndexTotals,
    NodeTotals,
    QueryPerformance,
    RelationshipTotals,
)
from fathom.security.api_keys import Caller

NOW = datetime.now(UTC)


def graph_views(nasty: str, caller: Caller) -> dict[str, Callable[[], View]]:
    """Returns the views by name."""
    return {
        "overview": lambda: graph_overview(overview_data(nasty)),
        "overview, away": lambda: graph_overview(OverviewData(nasty, problem=nasty)),
        "backups": lambda: backups_page([backup(nasty, scope) for scope in (nasty, None)], [nasty], caller, 0),
        "clear": lambda: clear_page(nasty, ClearPlan(collections=[nasty], documents=1, nodes=2, relationships=3), fixed=False),
        "clear, unknown": lambda: ClearPage(nasty, True, nasty, "", None),
        "validate": lambda: ValidationPage(nasty, False, validation_result(faults(nasty))),
        "entities": lambda: entities_page([summary(nasty)] * 51, nasty, nasty, 0, fixed=False),
        "entity": lambda: entity_view(profile(nasty), ProfilePages(facts_from=50), RequestedFacts(nasty)),
        "duplicates": lambda: duplicates_page(DuplicateQueue(total=2, pairs=[pair(nasty)]), [decision(nasty)], nasty, caller),
    }


def pair(nasty: str) -> SuspectedDuplicate:
    mention = MentionView(episode=nasty, document=nasty, name=nasty, type=nasty, sentence=nasty)
    side = EntityView(
        uuid=nasty,
        collection=nasty,
        name=nasty,
        types=[nasty],
        summary=nasty,
        names={nasty: 1},
        documents=[nasty],
        mentions=[mention],
        facts=[fact_view(nasty)],
    )
    return SuspectedDuplicate(collection=nasty, cosine=0.9, tentative=False, left=side, right=side)


def decision(nasty: str) -> DecisionView:
    return DecisionView(
        id=nasty,
        collection=nasty,
        kind="merge",
        what=nasty,
        reason=nasty,
        decided_by=nasty,
        decided_at=NOW.timestamp(),
        undone_by=None,
        undone_at=None,
        applied=True,
    )


def summary(nasty: str) -> EntitySummary:
    return EntitySummary(uuid=nasty, collection=nasty, name=nasty, types=[nasty], summary=nasty)


def fact_view(nasty: str) -> FactView:
    return FactView(
        uuid=nasty,
        source=nasty,
        relation=nasty,
        target=nasty,
        fact=nasty,
        valid_at=None,
        invalid_at=NOW,
        expired_at=NOW,
        retired_at=NOW,
        documents=[nasty] * 6,
    )


def profile(nasty: str) -> EntityProfile:
    head = EntityHead(nasty, nasty, nasty, [nasty], nasty, {nasty: 1}, {nasty: 1}, 70, 2)
    mention = MentionView(episode=nasty, document=nasty, name=nasty, type=nasty, sentence=nasty)
    around = Neighbourhood(
        [NeighbourNode(nasty, nasty, nasty, 9), NeighbourNode("b", nasty, "Person", 1)],
        [NeighbourLink(nasty, "b", 1, 0, [nasty])],
    )
    mentions = [PlacedMention(mention, place) for place in (None, 20)]
    return EntityProfile(head, 170, [EntityFact(fact_view(nasty), nasty, nasty)], mentions, around)


def overview_data(nasty: str) -> OverviewData:
    index = IndexState(
        name=nasty,
        type=nasty,
        state=nasty,
        population_percent=4.0,
        of="NODE",
        labels_or_types=[nasty],
        properties=[nasty],
        constraint=None,
    )
    stats = GraphStats(
        status="healthy",
        server="neo4j",
        version=nasty,
        database=nasty,
        nodes=NodeTotals(total=1, by_label={nasty: 1}),
        relationships=RelationshipTotals(total=1, by_type={nasty: 1}),
        indexes=IndexTotals(total=1, types=[nasty], details=[index]),
        storage=StorageSizes(size_mb=1.5),
        performance=QueryPerformance(query_count_last_hour=1, avg_query_time_ms=2.0),
        collections={nasty: CollectionTotals(episodes=1, documents=1)},
        growth=[DayGrowth(day=NOW.date(), episodes=1, mentions=2, facts=0)],
    )
    health = GraphHealth(status="degraded", connection="connected", latency_ms=1.0, last_check=NOW, issues=[nasty])
    return OverviewData(nasty, stats, health, BackupLine("failed", nasty))


def backup(nasty: str, scope: str | None) -> BackupDescription:
    contents = [
        CollectionContents(name=name, nodes=1, relationships=1, digest=nasty, documents=1, episodes=1) for name in (nasty, "b")
    ]
    return BackupDescription(
        backup_id=nasty,
        path=nasty,
        created_at=NOW.timestamp(),
        size_bytes=1,
        sha256=nasty,
        encrypted=True,
        scope=scope,
        collections=contents,
        nodes=1,
        relationships=1,
        digest=nasty,
        based_on=nasty,
        reason=nasty,
        proof=BackupProof(at=NOW.timestamp(), proven=False, detail=nasty, seconds=1.0),
    )


def faults(nasty: str) -> GraphValidation:
    example = FaultExample(uuid=nasty, collection=nasty, detail=nasty)
    found = FaultCount(name=next(iter(FaultClass)), meaning=nasty, count=2, examples=[example], repair=nasty, ask=nasty)
    return GraphValidation(healthy=False, collections=[nasty], classes=[found], written_meanwhile=[nasty])
