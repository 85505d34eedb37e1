"""The page `/graph`: health and figures of the graph, its growth and its collections."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page.graph.collection_choice import ChosenCollection
from fathom.api.page.graph.overview_view import BackupLine, OverviewData, graph_overview, last_backup
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.shared_graph import shared_graph
from fathom.errors import FathomError, GraphUnreachable
from fathom.operations.graph.graph_backups import open_catalog
from fathom.operations.graph.graph_health import graph_health
from fathom.operations.graph.graph_stats import graph_stats
from fathom.settings import Settings

router = page_router()


@router.get("/graph")
async def overview(request: Request, caller: Visitor, collection: ChosenCollection) -> Response:
    """Returns the page; health and backups concern all collections, so a key of a single one does not see them."""
    settings: Settings = request.app.state.settings
    graph = shared_graph(request)
    stats = health = backup = problem = None
    try:
        if caller.collection is None:
            health = await graph.run(lambda connection: graph_health(settings, connection))
        stats = await graph.run(lambda connection: graph_stats(settings, connection, collection))
    except GraphUnreachable as error:
        problem = None if health else f"{error.message} {error.what_to_do}".strip()
    if caller.collection is None:
        backup = await run_in_threadpool(_last_backup, settings)
    return html_response(graph_overview(OverviewData(collection, stats, health, backup, problem)), caller)


def _last_backup(settings: Settings) -> BackupLine:
    try:
        return last_backup(open_catalog(settings).backups(), datetime.now(UTC))
    except FathomError as error:
        return BackupLine("failed", f"The backups cannot be listed: {error.message}")
