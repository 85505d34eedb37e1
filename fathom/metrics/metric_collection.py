"""Reads new events and calls of language models into metrics, exactly once, also after a kill."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from fathom.errors import FathomError
from fathom.metrics.check_recording import CHECKED, keep_results, samples_of_checks
from fathom.metrics.event_samples import DERIVATIONS, samples_of_call, samples_of_event
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.observability.event_store import RecordedEvent
from fathom.observability.structured_logging import get_logger
from fathom.sql import AdvisoryLock, exclusive_transaction, insert_into
from fathom.tables import events, llm_calls, metric_cursors, metric_series

EVERY_S = 2.0
AT_ONCE = 5_000  # rows of a source in a transaction
SETTLED_S = 5.0  # a younger call may become visible after one with a higher id
FAILURES = ("checks_failed", "documents_failed", "uploads_rejected")
EVENTS, CALLS = "events", "llm_calls"

log = get_logger(__name__)


def collect_metrics(engine: Engine) -> int:
    """Adds what is new to the metrics and returns the number of samples. Raises SQLAlchemyError."""
    count = 0
    while True:
        with exclusive_transaction(engine, AdvisoryLock.METRICS) as connection:
            read, last_event = _new_events(connection)
            calls, last_call = _new_calls(connection)
            if not last_event and not last_call:
                return count
            count += MetricHistory(engine).add(connection, chain(_samples_of_events(read), calls))
            keep_results(connection, engine, (event for event in read if event.event == CHECKED))
            for source, position in ((EVENTS, last_event), (CALLS, last_call)):
                if position:
                    set_cursor(connection, engine, source, position)
            if len(calls) < AT_ONCE and not _is_behind(connection, last_event):
                return count


def cursor_of(connection: Connection, source: str) -> float:
    """Returns how far the source was read; 0 for a new one."""
    return connection.scalar(sa.select(metric_cursors.c.position).where(metric_cursors.c.source == source)) or 0.0


def set_cursor(connection: Connection, engine: Engine, source: str, position: float) -> None:
    """Stores how far the source was read."""
    upsert = insert_into(engine, metric_cursors).values(source=source, position=position)
    connection.execute(upsert.on_conflict_do_update(index_elements=["source"], set_={"position": position}))


def _new_events(connection: Connection) -> tuple[list[RecordedEvent], int]:
    """Returns the next events that say something measured, and the id of the last event that was read; 0 for none."""
    after = cursor_of(connection, EVENTS)
    newest = connection.scalar(sa.select(sa.func.max(events.c.id))) or 0
    if newest <= after:
        return [], 0
    until = min(newest, int(after) + AT_ONCE)
    wanted = events.c.event.in_((*DERIVATIONS, CHECKED))
    query = sa.select(events).where(events.c.id > after, events.c.id <= until, wanted).order_by(events.c.id)
    return [_event(row) for row in connection.execute(query)], until


def _samples_of_events(read: list[RecordedEvent]) -> Iterator[MetricSample]:
    for event in read:
        yield from samples_of_checks(event) if event.event == CHECKED else samples_of_event(event)


def _is_behind(connection: Connection, last_event: int) -> bool:
    return bool(last_event) and (connection.scalar(sa.select(sa.func.max(events.c.id))) or 0) > last_event


def _new_calls(connection: Connection) -> tuple[list[MetricSample], int]:
    c = llm_calls.c
    query = sa.select(llm_calls).where(c.id > cursor_of(connection, CALLS), c.at < time.time() - SETTLED_S)
    rows = connection.execute(query.order_by(c.id).limit(AT_ONCE)).all()
    return list(_samples(rows)), rows[-1].id if rows else 0


def _samples(rows: Any) -> Iterator[MetricSample]:
    for row in rows:
        yield from samples_of_call(row)


def _event(row: Any) -> RecordedEvent:
    return RecordedEvent(
        id=row.id,
        at=row.at,
        level="",
        event=row.event,
        document=row.document,
        run=row.run,
        request=row.request,
        stage=row.stage,
        sub_stage=row.sub_stage,
        message=row.message,
        metrics=json.loads(row.metrics) if row.metrics else {},
    )


def collect_after(rounds: Iterator[int], engine: Engine, on_failure: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Yields the numbers of events that each round recorded, and reads them into metrics every EVERY_S at most.

    Args:
        rounds: collect events.
        engine: of the operational database.
        on_failure: is called when a document or a check failed, after that was read; it must not block.
    """
    pending, last, failed_at = True, 0.0, 0.0
    for number in rounds:
        pending |= number > 0
        if pending and time.monotonic() - last >= EVERY_S:
            try:
                collect_metrics(engine)
                before, failed_at = failed_at, last_failure(engine)
                pending = False
            except (FathomError, SQLAlchemyError) as error:  # the database is away; the next round tries again
                log.warning("Metrics could not be collected", metrics={"error": type(error).__name__})
            else:
                if failed_at > before:
                    on_failure()
            last = time.monotonic()
        yield number


def last_failure(engine: Engine) -> float:
    """Returns when the last failure of a document or check was measured, in seconds since 1970; 0 for none."""
    query = sa.select(sa.func.max(metric_series.c.last_at)).where(metric_series.c.name.in_(FAILURES))
    with engine.connect() as connection:
        return connection.scalar(query) or 0.0
