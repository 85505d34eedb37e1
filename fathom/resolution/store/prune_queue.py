"""Which collections have lost episodes, until what was judged of these alone is forgotten."""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import to_forget


class PruneQueue:
    """Collections that lost episodes since what was judged in them was last forgotten."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, collection: str) -> None:
        """It is one of them."""
        if collection not in self:
            with self._engine.begin() as connection:
                connection.execute(to_forget.insert().values(collection=collection, at=time.time()))

    def discard(self, collection: str) -> None:
        """It is none of them."""
        with self._engine.begin() as connection:
            connection.execute(to_forget.delete().where(to_forget.c.collection == collection))

    def __contains__(self, collection: str) -> bool:
        with self._engine.connect() as connection:
            mine = sa.select(to_forget.c.at).where(to_forget.c.collection == collection)
            return connection.scalar(mine) is not None
