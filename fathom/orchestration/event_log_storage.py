"""Stores Dagster's event log in SQLite: all runs in a single file, compressed, without unread events, connections kept open.

Dagster's own storage has a file for each run, whose empty tables alone take 110 kB, and duplicates asset events in a common
file. It opens and closes a connection for each event, and each last close checkpoints the write-ahead log, at several times
the cost of the event's transaction; a document has some fifty events. Files of earlier runs are read where they are.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster import DagsterEventType, EventLogEntry, EventLogRecord, EventRecordsFilter
from dagster._core.execution.plan.outputs import StepOutputData
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes.config_class import ConfigurableClassData

from fathom.errors import DagsterUnreachable
from fathom.orchestration.alembic_cache import cache_revisions
from fathom.orchestration.event_packing import pack_events
from fathom.orchestration.event_thinning import EventThinning, OfRun
from fathom.orchestration.run_storage import KeptRunStorage, KeptScheduleStorage
from fathom.waits import is_bounded, wait_left

KEPT = 4  # open files of a process: the file of all runs, and the last read files of earlier runs
# Events of resources and inputs of steps, which no page and no run reads.
UNREAD = (
    DagsterEventType.RESOURCE_INIT_STARTED,
    DagsterEventType.RESOURCE_INIT_SUCCESS,
    DagsterEventType.STEP_INPUT,
    DagsterEventType.LOADED_INPUT,
    DagsterEventType.LOGS_CAPTURED,
)
FILES_OF_SQLITE = ("", "-wal", "-shm")

_inherited: list[object] = []  # connections that a fork must neither use nor close


class KeptEventLog(EventThinning, SqliteEventLogStorage):
    """Dagster's storage of events, which keeps the connections to the last used files open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        cache_revisions()
        pack_events()
        self._kept: OrderedDict[str, sa.Connection] = OrderedDict()
        self._process = os.getpid()
        super().__init__(base_dir, inst_data)

    @property
    def is_run_sharded(self) -> bool:
        """False: events of all runs are in a single file with common ids."""
        return False

    def path_for_shard(self, run_id: str) -> str:
        """Returns the file with the run's events."""
        return super().path_for_shard(self._shard(run_id))

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[sa.Connection]:
        """Opens a transaction on the file with the run's events, without fsync.

        A power cut that loses its last events ends the run too. Results of assets and checks are followed by a durable
        transaction on the index, and the end of a run is stored in the table of runs.
        """
        return self._connect(self._shard(run_id or ""), synchronous="NORMAL")

    def index_connection(self) -> AbstractContextManager[sa.Connection]:
        """Opens a transaction on the file of all runs."""
        return self._connect(INDEX_SHARD_NAME)

    def store_event(self, event: EventLogEntry) -> None:
        """Stores the event and touches the file to notify watchers, which a kept connection does not do."""
        if self._shard(event.run_id) != INDEX_SHARD_NAME:
            super().store_event(event)
        elif _is_planned_check(event):
            self.store_asset_check_event(event, None)
        elif event.dagster_event_type not in UNREAD and not _is_output_of_check(event):
            SqlEventLogStorage.store_event(self, event)
        os.utime(self.path_for_shard(event.run_id))

    def get_event_records(
        self, event_records_filter: EventRecordsFilter, limit: int | None = None, ascending: bool = False
    ) -> list[EventLogRecord]:
        """Returns events of any run."""
        return list(SqlEventLogStorage.get_event_records(self, event_records_filter, limit, ascending))

    def delete_events(self, run_id: str) -> None:
        """Deletes the events of the run and its own file, if any."""
        super().delete_events(run_id)
        if self._shard(run_id) != INDEX_SHARD_NAME:
            self._delete_file(run_id)

    def thin(self, run_id: str, made: Sequence[int], checks: Sequence[tuple[str, str]]) -> int:
        """Deletes events of the run as `EventThinning` does, and the run's own file, and compresses the others."""
        if self._shard(run_id) != INDEX_SHARD_NAME:
            self._delete_file(run_id)
        return super().thin(run_id, made, checks)

    def tidy_rows(self, connection: sa.Connection, run_id: str, of_run: OfRun) -> None:
        """Compresses the rows that an older version stored as plain text."""
        _compress_plain_rows(connection, SqlEventLogStorageTable.c.event, (SqlEventLogStorageTable.c.run_id == run_id,))
        for rows in of_run:
            _compress_plain_rows(connection, AssetCheckExecutionsTable.c.evaluation_event, rows)

    def wipe(self) -> None:
        """Deletes all events."""
        with self._db_lock:
            for shard in list(self._kept):
                self._close(shard)
        super().wipe()

    def dispose(self) -> None:
        """Closes all files."""
        with self._db_lock:
            for shard in list(self._kept):
                self._close(shard)
        super().dispose()

    @contextmanager
    def _connect(self, shard: str, synchronous: str = "FULL") -> Iterator[sa.Connection]:
        """Opens a transaction on the file. Raises DagsterUnreachable if the wait for it exceeds the bound of `waits`."""
        with self._locked():
            connection = self._open(shard)
            wait_ms = int(wait_left(SQLITE_BUSY_TIMEOUT_SECONDS) * 1000)
            if connection.info.get("wait_ms", SQLITE_BUSY_TIMEOUT_SECONDS * 1000) != wait_ms:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={wait_ms}")
                connection.rollback()
                connection.info["wait_ms"] = wait_ms
            if connection.info.get("synchronous") != synchronous:
                connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
                connection.rollback()
                connection.info["synchronous"] = synchronous
            try:
                with connection.begin():
                    yield connection
            except sa.exc.DBAPIError:
                self._close(shard)
                raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the lock on the files."""
        if not self._db_lock.acquire(timeout=wait_left(SQLITE_BUSY_TIMEOUT_SECONDS) if is_bounded() else -1):
            raise DagsterUnreachable("Dagster's storage is locked by another process.")
        try:
            yield
        finally:
            self._db_lock.release()

    def _shard(self, run_id: str) -> str:
        """Returns the shard of a run: its own file if it has one, else the file of all runs."""
        own = run_id and run_id != INDEX_SHARD_NAME and Path(super().path_for_shard(run_id)).exists()
        return run_id if own else INDEX_SHARD_NAME

    def _delete_file(self, shard: str) -> None:
        path = self.path_for_shard(shard)
        with self._db_lock:
            self._close(shard)
        for suffix in FILES_OF_SQLITE:
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").unlink()

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
        return connection

    def _close(self, shard: str) -> None:
        connection = self._kept.pop(shard, None)
        if connection is not None:
            connection.close()
            connection.engine.dispose()


class KeptSqliteStorage(DagsterSqliteStorage):
    """Dagster's storage in SQLite, with this event log and kept connections."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        cache_revisions()
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]  # not its own, which opens other storages
        self.base_dir, self._inst_data = base_dir, inst_data
        self._event_log_storage = KeptEventLog(str(Path(base_dir) / "history" / "runs"))
        self._run_storage = KeptRunStorage.from_local(str(Path(base_dir) / "history"))
        self._schedule_storage = KeptScheduleStorage.from_local(str(Path(base_dir) / "schedules"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> KeptSqliteStorage:
        """Creates the storage from its configuration in dagster.yaml."""
        return cls.from_local(inst_data=inst_data, **config_value)


def _compress_plain_rows(connection: sa.Connection, column: sa.Column[Any], rows: Sequence[sa.ColumnElement[bool]]) -> None:
    """Compresses the rows of a run that an older version stored as plain text."""
    table = column.table
    plain = sa.select(table.c.id, column).where(*rows, sa.func.typeof(column) == "text")
    for number, text in connection.execute(plain).all():
        connection.execute(sa.update(table).where(table.c.id == number).values({column.name: text}))


def _is_planned_check(event: EventLogEntry) -> bool:
    """Returns whether the event announces a check, which the row of its outcome does too."""
    return event.is_dagster_event and event.dagster_event_type is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED


def _is_output_of_check(event: EventLogEntry) -> bool:
    """Returns whether the event is the output of a check, which the following check event repeats."""
    if not event.is_dagster_event or event.dagster_event_type is not DagsterEventType.STEP_OUTPUT:
        return False
    output = event.get_dagster_event().event_specific_data
    return isinstance(output, StepOutputData) and output.output_name.startswith(f"{event.step_key}_")
