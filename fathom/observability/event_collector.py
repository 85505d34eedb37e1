"""Ships log lines from files to the table `events`, exactly once, also after a kill of any process.

Workers only append lines to files. A single process at a time, which holds the lock of the home, reads new lines and writes
them to the table with the file offset in the same transaction: a kill at any point repeats or loses nothing. Each round
writes all lines logged before it began in the order of time, so that an effect in one file never precedes its cause in
another.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from fathom.errors import FathomError
from fathom.observability.structured_logging import get_logger
from fathom.sql import AdvisoryLock
from fathom.tables import event_sources, events

EVERY_S = 0.2  # while a client watches
CALM_S = 2.0  # otherwise: each round costs a transaction
KEEP_DAYS = 90.0
_PRUNE_EVERY_S = 3600.0
_PRUNED_AT_ONCE = 5_000
_MAX_BYTES = 2 * 1024**2  # of a file in a transaction
_AHEAD_S = 5.0  # a line newer than its round waits for the next round, unless it is so far ahead that the clock was set back
_COLUMNS = ("event", "document", "run", "request", "stage", "sub_stage", "message", "metrics", "logger", "pid")

# As text: SQLAlchemy recompiles statements with ON CONFLICT each time.
_REMEMBER = sa.text(
    "INSERT INTO event_sources (source, read_to, updated_at) VALUES (:source, :read_to, :updated_at)"
    " ON CONFLICT (source) DO UPDATE SET read_to = excluded.read_to, updated_at = excluded.updated_at"
)
_LEVELS = logging.getLevelNamesMapping()
_decoded = json.JSONDecoder().raw_decode
_encoded = json.JSONEncoder(ensure_ascii=False).encode

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _FileBatch:
    """Rows of a file for a transaction: lines up to `read_to`; at `looked_to` nothing follows until the file grows."""

    path: Path
    file: tuple[int, int]
    source: str
    rows: list[dict[str, Any]]
    read_to: int
    looked_to: int
    more: bool


class Collector:
    """Ships the log files of a home to its events table; caches only which files are unchanged."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._folder = home / "logs"
        self._lock = home / "locks" / "events.lock"
        self._host = socket.gethostname()
        self._seen: dict[tuple[int, int], int] = {}

    def collect(self, wait_s: float = 0.0) -> int:
        """Writes the lines since the last call to the table; returns the number of events.

        Returns 0 if another process holds the lock for longer than `wait_s`. Raises nothing: lines for an unreachable
        database are written later.
        """
        try:
            news = [path for path in self._files() if self._has_grown(path)]
            if not news:
                return 0
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock, timeout=wait_s):
                return self._round(news)
        except Timeout:
            return 0
        except (OSError, FathomError, SQLAlchemyError):
            return 0

    def prune(self, now: float | None = None) -> int:
        """Deletes events older than KEEP_DAYS and offsets of files that are as old; returns the number of events."""
        before = (time.time() if now is None else now) - KEEP_DAYS * 86400
        dropped = 0
        oldest = sa.select(events.c.id).order_by(events.c.id).limit(_PRUNED_AT_ONCE).scalar_subquery()
        while True:
            with self._engine.begin() as connection:
                gone = connection.execute(events.delete().where(events.c.id.in_(oldest), events.c.at < before)).rowcount
                connection.execute(event_sources.delete().where(event_sources.c.updated_at < before))
            dropped += gone
            if gone < _PRUNED_AT_ONCE:
                return dropped

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        found = (path for path in self._folder.iterdir() if ".jsonl" in path.name and not path.name.startswith("."))
        return sorted(found, key=lambda path: path.name, reverse=True)  # x.jsonl.2 is older than x.jsonl.1 and x.jsonl

    def _has_grown(self, path: Path) -> bool:
        try:
            status = path.stat()
        except FileNotFoundError:
            return False
        return self._seen.get((status.st_dev, status.st_ino)) != status.st_size

    def _round(self, paths: list[Path]) -> int:
        """Writes all lines logged before this call; returns their number."""
        until = time.time()
        taken = 0
        while paths:
            with self._engine.connect() as connection, self._without_fsync(connection), connection.begin():
                self._lock_writers(connection)
                batches = [batch for path in paths if (batch := self._read_batch(connection, path, until))]
                rows = sorted((row for batch in batches for row in batch.rows), key=lambda row: float(row["at"]))
                if rows:
                    connection.execute(events.insert(), rows)
                for batch in batches:
                    self._save_offset(connection, batch.source, batch.read_to)
            self._seen |= {batch.file: batch.looked_to for batch in batches}
            taken += len(rows)
            paths = [batch.path for batch in batches if batch.more]
        return taken

    def _read_batch(self, connection: Connection, path: Path, until: float) -> _FileBatch | None:
        """Returns the complete lines of the file not later than `until`; None if the file is gone or has none."""
        try:
            with path.open("rb") as file:
                head = file.readline()
                if not head.endswith(b"\n"):
                    return None
                # the first line identifies a file: it is unique and kept on rotation
                source = hashlib.sha256(self._host.encode() + b"\0" + head).hexdigest()[:32]
                start = connection.scalar(sa.select(event_sources.c.read_to).where(event_sources.c.source == source)) or 0
                file.seek(start)
                data = file.read(_MAX_BYTES)
                status = os.fstat(file.fileno())
        except FileNotFoundError:
            return None
        full = len(data) == _MAX_BYTES
        whole = data[: data.rfind(b"\n") + 1]
        if full and not whole:
            whole = data  # a line of this length is not written by Fathom
        rows: list[dict[str, Any]] = []
        read = 0
        for line in whole.splitlines(keepends=True):
            row = self._row(line)
            if row and until < row["at"] < until + _AHEAD_S:
                return _FileBatch(path, (status.st_dev, status.st_ino), source, rows, start + read, start + read, more=False)
            read += len(line)
            rows += [row] if row else []
        return _FileBatch(path, (status.st_dev, status.st_ino), source, rows, start + read, start + len(data), more=full)

    def _lock_writers(self, connection: Connection) -> None:
        if self._engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(AdvisoryLock.EVENTS)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    @contextmanager
    def _without_fsync(self, connection: Connection) -> Iterator[None]:
        """Lets SQLite commit without fsync: a power cut loses whole transactions, whose lines the files still have."""
        if self._engine.dialect.name != "sqlite":
            yield
            return
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        connection.rollback()
        try:
            yield
        finally:
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.rollback()

    def _save_offset(self, connection: Connection, source: str, read_to: int) -> None:
        connection.execute(_REMEMBER, {"source": source, "read_to": read_to, "updated_at": time.time()})

    def _row(self, raw: bytes) -> dict[str, Any] | None:
        """Parses the line into a row; None for a foreign line, or one without document, event and warning level."""
        try:
            line, end = _decoded(text := raw.decode())
            if text[end:].strip():
                return None
            at = datetime.fromisoformat(line["timestamp"]).timestamp()
        except (ValueError, KeyError, TypeError):
            return None
        level = _LEVELS.get(str(line.get("level")).upper(), logging.INFO)
        if not (line.get("document") or line.get("event") or level >= logging.WARNING):
            return None
        row: dict[str, Any] = {name: line.pop(name, None) for name in _COLUMNS}
        rest = {name: value for name, value in line.items() if name not in ("timestamp", "level")}
        metrics = row["metrics"]
        return {
            **{name: None if value is None else str(value) for name, value in row.items() if name not in ("metrics", "pid")},
            "message": str(row["message"] or ""),
            "at": at,
            "level": level,
            "metrics": _encoded(metrics) if metrics else None,
            "fields": _encoded(rest) if rest else None,
            "host": self._host,
            "pid": row["pid"] if isinstance(row["pid"], int) else None,
        }


def collect_until_stopped(
    collector: Collector, stop: threading.Event, *, every: float = EVERY_S, watched: Callable[[], bool] = lambda: True
) -> Iterator[int]:
    """Collects until `stop` is set, and once more then; yields the number of events after each round."""
    pruned = time.monotonic()
    while not stop.wait(every if watched() else max(every, CALM_S)):
        yield collector.collect()
        if time.monotonic() - pruned > _PRUNE_EVERY_S:
            pruned = time.monotonic()
            try:
                collector.prune()
            except (FathomError, SQLAlchemyError) as error:
                log.warning("Old events could not be dropped", metrics={"error": type(error).__name__})
    yield collector.collect()
