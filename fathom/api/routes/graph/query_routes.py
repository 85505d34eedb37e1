"""The route for queries of people."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from fathom.api.authorization import Reader, unbound
from fathom.api.shared_graph import shared_graph
from fathom.graphdb.query.user_query import MAX_BYTES, MAX_QUERY, MAX_ROWS, MAX_TIMEOUT_S, QueryOptions, QueryResult
from fathom.operations.graph.graph_queries import query_graph
from fathom.settings import Settings

router = APIRouter(tags=["graph"])


class QueryRequest(BaseModel):
    """A query, its parameters and bounds."""

    model_config = ConfigDict(extra="forbid")

    cypher: str = Field(min_length=1, max_length=MAX_QUERY)
    params: dict[str, Any] = Field(default_factory=dict, description='also with types: `{"at": {"$date": "2020-01-02"}}`')
    timeout: float = Field(QueryOptions.timeout_s, ge=0.01, le=MAX_TIMEOUT_S, description="seconds until it is ended")
    limit: int = Field(QueryOptions.limit, ge=1, le=MAX_ROWS, description="maximum number of records")
    max_bytes: int = Field(QueryOptions.max_bytes, ge=1, le=MAX_BYTES, description="maximum size of the records as JSON")
    typed: bool = Field(False, description="whether values have tagged types, without loss")
    plan: bool = Field(False, description="whether the query is only planned")
    write: bool = Field(False, description="whether it may write; for admins, and recorded in the audit log")


@router.post("/api/neo4j/query")
async def query(request: Request, caller: Reader, wanted: QueryRequest) -> QueryResult:
    """Run a Cypher query in a read-only transaction. 400 with the position of a fault, 403 for a write, 408 after `timeout`."""
    unbound(caller)
    if wanted.write and not caller.has("admin"):
        raise HTTPException(403, f"A query that writes needs a key of the role admin; yours is of the role {caller.role}.")
    settings: Settings = request.app.state.settings
    options = QueryOptions(
        timeout_s=wanted.timeout,
        limit=wanted.limit,
        max_bytes=wanted.max_bytes,
        typed=wanted.typed,
        plan=wanted.plan,
        write=wanted.write,
    )
    graph = shared_graph(request)
    async with graph.turn():
        return await graph.run(lambda connection: query_graph(settings, connection, wanted.cypher, wanted.params, options))
