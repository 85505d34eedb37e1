"""Analyses the events of a time: totals, error rate, the most common errors with examples, response times, popular queries."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.metrics.value_tally import ValueTally
from fathom.tables import events

QUERY, ANSWER = "chat.start", "chat.complete"
MODEL_ANSWER = "llm.response"
FINISHED, FAILED = ("upload.done", ANSWER), ("docling.failed", "chunking.failed", "graphiti.failed", "chat.failed")
MAX_COMMON = 10
MAX_EXAMPLES = 3
MAX_QUERY_SHOWN = 200  # characters
PAGE = 5_000
c = events.c


@dataclass(frozen=True)
class CommonError:
    """An error with the number of its events and examples: sentences with the document of each, the newest first."""

    error: str
    events: int
    documents: int
    examples: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True)
class EventAnalysis:
    """The events of a time.

    Args:
        since: begin, in seconds since 1970.
        until: end.
        total: number of events and log lines.
        by_event: number by name of the event, the most frequent first.
        by_level: number by level.
        finished: documents done and questions answered.
        failed: tries of documents and questions that failed.
        error_rate: share of the failed among both; None without any.
        common_errors: the most common first.
        seconds: median and 95th percentile of the duration of answers to questions; None without any.
        tokens: tokens in, tokens out and calls of language models.
        popular_queries: the most frequent questions with their numbers, if questions were asked.
    """

    since: float
    until: float
    total: int
    by_event: dict[str, int]
    by_level: dict[str, int]
    finished: int
    failed: int
    error_rate: float | None
    common_errors: tuple[CommonError, ...]
    seconds: tuple[float, float] | None
    tokens: dict[str, int]
    popular_queries: tuple[tuple[str, int], ...]


def analyze_events(engine: Engine, since: float, until: float, collection: str | None = None) -> EventAnalysis:
    """Returns the analysis of the events in [since, until), of a collection's documents or of all.

    Args:
        engine: the operational database.
        since: in seconds since 1970.
        until: the same.
        collection: counts only events that name a document of it.
    """
    with engine.connect() as connection:
        where = [c.id >= first_id_since(connection, since), c.at >= since, c.at < until]
        if collection is not None:
            where += [c.document >= f"{collection}/", c.document < f"{collection}0"]  # "0" follows "/"
        counts = connection.execute(sa.select(c.event, c.level, sa.func.count()).where(*where).group_by(c.event, c.level)).all()
        by_event: Counter[str] = Counter()
        by_level: Counter[str] = Counter()
        for event, level, count in counts:
            by_level[logging.getLevelName(level).lower()] += count
            if event is not None:
                by_event[event] += count
        errors = _common_errors(connection, where)
        seconds, tokens, queries = ValueTally(), Counter[str](calls=0, tokens_in=0, tokens_out=0), Counter[str]()
        for event, metrics in _with_figures(connection, where):
            if event == ANSWER and isinstance(metrics.get("seconds"), int | float):
                seconds.add(float(metrics["seconds"]))
            elif event == MODEL_ANSWER:
                tokens.update({name: int(metrics.get(name) or 0) for name in ("tokens_in", "tokens_out")} | {"calls": 1})
            elif event == QUERY and metrics.get("query"):
                queries[normalized_query(str(metrics["query"]))] += 1
    finished, failed = (sum(by_event[name] for name in names) for names in (FINISHED, FAILED))
    return EventAnalysis(
        since=since,
        until=until,
        total=sum(by_level.values()),
        by_event=dict(by_event.most_common()),
        by_level=dict(by_level.most_common()),
        finished=finished,
        failed=failed,
        error_rate=failed / (finished + failed) if finished + failed else None,
        common_errors=errors,
        seconds=(seconds.quantile(0.5), seconds.quantile(0.95)) if seconds.count else None,
        tokens=dict(tokens),
        popular_queries=tuple(queries.most_common(MAX_COMMON)),
    )


def first_id_since(connection: Connection, since: float) -> int:
    """Returns the id of an event from which on all later ones are to be read.

    Ids are in the order of insertion, which is that of time but for seconds; the table has no index on the time.
    """
    low, high = connection.execute(sa.select(sa.func.min(c.id), sa.func.max(c.id))).one()
    if low is None:
        return 0
    margin_s = 3600.0  # events of another host may come so much later
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(sa.select(c.id, c.at).where(c.id >= middle).order_by(c.id).limit(1)).one()
        if row.at < since - margin_s:
            low = row.id + 1
        else:
            high = middle
    return int(low)


def normalized_query(query: str) -> str:
    """Returns the question by which equal ones are counted: small letters, single spaces, no mark at the end."""
    return " ".join(query.casefold().split()).rstrip(" ?!.")[:MAX_QUERY_SHOWN]


def _common_errors(connection: Connection, where: Sequence[sa.ColumnElement[bool]]) -> tuple[CommonError, ...]:
    """Groups the failed events by the name of their error, else by their event."""
    failures = (*FAILED, "upload.rejected", "llm.error")
    counts: Counter[str] = Counter()
    documents: dict[str, set[str]] = {}
    examples: dict[str, list[tuple[str | None, str]]] = {}
    query = sa.select(c.id, c.event, c.document, c.message, c.metrics).where(
        *where, sa.or_(c.event.in_(failures), c.level >= logging.ERROR)
    )
    for row in connection.execution_options(yield_per=PAGE).execute(query.order_by(c.id.desc())):
        error = str(_figures(row.metrics).get("error") or row.event or "without a name")
        counts[error] += 1
        if row.document:
            documents.setdefault(error, set()).add(row.document)
        shown = examples.setdefault(error, [])
        if len(shown) < MAX_EXAMPLES and (row.document, row.message) not in shown:
            shown.append((row.document, row.message))
    return tuple(
        CommonError(error, count, len(documents.get(error, ())), tuple(examples[error]))
        for error, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_COMMON]
    )


def _with_figures(connection: Connection, where: Sequence[sa.ColumnElement[bool]]) -> Any:
    query = sa.select(c.event, c.metrics).where(*where, c.event.in_((QUERY, ANSWER, MODEL_ANSWER)))
    for row in connection.execution_options(yield_per=PAGE).execute(query):
        yield row.event, _figures(row.metrics)


def _figures(packed: str | None) -> dict[str, Any]:
    found = json.loads(packed) if packed else {}
    return found if isinstance(found, dict) else {}
