"""A SQLite file shared by the processes of a host: a connection per process, used by a single thread at a time.

Kept apart from an operational database in SQLite, where each call of a language model would wait for the ledger's writers
(figures in docs/operating.md).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HostSQLite:
    """A SQLite file that is opened at first use; each write is a transaction that waits for those of other processes."""

    def __init__(self, file: Path, schema: str, *, synchronous: str) -> None:
        self._file = file
        self._schema = schema
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yields the connection, in autocommit mode."""
        with self._lock:
            if self._connection is None:
                self._connection = self._opened()
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yields the connection inside an exclusive write transaction; an error rolls it back."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes the file until the next use."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, timeout=60, isolation_level=None, check_same_thread=False)
        for attempt in range(100):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError:  # another process is changing the mode, which `timeout` does not cover
                if attempt == 99:
                    connection.close()
                    raise
                time.sleep(0.02)
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.executescript(self._schema)
        return connection
