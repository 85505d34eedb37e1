"""Stores the collections whose verdicts await pruning."""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import collections_to_prune


class PruneQueue:
    """Collections that lost episodes since their verdicts were last pruned."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, collection: str) -> None:
        """Adds the collection; does nothing when it is queued already."""
        if collection not in self:
            with self._engine.begin() as connection:
                connection.execute(collections_to_prune.insert().values(collection=collection, queued_at=time.time()))

    def discard(self, collection: str) -> None:
        """Removes the collection, if it is queued."""
        with self._engine.begin() as connection:
            connection.execute(collections_to_prune.delete().where(collections_to_prune.c.collection == collection))

    def __contains__(self, collection: str) -> bool:
        with self._engine.connect() as connection:
            mine = sa.select(collections_to_prune.c.queued_at).where(collections_to_prune.c.collection == collection)
            return connection.scalar(mine) is not None
