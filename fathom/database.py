"""The operational database: SQLite in the home or Postgres by one setting, brought up to date by numbered migrations."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from fathom.errors import DatabaseLocked, DatabaseUnreachable, StoreFull
from fathom.tables import (
    account_pauses,
    api_keys,
    attachments,
    audit_log,
    called_one,
    compared_facts,
    document_dates,
    episodes,
    event_sources,
    events,
    fact_verdicts,
    hand_runs,
    judged_names,
    llm_calls,
    llm_reservations,
    money_waits,
    name_verdicts,
    pauses,
    planned_runs,
    priorities,
    relation_verdicts,
    schema_migrations,
    to_forget,
    uploads,
    uploads_in_part,
    verdict_companies,
    writer_leases,
)
from fathom.waits import is_bounded, wait_left

# Of facts by their sentences alone: in databases between two migrations, and in none that is up to date.
_judged_facts = sa.Table(
    "judged_facts",
    sa.MetaData(),
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)


@dataclass(frozen=True)
class AddedColumn:
    """A column that a table got after it was released; `definition` as SQL that both databases take."""

    table: str
    column: str
    definition: str

    def __str__(self) -> str:
        return f"ALTER TABLE {self.table} ADD COLUMN {self.column} {self.definition}"

    def add(self, connection: Connection) -> None:
        """The table has the column, also where a process died after it had added it."""
        if all(one["name"] != self.column for one in sa.inspect(connection).get_columns(self.table)):
            connection.execute(sa.text(str(self)))


def _as_released(table: sa.Table, *, without: str) -> sa.Table:
    """The table as its migration made it, before it got a column."""
    columns = [
        sa.Column(
            one.name,
            one.type,
            primary_key=one.primary_key,
            nullable=one.nullable,
            autoincrement=one.autoincrement,
            server_default=one.server_default,
        )
        for one in table.columns
        if one.name != without
    ]
    earlier = sa.Table(table.name, sa.MetaData(), *columns)
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        sa.Index(index.name, *(earlier.c[column.name] for column in index.columns))
    return earlier


Migration = sa.Table | sa.Index | sa.schema.DropTable | AddedColumn

# Append only: a number, once released, never changes what it does.
MIGRATIONS: tuple[tuple[int, tuple[Migration, ...]], ...] = (
    (1, (uploads, _as_released(episodes, without="left_out"))),
    (2, (planned_runs,)),
    (3, (events, event_sources)),
    (4, (api_keys, pauses)),
    (5, (_as_released(llm_calls, without="estimated"), llm_reservations)),
    (6, (money_waits,)),
    (7, (writer_leases,)),
    (8, (attachments,)),
    (9, (audit_log,)),
    (10, (priorities,)),
    (11, (uploads_in_part,)),
    (12, (name_verdicts, judged_names)),
    (13, (fact_verdicts, _judged_facts)),
    (14, (compared_facts, called_one, to_forget, sa.schema.DropTable(_judged_facts, if_exists=True))),
    (15, (relation_verdicts, verdict_companies)),
    (16, (account_pauses, AddedColumn("llm_calls", "estimated", "BOOLEAN DEFAULT false NOT NULL"))),
    (17, (hand_runs,)),
    (18, (document_dates,)),
    (19, (AddedColumn("episodes", "left_out", "TEXT"),)),
)

LOCKED_FOR_S = 30.0  # how long a lock of another connection is waited for, where `waits` does not bound it
POOLED, MORE = 5, 60  # connections that are kept, and that are opened beside them: no thread of the API waits for one
_LOCKED = ("database is locked", "database table is locked", "lock timeout")
MIGRATING = 7_264_117  # Postgres' advisory lock of whoever migrates

_engines: dict[str, Engine] = {}
_lock = threading.Lock()


def open_database(url: str) -> Engine:
    """The engine of the database at `url`, migrated; one a process.

    Raises DatabaseUnreachable when it cannot be opened, StoreFull when its disk is full; so does whatever is done by it.
    """
    with _lock:
        if url not in _engines:
            _engines[url] = _open(url)
        return _engines[url]


def close_databases() -> None:
    """This process holds no connection to an operational database; one that is opened again works."""
    with _lock:
        for engine in _engines.values():
            engine.dispose()
        _engines.clear()


def _open(url: str) -> Engine:
    parsed = sa.make_url(url)
    try:
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lite = parsed.get_backend_name() == "sqlite"
        engine = sa.create_engine(parsed, pool_size=POOLED, max_overflow=MORE, pool_pre_ping=not lite, hide_parameters=True)
        sa.event.listen(engine, "handle_error", _named, retval=True)
        if lite:
            sa.event.listen(engine, "connect", _sqlite_settings)
            sa.event.listen(engine, "checkout", _bound_sqlite_waits)
            _write_ahead(engine)
        else:
            sa.event.listen(engine, "begin", _bound_postgres_waits)
        migrate(engine)
    except OSError as error:
        raise DatabaseUnreachable(f"The operational database cannot be opened: {error}.") from error
    return engine


def _named(context: sa.engine.ExceptionContext) -> BaseException | None:
    """What every use of the database raises in place of the driver's error: it has no room, or does not answer.

    A lock that another process holds too long has a name of its own.
    """
    if context.is_pre_ping or not isinstance(context.sqlalchemy_exception, OperationalError):
        return None
    said = str(context.original_exception).strip()
    if "is full" in said or "No space left" in said:
        return StoreFull("The disk of the operational database is full.")
    if any(one in said for one in _LOCKED):
        return DatabaseLocked("Another process has the operational database locked.")
    return DatabaseUnreachable(f"The operational database does not answer: {said.rstrip('.')}.")


def require_writable(engine: Engine) -> None:
    """Raises DatabaseLocked where nothing can be written now, DatabaseUnreachable where the database does not answer."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.text(f"LOCK TABLE {uploads.name} IN ROW EXCLUSIVE MODE"))
        connection.rollback()


