"""Runs a person's query on the graph; records a query that may write in the audit log, before and after it runs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fathom.database import open_database
from fathom.errors import FathomError
from fathom.graph.collection_counts import forget_counts
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.user_query import QueryOptions, QueryResult, run_query
from fathom.security import audit_log
from fathom.settings import Settings
from fathom.uploads.paused_collections import ALL

BEGUN, ENDED = "graph.write_begun", "graph.write_ended"


@dataclass(frozen=True)
class Asker:
    """The person behind a request, as the audit log names them: the name of the key, and the place the request came from."""

    name: str
    place: str


@dataclass(frozen=True)
class GraphQuery:
    """A query with its parameters and bounds."""

    cypher: str
    parameters: Mapping[str, Any]
    options: QueryOptions


def query_graph(settings: Settings, connection: GraphConnection, query: GraphQuery, asker: Asker) -> QueryResult:
    """Returns the result of the query; callers ensure that only admins ask for one that may write.

    Raises as `run_query`, and DatabaseUnreachable where a query that may write cannot be recorded, which then does not run.
    """
    if not query.options.write or query.options.plan:
        return run_query(connection, query.cypher, query.parameters, query.options)
    begun = _record(settings, BEGUN, asker, {"cypher": query.cypher, "parameters": _digest(query.parameters)})
    try:
        result = run_query(connection, query.cypher, query.parameters, query.options)
    except FathomError as error:
        _record(settings, ENDED, asker, {"begun": begun, "error": error.name})
        raise
    forget_counts(open_database(settings.operational_url))
    _record(settings, ENDED, asker, {"begun": begun, "written": result.summary.written})
    return result


def _record(settings: Settings, action: str, asker: Asker, account: dict[str, Any]) -> str:
    entry = audit_log.Entry(
        id=audit_log.new_id(),
        at=time.time(),
        action=action,
        by=asker.name,
        collection=ALL,
        document=None,
        account={**account, "from": asker.place},
        evidence={},
    )
    audit_log.record(open_database(settings.operational_url), entry)
    return entry.id


def _digest(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Returns the parameters' names with digests: their values may be secret, and yet can be compared with others."""
    return {name: hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()[:16] for name, value in parameters.items()}
