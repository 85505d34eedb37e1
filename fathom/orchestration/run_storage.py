"""Stores Dagster's runs, ticks and heartbeats in SQLite with connections and compiled statements that are kept.

Dagster's own storage makes an engine and a connection for each query, so that each statement is compiled anew: most of the
CPU of an idle daemon, and a good part of the launch of a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

from fathom.waits import wait_left

KEPT = 2  # idle connections of a process to a file
MAX_CONNECTIONS = 32

_inherited: list[sa.Engine] = []  # engines whose connections a fork must neither use nor close


class KeptConnections:
    """Mixin for a storage of Dagster in SQLite: a single engine for each process."""

    _conn_string: str
    _kept: sa.Engine | None = None
    _process: int = 0

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Opens a transaction on a kept connection; waits for a lock no longer than the bound of `waits`."""
        with self._engine().connect() as connection:
            wait_ms = int(wait_left(SQLITE_BUSY_TIMEOUT_SECONDS) * 1000)
            if connection.info.get("wait_ms", SQLITE_BUSY_TIMEOUT_SECONDS * 1000) != wait_ms:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={wait_ms}")
                connection.rollback()
                connection.info["wait_ms"] = wait_ms
            with connection.begin():
                yield connection

    def dispose(self) -> None:
        """Closes the idle connections."""
        if self._kept is not None and self._process == os.getpid():
            self._kept.dispose()

    def _engine(self) -> sa.Engine:
        if self._kept is None or self._process != os.getpid():
            if self._kept is not None:
                _inherited.append(self._kept)
            self._process = os.getpid()
            self._kept = sa.create_engine(
                self._conn_string,
                poolclass=sa.pool.QueuePool,
                pool_size=KEPT,
                max_overflow=MAX_CONNECTIONS - KEPT,
                pool_use_lifo=True,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
        return self._kept


class KeptRunStorage(KeptConnections, SqliteRunStorage):
    """Dagster's storage of runs and heartbeats, with kept connections."""


class KeptScheduleStorage(KeptConnections, SqliteScheduleStorage):
    """Dagster's storage of sensors and their ticks, with kept connections."""
