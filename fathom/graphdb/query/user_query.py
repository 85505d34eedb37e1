"""Runs Cypher of people, bounded in time, rows and bytes; the server refuses what a reader may not do."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from fathom.errors import QueryInvalid, QueryRefused, UsageWrong
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.property_values import decode_value, readable_value
from fathom.graphdb.query.arcadedb_plan import embedded_plan
from fathom.graphdb.query.query_errors import named_query_errors
from fathom.graphdb.query.query_plan import EXPLAIN, QueryPlan, neo4j_plan
from fathom.graphdb.query.query_values import json_row
from fathom.graphdb.query.user_transaction import user_transaction

if TYPE_CHECKING:
    from neo4j import Result, Transaction

    from fathom.graphdb.query.query_watch import QueryWatch

MAX_QUERY = 20_000  # characters
MAX_ROWS = 100_000
MAX_TIMEOUT_S = 600.0
MAX_BYTES = 200_000_000


@dataclass(frozen=True)
class QueryOptions:
    """The bounds of a query and the form of its result.

    Args:
        timeout_s: seconds after which the query is ended on the server.
        limit: the maximum number of rows.
        max_bytes: the maximum size of the rows as JSON.
        typed: whether values have tagged types.
        plan: whether the query is only planned.
        write: whether the query may write; callers ensure that an admin asks.
    """

    timeout_s: float = 30.0
    limit: int = 1000
    max_bytes: int = 10_000_000
    typed: bool = False
    plan: bool = False
    write: bool = False

    def __post_init__(self) -> None:
        bounds = (
            ("timeout", self.timeout_s, 0.01, MAX_TIMEOUT_S, "s"),
            ("limit", self.limit, 1, MAX_ROWS, "rows"),
            ("size", self.max_bytes, 1, MAX_BYTES, "bytes"),
        )
        for name, value, least, most, unit in bounds:
            if not least <= value <= most:
                raise UsageWrong(f"The {name} of a query is {least:g} to {most:g} {unit}; {value:g} was given.")


class QuerySummary(BaseModel):
    """Figures of a query that ended."""

    model_config = ConfigDict(frozen=True)

    query_type: str = Field(description="r: reads, w: writes, rw: both, s: changes the schema or asks the server")
    records_returned: int
    execution_time_ms: float = 0.0
    truncated: bool = Field(description="whether there are more rows")
    truncated_by: str | None = Field(None, description="the bound that was reached: rows or bytes")
    bytes: int = Field(0, description="size of the records as JSON")
    columns: list[str] = Field(default_factory=list)
    written: dict[str, int] | None = Field(None, description="of a query that wrote: what it created, set and deleted")


class QueryResult(BaseModel):
    """The rows of a query and its summary; `plan` where it was asked for."""

    model_config = ConfigDict(frozen=True)

    records: list[dict[str, Any]]
    summary: QuerySummary
    plan: dict[str, Any] | None = None


def run_query(
    connection: GraphConnection,
    cypher: str,
    parameters: Mapping[str, Any] | None = None,
    options: QueryOptions | None = None,
) -> QueryResult:
    """Returns the first rows of a query as JSON. `parameters` may have tagged types, as `{"$date": "2020-01-02"}`.

    The query runs in a single transaction, which is committed only with `write`. Raises QueryRefused for a query that writes
    without it, QueryInvalid, QueryTimedOut, QueryFailed, GraphUnreachable, UsageWrong for a query that is too long.
    """
    _require_text(cypher)
    query = _UserQuery(connection, cypher, _decoded(parameters or {}), options or QueryOptions())
    start = time.perf_counter()
    result = query.result()
    took_ms = round((time.perf_counter() - start) * 1000, 1)
    return result.model_copy(update={"summary": result.summary.model_copy(update={"execution_time_ms": took_ms})})


@dataclass(frozen=True)
class _UserQuery:
    connection: GraphConnection
    cypher: str
    values: dict[str, Any]
    options: QueryOptions

    def result(self) -> QueryResult:
        """Plans the query, and runs it where its plan is allowed and more than the plan is asked for."""
        options = self.options
        opened = user_transaction(self.connection, timeout_s=options.timeout_s, rows=options.limit + 1, write=options.write)
        with opened as (transaction, watch):
            plan = self._plan(transaction, watch)
            if options.write:
                plan.require_graph()
            else:
                plan.require_reading()
            if options.plan:
                summary = QuerySummary(query_type=plan.query_type or "r", records_returned=0, truncated=False)
                return QueryResult(records=[], summary=summary, plan=readable_value(plan.tree))
            with named_query_errors(watch, self.cypher):
                return self._run(transaction, watch, plan.query_type)

    def _plan(self, transaction: Transaction, watch: QueryWatch) -> QueryPlan:
        if self.connection.address.embedded:
            return embedded_plan(self.connection.address, self.cypher, write=self.options.write)
        with named_query_errors(watch, self.cypher, EXPLAIN):
            return neo4j_plan(transaction, self.cypher, self.values)

    def _run(self, transaction: Transaction, watch: QueryWatch, query_type: str) -> QueryResult:
        found = transaction.run(self.cypher, self.values)
        records, size, reached = _read(found, watch, self.options)
        written = None
        if self.options.write:
            ended = found.consume()  # also computes the rows beyond the bounds
            query_type = ended.query_type or query_type
            transaction.commit()
            written = {name: count for name, count in vars(ended.counters).items() if type(count) is int and count}
        elif reached is not None:
            watch.end_unread()
        elif not query_type:
            query_type = found.consume().query_type or ""
            if query_type != "r":  # the rights of the reading user let it change nothing
                raise QueryRefused("The query would write, by the server's reading of it. Only reading is allowed here.")
        summary = QuerySummary(
            query_type=query_type or "r",
            records_returned=len(records),
            truncated=reached is not None,
            truncated_by=reached,
            bytes=size,
            columns=list(found.keys()),
            written=written,
        )
        return QueryResult(records=records, summary=summary)


def _read(result: Result, watch: QueryWatch, options: QueryOptions) -> tuple[list[dict[str, Any]], int, str | None]:
    """Returns rows up to the bounds, their size as JSON, and the bound that was reached; reads at most one row more."""
    records: list[dict[str, Any]] = []
    size = 0
    for row in result:
        watch.raise_if_expired()
        if len(records) == options.limit:
            return records, size, "rows"
        record = json_row(row, typed=options.typed)
        bytes_more = len(json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size + bytes_more > options.max_bytes:
            return records, size, "bytes"
        records.append(record)
        size += bytes_more
    return records, size, None


def _decoded(parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {name: decode_value(value) for name, value in parameters.items()}
    except (ValueError, RecursionError) as error:
        raise QueryInvalid(f"A parameter cannot be read: {error}.") from error


def _require_text(cypher: str) -> None:
    if len(cypher) > MAX_QUERY:
        raise UsageWrong(f"The query has {len(cypher)} characters; {MAX_QUERY} are the most.")
    if not cypher.strip():
        raise QueryInvalid("There is no query.")
