"""The routes for statistics and health of the graph."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from fathom.api.authorization import Reader, unbound, within
from fathom.api.problems import retry_after
from fathom.api.routes.parameters import CollectionQuery
from fathom.api.shared_graph import shared_graph
from fathom.operations.graph.graph_health import GraphHealth
from fathom.operations.graph.graph_health import graph_health as judge_graph
from fathom.operations.graph.graph_stats import GraphStats
from fathom.operations.graph.graph_stats import graph_stats as collect_stats
from fathom.settings import Settings

router = APIRouter(tags=["graph"])


@router.get("/api/neo4j/stats")
async def graph_stats(
    request: Request,
    caller: Reader,
    collection: CollectionQuery = None,
    exact: Annotated[bool, Query(description="count collections that were written since their last count")] = False,
) -> GraphStats:
    """Count nodes, relationships and collections; show indexes, storage, queries and growth. Within the key's collection."""
    if collection is not None:
        within(caller, collection)
    settings: Settings = request.app.state.settings
    wanted = collection or caller.collection
    return await shared_graph(request).run(lambda connection: collect_stats(settings, connection, wanted, exact=exact))


@router.get("/api/neo4j/health", responses={503: {"model": GraphHealth}})
async def graph_health(request: Request, caller: Reader, response: Response) -> GraphHealth:
    """Show whether the graph answers and is well, with each issue and what to do. 503 if it is unhealthy."""
    unbound(caller)
    settings: Settings = request.app.state.settings
    found = await shared_graph(request).run(lambda connection: judge_graph(settings, connection))
    if found.status == "unhealthy":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers.update(retry_after(HTTPStatus.SERVICE_UNAVAILABLE))
    return found
