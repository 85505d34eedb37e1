"""Marks collections that are being restored: they are incomplete, and take no writes until the restore is done."""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.errors import RestoreUnfinished
from fathom.sql import insert_into
from fathom.tables import unfinished_restores

c = unfinished_restores.c


class UnfinishedRestores:
    """The marks of a database; each method is a single transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, collection: str) -> str | None:
        """Returns the id of the backup that the collection is being restored from; None if it is complete."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(c.backup_id).where(c.collection == collection))

    def all(self) -> dict[str, str]:
        """Returns the backup of each collection that is being restored."""
        with self._engine.connect() as connection:
            return {row.collection: row.backup_id for row in connection.execute(sa.select(c.collection, c.backup_id))}

    def mark(self, collection: str, backup_id: str) -> None:
        """Marks the collection as being restored from the backup."""
        values = {"backup_id": backup_id, "started_at": time.time()}
        insert = insert_into(self._engine, unfinished_restores).values(collection=collection, **values)
        with self._engine.begin() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[c.collection], set_=values))

    def finish(self, collection: str) -> None:
        """Removes the mark."""
        with self._engine.begin() as connection:
            connection.execute(unfinished_restores.delete().where(c.collection == collection))

    def reject(self, collection: str, restoring: str | None) -> None:
        """Raises RestoreUnfinished where the collection is being restored from another backup than `restoring`."""
        backup_id = self.of(collection)
        if backup_id not in (None, restoring):
            raise RestoreUnfinished(f"The collection {collection} is being restored from the backup {backup_id}.")
