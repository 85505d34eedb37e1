"""Reads the table `events` by document, name, stage, level or time, with ids as pagination cursors."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import events


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event or log line of a document: `at` in seconds since 1970, `id` is its cursor."""

    id: int
    at: float
    level: str
    event: str | None
    document: str | None
    run: str | None
    request: str | None
    stage: str | None
    sub_stage: str | None
    message: str
    metrics: dict[str, Any] = field(default_factory=dict[str, Any])
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    logger: str | None = None
    host: str = ""
    pid: int | None = None

    def number(self, name: str) -> float | None:
        """Returns a metric of the event; None if it has no such number."""
        value = self.metrics.get(name)
        return float(value) if isinstance(value, int | float) else None

    def as_line(self) -> dict[str, Any]:
        """Returns the event as the API and the command line show it."""
        return {
            "cursor": self.id,
            "timestamp": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="microseconds"),
            "level": self.level,
            "event": self.event,
            "stage": self.stage,
            "sub_stage": self.sub_stage,
            "message": self.message,
            "metrics": self.metrics,
            **({"run": self.run} if self.run else {}),
            **({"request": self.request} if self.request else {}),
            **({"fields": self.fields} if self.fields else {}),
        }


class Events:
    """Queries the recorded events of a deployment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_document(
        self,
        document: str,
        *,
        after: int = 0,
        since: float | None = None,
        stage: str | None = None,
        level: str | None = None,
        limit: int | None = None,
    ) -> list[RecordedEvent]:
        """Returns at most `limit` events of the document after the cursor, in order; `level` is the minimum."""
        c = events.c
        query = sa.select(events).where(c.document == document, c.id > after).order_by(c.id).limit(limit)
        if since is not None:
            query = query.where(c.at >= since)
        if stage is not None:
            query = query.where(c.stage == stage)
        if level is not None:
            query = query.where(c.level >= logging.getLevelNamesMapping().get(level.upper(), logging.INFO))
        return self._read(query)

    def last_of_each(self, document: str, since: float) -> dict[str, RecordedEvent]:
        """Returns the last event of each name of the document since `since` (seconds since 1970)."""
        c = events.c
        ids = sa.select(sa.func.max(c.id)).where(c.document == document, c.at >= since, c.event.is_not(None))
        query = sa.select(events).where(c.id.in_(ids.group_by(c.event)))
        return {found.event: found for found in self._read(query) if found.event}

    def last(self, document: str) -> RecordedEvent | None:
        """Returns the newest event of the document."""
        query = sa.select(events).where(events.c.document == document).order_by(events.c.id.desc()).limit(1)
        return next(iter(self._read(query)), None)

    def before_last(self, document: str, count: int) -> int:
        """Returns the cursor after which the document has `count` events; 0 if it has no more."""
        c = events.c
        query = sa.select(c.id).where(c.document == document).order_by(c.id.desc()).offset(count).limit(1)
        with self._engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    def counted(self, document: str, since: float) -> dict[str, int]:
        """Counts the events of the document by name since `since`."""
        c = events.c
        query = sa.select(c.event, sa.func.count()).where(c.document == document, c.at >= since, c.event.is_not(None))
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(c.event))}

    def newest(self, event: str, limit: int) -> list[RecordedEvent]:
        """Returns the newest events of the name, newest first."""
        return self._read(sa.select(events).where(events.c.event == event).order_by(events.c.id.desc()).limit(limit))

    def of_documents(self, documents: Sequence[str], names: Collection[str]) -> list[RecordedEvent]:
        """Returns the events with these names of these documents, in order."""
        c = events.c
        # coalesce: with the bare column SQLite would use its index and read every event of these names
        named = sa.func.coalesce(c.event, "").in_(list(names))
        found: list[RecordedEvent] = []
        for start in range(0, len(documents), 500):
            page = list(documents[start : start + 500])
            found += self._read(sa.select(events).where(c.document.in_(page), named))
        return sorted(found, key=lambda event: event.id)

    def named(self, names: Collection[str], *, after: int, limit: int) -> list[RecordedEvent]:
        """Returns the events with these names of all documents after the cursor, in order."""
        c = events.c
        named = sa.func.coalesce(c.event, "").in_(list(names))  # see of_documents
        return self._read(sa.select(events).where(c.id > after, named).order_by(c.id).limit(limit))

    def end(self) -> int:
        """Returns the cursor of the newest event."""
        with self._engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.max(events.c.id))) or 0)

    def _read(self, query: sa.Select[Any]) -> list[RecordedEvent]:
        with self._engine.connect() as connection:
            return [_as_event(row._mapping) for row in connection.execute(query)]


def _as_event(row: Any) -> RecordedEvent:
    return RecordedEvent(
        **{
            **row,
            "level": logging.getLevelName(row["level"]).lower(),
            "metrics": json.loads(row["metrics"]) if row["metrics"] else {},
            "fields": json.loads(row["fields"]) if row["fields"] else {},
        }
    )
