"""Dagster's event log in SQLite, with connections that are kept: Dagster opens and closes one for each event.

Whoever closes a file last writes its log back into it, so each event cost several times its own transaction, and a document
has some thirty. The files are those of Dagster's own storage, which can take them over at any time.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes.config_class import ConfigurableClassData

from fathom.control.revisions import keep_revisions

KEPT = 4  # files that a process has open: that of all runs, and those of the runs it wrote or read last

_inherited: list[object] = []  # what a fork must neither use nor close


class KeptEventLog(SqliteEventLogStorage):
    """Dagster's storage of events, each process with its connections open to the files it used last."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        keep_revisions()
        self._kept: OrderedDict[str, sa.Connection] = OrderedDict()
        self._process = os.getpid()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        """A transaction on the file."""
        with self._db_lock:
            connection = self._open(shard)
            try:
                with connection.begin():
                    yield connection
            except sa.exc.DBAPIError:
                self._close(shard)
                raise

    def store_event(self, event: EventLogEntry) -> None:
        """The event is on record, and whoever watches the run's file hears of it: a kept connection does not touch it."""
        super().store_event(event)
        os.utime(self.path_for_shard(event.run_id))

    def wipe(self) -> None:
        """No event is left."""
        with self._db_lock:
            for shard in list(self._kept):
                self._close(shard)
        super().wipe()

    def dispose(self) -> None:
        """Every file is closed."""
        with self._db_lock:
            for shard in list(self._kept):
                self._close(shard)
        super().dispose()

    def _open(self, shard: str) -> sa.Connection:
        if self._process != os.getpid():
            _inherited.append(self._kept)
            self._kept, self._process = OrderedDict(), os.getpid()
        if shard in self._kept:
            self._kept.move_to_end(shard)
            return self._kept[shard]
        options: dict[str, Any] = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        engine = sa.create_engine(self.conn_string_for_shard(shard), poolclass=sa.pool.StaticPool, connect_args=options)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        while len(self._kept) >= KEPT:
            self._close(next(iter(self._kept)))
        connection = self._kept[shard] = engine.connect()
        if shard != INDEX_SHARD_NAME:
            # a power cut that takes its last steps takes the run as well; its outcome and its assets are kept elsewhere
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
            connection.rollback()
        return connection

    def _close(self, shard: str) -> None:
        connection = self._kept.pop(shard, None)
        if connection is not None:
            connection.close()
            connection.engine.dispose()


class KeptSqliteStorage(DagsterSqliteStorage):
    """Dagster's storage in SQLite, but for its event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        keep_revisions()
        super().__init__(base_dir, inst_data)
        self._event_log_storage = KeptEventLog(str(Path(base_dir) / "history" / "runs"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> KeptSqliteStorage:
        """The storage as dagster.yaml configures it."""
        return cls.from_local(inst_data=inst_data, **config_value)
