"""Runs read-only Cypher of users, bounded in time and rows."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from fathom.errors import QueryRefused
from fathom.graphdb.arcadedb_process import COMMAND_TIMEOUT_MS
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.query_plan import READING_PROCEDURES

MAX_QUERY = 20_000  # characters
MAX_LIMIT = 100_000  # rows

# Strings, quoted names and comments are removed first, so that a word in them is not taken for a clause. Comments are
# parsed in both ways that servers do: up to a line feed, and up to any line break.
_ESCAPED = re.compile(r"\\u+([0-9a-fA-F]{4})")
_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|/\*.*?\*/"
_ASIDE = (
    re.compile(rf"{_QUOTED}|//[^\n]*", re.DOTALL),
    re.compile(rf"{_QUOTED}|//[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*", re.DOTALL),
)
_WRITES = re.compile(
    r"(?<![\w.$:])(CREATE|MERGE|SET|DELETE|DETACH|REMOVE|DROP|ALTER|FOREACH|GRANT|REVOKE|DENY|LOAD\s+CSV|INSERT|TERMINATE|"
    r"IN\s+TRANSACTIONS)(?!\w|\s*:)",
    re.IGNORECASE,
)
_CALLS = re.compile(r"(?<![\w.$:])CALL\s+([\w.]+)", re.IGNORECASE)


class QueryResult(BaseModel):
    """The rows of a query, and a summary."""

    model_config = ConfigDict(frozen=True)

    records: list[dict[str, Any]]
    summary: dict[str, Any]


def run_query(
    connection: GraphConnection,
    cypher: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    timeout_s: float = COMMAND_TIMEOUT_MS / 1000,
    limit: int = 1000,
) -> QueryResult:
    """Returns the first `limit` rows of a reading query, converted for JSON.

    The server rejects writes; writes that this module recognizes in the text are rejected first, with clearer messages. The
    embedded server ends a query after its own limit, the default here, regardless of `timeout_s`. Raises QueryRefused for a
    query that writes, is too long, times out or is not Cypher; GraphUnreachable.
    """
    reject_writes(cypher)
    if not 1 <= limit <= MAX_LIMIT:
        raise QueryRefused(f"A query gives 1 to {MAX_LIMIT} rows; {limit} were asked for.")
    from neo4j.exceptions import Neo4jError

    start = time.perf_counter()
    try:
        records, truncated = connection.read_as_user(cypher, parameters or {}, timeout_s=timeout_s, limit=limit)
    except Neo4jError as error:
        message = (error.message or str(error)).strip().splitlines()[0][:500]
        raise QueryRefused(f"The graph does not take the query: {message}") from error
    took = (time.perf_counter() - start) * 1000
    summary = {
        "query_type": "r",
        "records_returned": len(records),
        "truncated": truncated,
        "execution_time_ms": round(took, 1),
    }
    return QueryResult(records=[{name: _plain(value) for name, value in row.items()} for row in records], summary=summary)


def reject_writes(cypher: str) -> None:
    """Rejects a query with a writing clause, in either way to parse comments. Raises QueryRefused with the clause."""
    if len(cypher) > MAX_QUERY:
        raise QueryRefused(f"The query has {len(cypher)} characters; {MAX_QUERY} are the most.")
    if not _ASIDE[0].sub(" ", cypher).strip():
        raise QueryRefused("There is no query.")
    for text in {cypher, _ESCAPED.sub(lambda code: chr(int(code[1], 16)), cypher)}:  # Neo4j decodes before it parses
        for aside in _ASIDE:
            _reject_clauses(aside.sub(" ", text))


def _reject_clauses(bare: str) -> None:
    if found := _WRITES.search(bare):
        raise QueryRefused(f"The query would write: {' '.join(found.group(1).upper().split())}. Only reading is allowed here.")
    for procedure in _CALLS.findall(bare):
        if procedure.lower() not in READING_PROCEDURES:
            raise QueryRefused(f"The procedure {procedure} may write. Only reading is allowed here.")


def _plain(value: Any) -> Any:
    """Converts a value for JSON: nodes and relationships to their properties, dates to ISO 8601."""
    from neo4j.graph import Node, Path, Relationship

    if isinstance(value, Node):
        return {"labels": sorted(value.labels), "properties": {name: _plain(item) for name, item in value.items()}}
    if isinstance(value, Relationship):
        return {"type": value.type, "properties": {name: _plain(item) for name, item in value.items()}}
    if isinstance(value, Path):
        return {
            "nodes": [_plain(node) for node in value.nodes],
            "relationships": [_plain(edge) for edge in value.relationships],
        }
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return value.iso_format() if hasattr(value, "iso_format") else str(value)
