"""What was learned of servers, kept in the home by address and model: so it is learned once, and not by each process."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from fathom.llm.host_sqlite import LocalFile

KEPT_S = 7 * 86_400.0  # a server may be another by then
NOTED_S = 3600.0  # that it answered is noted once an hour at most
_SCHEMA = """
CREATE TABLE IF NOT EXISTS servers (
    address TEXT, model TEXT, learned TEXT, at REAL, answered_at REAL, PRIMARY KEY (address, model)
) WITHOUT ROWID;
"""

Value = TypeVar("Value")


@dataclass(frozen=True)
class KnownServer:
    """What is known of a model at an address: parts as JSON by name, when they were learned, when it last answered."""

    address: str
    model: str
    learned: dict[str, Any] = field(default_factory=dict[str, Any])
    at: float = 0.0
    answered_at: float | None = None


class ServerMemory:
    """Knows one model at one address; what other processes of the host learn is seen when it is first used."""

    def __init__(self, file: Path | None, address: str, model: str, *, clock: Callable[[], float] = time.time) -> None:
        self._file = LocalFile(file, _SCHEMA, synchronous="OFF") if file else None  # it can be learned again
        self._address = address
        self._model = model
        self._clock = clock
        self._lock = threading.Lock()
        self._known: KnownServer | None = None

    @property
    def has_answered(self) -> bool:
        """Whether the server has answered a question within the time that things are kept."""
        return self._read().answered_at is not None

    def recall(self, name: str, kind: type[Value]) -> Value | None:
        """Returns a part of what was learned, of that dataclass; None where nothing was, or of another shape."""
        kept = self._read().learned.get(name)
        if not isinstance(kept, dict) or set(kept) != {one.name for one in fields(kind)}:  # type: ignore[arg-type]
            return None
        return kind(**kept)

    def learn(self, **parts: Any) -> None:
        """Keeps these parts, each a dataclass, or None to forget it."""
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
        """Notes that the server answers."""
        known, now = self._read(), self._clock()
        if known.answered_at is None or now - known.answered_at > NOTED_S:
            with self._lock:
                known = self._known or known
                self._known = KnownServer(self._address, self._model, known.learned, known.at or now, now)
                self._store(self._known)

    def close(self) -> None:
        """Its file is closed, until it is used again."""
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
    """Returns all that is kept of servers, the latest first; nothing where there is no file."""
    if not file.is_file():
        return []
    kept = LocalFile(file, _SCHEMA, synchronous="OFF")
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
