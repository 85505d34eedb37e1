"""Stores the collections whose verdicts await pruning."""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import to_forget


class PruneQueue:
    """Collections that lost episodes since their verdicts were last pruned."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, collection: str) -> None:
        """Adds the collection; does nothing when it is queued already."""
        if collection not in self:
            with self._engine.begin() as connection:
                connection.execute(to_forget.insert().values(collection=collection, at=time.time()))

    def discard(self, collection: str) -> None:
        """Removes the collection, if it is queued."""
        with self._engine.begin() as connection:
            connection.execute(to_forget.delete().where(to_forget.c.collection == collection))

    def __contains__(self, collection: str) -> bool:
        with self._engine.connect() as connection:
            mine = sa.select(to_forget.c.at).where(to_forget.c.collection == collection)
            return connection.scalar(mine) is not None
