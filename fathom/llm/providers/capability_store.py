"""Stores the learned capabilities of servers by address and model, for all processes of the host."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from fathom.llm.host_sqlite import HostSQLite

KEPT_S = 7 * 86_400.0  # the server may have changed by then
NOTED_S = 3600.0  # an answer is noted once an hour at most
_SCHEMA = """
CREATE TABLE IF NOT EXISTS servers (
    address TEXT, model TEXT, learned TEXT, at REAL, answered_at REAL, PRIMARY KEY (address, model)
) WITHOUT ROWID;
"""

Learned = TypeVar("Learned")


@dataclass(frozen=True)
class KnownServer:
    """The stored capabilities of a model at an address: parts as JSON by name, when they were learned, the last answer."""

    address: str
    model: str
    learned: dict[str, Any] = field(default_factory=dict[str, Any])
    at: float = 0.0
    answered_at: float | None = None


class CapabilityStore:
    """Reads and writes the capabilities of a model at an address; those of other processes are read at first use."""

    def __init__(self, file: Path | None, address: str, model: str, *, clock: Callable[[], float] = time.time) -> None:
        self._file = HostSQLite(file, _SCHEMA, synchronous="OFF") if file else None  # it can be learned again
        self._address = address
        self._model = model
        self._clock = clock
        self._lock = threading.Lock()
        self._known: KnownServer | None = None

    @property
    def has_answered(self) -> bool:
        """Whether the server has answered a request within the retention time."""
        return self._read().answered_at is not None

    def recall(self, name: str, kind: type[Learned]) -> Learned | None:
        """Returns a learned part as that dataclass; None if there is none, or it has another shape."""
        kept = self._read().learned.get(name)
        if not isinstance(kept, dict) or set(kept) != {known.name for known in fields(kind)}:  # type: ignore[arg-type]
            return None
        return kind(**kept)

    def learn(self, **parts: Any) -> None:
        """Stores these parts, each a dataclass, or None to delete it."""
        with self._lock:
            known = self._known or self._load()
            learned = dict(known.learned)
            for name, part in parts.items():
                learned.pop(name, None)
                if part is not None:
                    learned[name] = asdict(part)
            self._known = KnownServer(self._address, self._model, learned, self._clock(), known.answered_at)
            self._store(self._known)

    def answered(self) -> None:
        """Notes an answer of the server."""
        known, now = self._read(), self._clock()
        if known.answered_at is None or now - known.answered_at > NOTED_S:
            with self._lock:
                known = self._known or known
                self._known = KnownServer(self._address, self._model, known.learned, known.at or now, now)
                self._store(self._known)

    def close(self) -> None:
        """Closes its file until the next use."""
        if self._file is not None:
            self._file.close()

    def _read(self) -> KnownServer:
        with self._lock:
            if self._known is None:
                self._known = self._load()
            return self._known

    def _load(self) -> KnownServer:
        nothing = KnownServer(self._address, self._model)
        if self._file is None:
            return nothing
        query = "SELECT address, model, learned, at, answered_at FROM servers WHERE address = ? AND model = ? AND at > ?"
        with self._file.reading() as connection:
            row = connection.execute(query, (self._address, self._model, self._clock() - KEPT_S)).fetchone()
        return nothing if row is None else _known(row)

    def _store(self, known: KnownServer) -> None:
        if self._file is None:
            return
        row = (known.address, known.model, json.dumps(known.learned), known.at, known.answered_at)
        with self._file.writing() as connection:
            connection.execute("DELETE FROM servers WHERE at < ?", (self._clock() - KEPT_S,))
            connection.execute("INSERT OR REPLACE INTO servers VALUES (?, ?, ?, ?, ?)", row)


def known_servers(file: Path) -> list[KnownServer]:
    """Returns all stored servers, the latest first; an empty list if there is no file."""
    if not file.is_file():
        return []
    kept = HostSQLite(file, _SCHEMA, synchronous="OFF")
    try:
        with kept.reading() as connection:
            query = "SELECT address, model, learned, at, answered_at FROM servers WHERE at > ? ORDER BY at DESC LIMIT 100"
            return [_known(row) for row in connection.execute(query, (time.time() - KEPT_S,))]
    except sqlite3.DatabaseError:
        return []
    finally:
        kept.close()


def _known(row: tuple[str, str, str, float, float | None]) -> KnownServer:
    address, model, learned, at, answered_at = row
    return KnownServer(address, model, json.loads(learned), at, answered_at)
