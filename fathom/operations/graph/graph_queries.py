"""Runs a person's query on the graph; a query that may write leaves a line in the audit log before it runs, and one after."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fathom.database import open_database
from fathom.graph.collection_counts import forget_counts
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.query.user_query import QueryOptions, QueryResult, run_query
from fathom.security.audit_log import audited
from fathom.settings import Settings

ACTION = "graph.write"


def query_graph(
    settings: Settings, connection: GraphConnection, cypher: str, parameters: Mapping[str, Any], options: QueryOptions
) -> QueryResult:
    """Returns the result of the query; callers ensure that only admins ask for one that may write.

    Raises as `run_query`, and DatabaseUnreachable where a query that may write cannot be recorded, which then does not run.
    """
    if not options.write or options.plan:
        return run_query(connection, cypher, parameters, options)
    engine = open_database(settings.operational_url)
    account: dict[str, Any] = {"cypher": cypher, "parameters": _digests(parameters)}
    with audited(engine, ACTION, account=account, announce=True):
        result = run_query(connection, cypher, parameters, options)
        account["written"] = result.summary.written
        forget_counts(engine)
    return result


def _digests(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Returns digests of the parameters: their values may be secret, and yet can be compared with others."""
    return {name: hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()[:16] for name, value in parameters.items()}
