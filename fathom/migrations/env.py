"""Runs revisions on the connection that `fathom.database` gives, or on a database of its own for the command `alembic`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from fathom.migrations import VERSION_TABLE
from fathom.settings import settings
from fathom.tables import metadata


def run(connection: sa.Connection) -> None:
    """Applies the revisions that are asked for in one transaction, which SQLite has to be told to begin."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection=connection, target_metadata=metadata, version_table=VERSION_TABLE, render_as_batch=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with sa.create_engine(settings().operational_url).begin() as opened:
        run(opened)