def _sqlite_settings(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")  # an acknowledged state survives a power cut
    cursor.close()


def _bound_sqlite_waits(connection: Any, record: Any, _proxy: object) -> None:
    wait_ms = int(wait_left(LOCKED_FOR_S) * 1000)
    if record.info.get("wait_ms") != wait_ms:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={wait_ms}")
        cursor.close()
        record.info["wait_ms"] = wait_ms


def _bound_postgres_waits(connection: Connection) -> None:
    if is_bounded():
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(wait_left(LOCKED_FOR_S) * 1000)}")


def _write_ahead(engine: Engine) -> None:
    """The file is in write-ahead mode, which it keeps; one process at a time, for SQLite refuses a second change at once."""
    with engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
            return
    with _alone(engine), engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def migrate(engine: Engine) -> None:
    """Every migration the database lacks is applied, in order, each once, also when processes race."""
    if {number for number, _ in MIGRATIONS} <= _applied(engine):
        return
    with _alone(engine):
        schema_migrations.create(engine, checkfirst=True)
        applied = _applied(engine)
        for number, parts in MIGRATIONS:
            if number in applied:
                continue
            with engine.begin() as connection:
                for part in parts:
                    if isinstance(part, AddedColumn):
                        part.add(connection)
                    elif isinstance(part, sa.schema.DropTable):
                        connection.execute(part)
                    else:
                        part.create(connection, checkfirst=True)
                connection.execute(schema_migrations.insert().values(number=number, applied_at=time.time()))


def _applied(engine: Engine) -> set[int]:
    with engine.begin() as connection:
        if not sa.inspect(connection).has_table(schema_migrations.name):
            return set()
        return set(connection.scalars(sa.select(schema_migrations.c.number)))


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """No other process migrates this database while inside."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(MIGRATING)))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(MIGRATING)))
        return
    file = engine.url.database
    with FileLock(f"{file}.migrating", timeout=60) if file and file != ":memory:" else nullcontext():
        yield
