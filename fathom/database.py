"""The operational database: SQLite in the home or Postgres by one setting, brought up to date by Alembic."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from fathom import migrations
from fathom.errors import DatabaseLocked, DatabaseUnreachable, StoreFull
from fathom.migrations import HEAD, VERSION_TABLE
from fathom.tables import uploads
from fathom.waits import is_bounded, wait_left

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
    """Applies the revisions that the database lacks, each once, also when processes race."""
    if revision_of(engine) == HEAD:
        return
    with _alone(engine):
        if revision_of(engine) == HEAD:
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        with engine.connect() as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def revision_of(engine: Engine) -> str | None:
    """Returns the revision that the database is at; None for an empty one and one from before Alembic."""
    with engine.begin() as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        revision: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
        return revision


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
