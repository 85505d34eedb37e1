"""The operational database: SQLite in the home, or Postgres by a setting; migrated by Alembic."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from fathom import migrations
from fathom.errors import DatabaseLocked, DatabaseUnreachable, StoreFull
from fathom.migrations import HEAD, VERSION_TABLE
from fathom.sql import AdvisoryLock
from fathom.tables import uploads
from fathom.waits import is_bounded, wait_left

LOCKED_FOR_S = 30.0  # maximum wait for a lock of another connection, unless `waits` bounds it
POOLED, MORE = 5, 60  # connections in the pool, and beyond it, so that no thread of the API waits for a connection
_LOCKED = ("database is locked", "database table is locked", "lock timeout")

_engines: dict[str, Engine] = {}
_lock = threading.Lock()


def open_database(url: str) -> Engine:
    """Returns the process's engine of the database at `url`, migrated.

    Raises DatabaseUnreachable if it cannot be opened, StoreFull if its disk is full; so does every use of the engine.
    """
    with _lock:
        if url not in _engines:
            _engines[url] = _open(url)
        return _engines[url]


def close_databases() -> None:
    """Closes all connections of this process; databases can be opened again."""
    with _lock:
        for engine in _engines.values():
            engine.dispose()
        _engines.clear()


class ChangeWatch:
    """Tells whether a database may have been changed since the last question, for some 20 µs in SQLite.

    Everything that polls asks this first, so that an idle deployment runs no queries. Not safe for concurrent threads.
    """

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self._file = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
        self._connection: sqlite3.Connection | None = None
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> bool:
        """Returns whether any connection may have committed since the last call; always True for Postgres."""
        if self._file is None:
            return True
        try:
            now = self._version(self._file)
        except (OSError, sqlite3.Error):
            self.close()
            return True
        before, self._seen = self._seen, now
        return now != before

    def close(self) -> None:
        """Closes the connection; the next question opens another and counts as a change."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._seen = None

    def _version(self, file: Path) -> tuple[int, int, int]:
        """Returns the file's identity and the version that SQLite counts for this connection."""
        status = file.stat()
        if self._seen is not None and self._seen[:2] != (status.st_dev, status.st_ino):  # such as a restored backup
            self.close()
        if self._connection is None:
            self._connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        [version] = self._connection.execute("PRAGMA data_version").fetchone()
        return status.st_dev, status.st_ino, int(version)


def _open(url: str) -> Engine:
    parsed = sa.make_url(url)
    try:
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lite = parsed.get_backend_name() == "sqlite"
        engine = sa.create_engine(parsed, pool_size=POOLED, max_overflow=MORE, pool_pre_ping=not lite, hide_parameters=True)
        sa.event.listen(engine, "handle_error", _map_error, retval=True)
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


def _map_error(context: sa.engine.ExceptionContext) -> BaseException | None:
    """Maps a driver's error to the FathomError that is raised instead: StoreFull, DatabaseLocked or DatabaseUnreachable."""
    if context.is_pre_ping or not isinstance(context.sqlalchemy_exception, OperationalError):
        return None
    message = str(context.original_exception).strip()
    if "is full" in message or "No space left" in message:
        return StoreFull("The disk of the operational database is full.")
    if any(text in message for text in _LOCKED):
        return DatabaseLocked("Another process has the operational database locked.")
    return DatabaseUnreachable(f"The operational database does not answer: {message.rstrip('.')}.")


def require_writable(engine: Engine) -> None:
    """Raises DatabaseLocked if the database cannot be written now, DatabaseUnreachable if it does not respond."""
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
    """Switches the file to write-ahead mode, which is persistent; under a lock, since SQLite refuses concurrent switches."""
    with engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
            return
    with _migration_lock(engine), engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def migrate(engine: Engine) -> None:
    """Applies the missing revisions, each once, also with concurrent processes."""
    if revision_of(engine) == HEAD:
        return
    with _migration_lock(engine):
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
    """Returns the revision of the database; None for an empty database and for one from before Alembic."""
    with engine.begin() as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        revision: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
        return revision


@contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    """Holds the lock on migrations of this database."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(AdvisoryLock.MIGRATIONS)))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(AdvisoryLock.MIGRATIONS)))
        return
    file = engine.url.database
    with FileLock(f"{file}.migrating", timeout=60) if file and file != ":memory:" else nullcontext():
        yield
