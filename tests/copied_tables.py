"""The tables of a new SQLite database, copied from one that was migrated: all revisions take a tenth of a second each time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache

import sqlalchemy as sa

from fathom import database

_migrate = database.migrate


def copy_tables(engine: sa.Engine) -> None:
    """Gives an empty SQLite database what migrating it would; migrates any other."""
    if engine.dialect.name == "sqlite":
        with database._migration_lock(engine), closing(engine.raw_connection()) as connection:
            given = connection.driver_connection
            assert isinstance(given, sqlite3.Connection)
            if given.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                with closing(sqlite3.connect(":memory:")) as copied:
                    copied.deserialize(_migrated())
                    copied.backup(given)
    _migrate(engine)


@cache
def _migrated() -> bytes:
    """Returns the content of a database that was empty and is migrated."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    _migrate(engine)
    with closing(engine.raw_connection()) as connection:
        made = connection.driver_connection
        assert isinstance(made, sqlite3.Connection)
        content = made.serialize()
    engine.dispose()
    return content
