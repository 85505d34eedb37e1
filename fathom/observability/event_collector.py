"""From log files to the table `events`: every whole line of worth, once, whoever wrote it and whoever was killed since.

Who works only appends a line to a file. One process at a time (whoever has the lock of the home) reads what is new and
writes it to the table with how far it read, in one transaction: a kill at any point repeats or loses nothing. What was
said before a round began is in the table with that round, in the order of time: what followed from a line of one file
never stands before it, though another file, read earlier in the round, says it.
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
from fathom.tables import event_sources, events

EVERY_S = 0.2  # while somebody looks
CALM_S = 2.0  # otherwise: a round costs a transaction, however few lines it brings
KEEP_DAYS = 90.0
_PRUNE_EVERY_S = 3600.0
_PRUNED_AT_ONCE = 5_000
_MAX_BYTES = 2 * 1024**2  # of a file in one transaction
_AHEAD_S = 5.0  # a line later than its round waits for the next one, unless a clock that was set back made it so
_LOCKED = 5_113_042  # Postgres' advisory lock of whoever writes events: ids become visible in their order
_COLUMNS = ("event", "document", "run", "request", "stage", "sub_stage", "message", "metrics", "logger", "pid")

# As text, which is worked out once: SQLAlchemy compiles what has ON CONFLICT in it anew each time.
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
    """What one transaction takes of a file: lines up to `read_to`; `looked_to` is where nothing follows before it grows."""

    path: Path
    file: tuple[int, int]
    source: str
    rows: list[dict[str, Any]]
    read_to: int
    looked_to: int
    more: bool


class Collector:
    """Brings the log files of a home to its events table; keeps only which files it has seen and need not open."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._folder = home / "logs"
        self._lock = home / "locks" / "events.lock"
        self._host = socket.gethostname()
        self._seen: dict[tuple[int, int], int] = {}

    def collect(self, wait_s: float = 0.0) -> int:
        """What was written since the last call is in the table; answers how many events that were.

        None are where another is at it, for longer than `wait_s`. Raises nothing: a database that is away gets the lines later.
        """
        try:
            news = [path for path in self._files() if self._is_news(path)]
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
        """Events older than KEEP_DAYS, and what is known of files that are long gone, are dropped."""
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

    def _is_news(self, path: Path) -> bool:
        try:
            status = path.stat()
        except FileNotFoundError:
            return False
        return self._seen.get((status.st_dev, status.st_ino)) != status.st_size

    def _round(self, paths: list[Path]) -> int:
        """All lines that were said before this was called are in the table; answers how many."""
        until = time.time()
        taken = 0
        while paths:
            with self._engine.connect() as connection, self._light(connection), connection.begin():
                self._alone(connection)
                pieces = [piece for path in paths if (piece := self._piece(connection, path, until))]
                rows = sorted((row for piece in pieces for row in piece.rows), key=lambda row: float(row["at"]))
                if rows:
                    connection.execute(events.insert(), rows)
                for piece in pieces:
                    self._remember(connection, piece.source, piece.read_to)
            self._seen |= {piece.file: piece.looked_to for piece in pieces}
            taken += len(rows)
            paths = [piece.path for piece in pieces if piece.more]
        return taken

    def _piece(self, connection: Connection, path: Path, until: float) -> _FileBatch | None:
        """What the file has of whole lines not later than `until`; None for one that is gone or has none yet."""
        try:
            with path.open("rb") as file:
                head = file.readline()
                if not head.endswith(b"\n"):
                    return None
                # a file keeps its first line when it is put aside, and no two files have the same one
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
            whole = data  # a line as long as that is none of ours
        rows: list[dict[str, Any]] = []
        read = 0
        for line in whole.splitlines(keepends=True):
            row = self._row(line)
            if row and until < row["at"] < until + _AHEAD_S:
                return _FileBatch(path, (status.st_dev, status.st_ino), source, rows, start + read, start + read, more=False)
            read += len(line)
            rows += [row] if row else []
        return _FileBatch(path, (status.st_dev, status.st_ino), source, rows, start + read, start + len(data), more=full)

    def _alone(self, connection: Connection) -> None:
        if self._engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCKED)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    @contextmanager
    def _light(self, connection: Connection) -> Iterator[None]:
        """SQLite does not wait for the disk: what a power cut takes from the table it takes whole, and the files have it."""
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

    def _remember(self, connection: Connection, source: str, read_to: int) -> None:
        connection.execute(_REMEMBER, {"source": source, "read_to": read_to, "updated_at": time.time()})

    def _row(self, raw: bytes) -> dict[str, Any] | None:
        """The line as a row; None for what is no line of ours, or of no document and no event."""
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
    """Collects until told to stop, and once more then; yields after each round how many events came."""
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
