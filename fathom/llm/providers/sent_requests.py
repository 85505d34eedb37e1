"""Records which message batch holds each request, for all processes and hosts of the operational database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.sql import batched, exclusive_transaction, insert_into
from fathom.tables import batched_requests

_KEPT_S = 28 * 86_400.0  # results are there for 29 days

c = batched_requests.c


class SentRequests:
    """The batch of each request; it is unknown between `begun` and `made`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begun(self, keys: Sequence[str]) -> None:
        """Records that the requests are about to be sent together."""
        now = time.time()
        row: Any = insert_into(self._engine, batched_requests)
        again = row.on_conflict_do_update(index_elements=["key"], set_={"batch": None, "begun_at": now})
        with exclusive_transaction(self._engine) as connection:
            connection.execute(batched_requests.delete().where(c.begun_at < now - _KEPT_S))
            connection.execute(again, [{"key": key, "batch": None, "begun_at": now} for key in sorted(keys)])

    def made(self, keys: Sequence[str], batch: str) -> None:
        """Records the batch id of the requests."""
        with exclusive_transaction(self._engine) as connection:
            for some in batched(sorted(keys)):
                connection.execute(batched_requests.update().where(c.key.in_(some)).values(batch=batch))

    def forget(self, keys: Sequence[str]) -> None:
        """Deletes the requests' records."""
        with exclusive_transaction(self._engine) as connection:
            for some in batched(sorted(keys)):
                connection.execute(batched_requests.delete().where(c.key.in_(some)))

    def batches(self, keys: Sequence[str]) -> dict[str, str]:
        """Returns the batch id of each request with a known batch."""
        return {key: batch for key, (batch, _) in self._rows(keys).items() if batch is not None}

    def lost(self, keys: Sequence[str]) -> dict[str, tuple[float, int]]:
        """Returns for each request without a batch id when it was begun, and the number of requests begun with it."""
        found = {key: at for key, (batch, at) in self._rows(keys).items() if batch is None}
        counted: dict[float, int] = {}
        with self._engine.connect() as connection:
            for at in set(found.values()):
                together = sa.select(sa.func.count()).select_from(batched_requests).where(c.begun_at == at)
                counted[at] = int(connection.scalar(together) or 0)
        return {key: (at, counted[at]) for key, at in found.items()}

    def known_batches(self) -> set[str]:
        """Returns the ids of all recorded batches."""
        with self._engine.connect() as connection:
            return {str(batch) for batch in connection.scalars(sa.select(c.batch).where(c.batch.is_not(None)).distinct())}

    def _rows(self, keys: Sequence[str]) -> dict[str, tuple[str | None, float]]:
        found: dict[str, tuple[str | None, float]] = {}
        with self._engine.connect() as connection:
            for some in batched(sorted(keys)):
                for key, batch, at in connection.execute(sa.select(c.key, c.batch, c.begun_at).where(c.key.in_(some))):
                    found[key] = batch, at
        return found


def import_batch_file(engine: Engine, file: Path) -> int:
    """Moves the records of a host's file, where earlier releases kept them, to the database; returns their number.

    The file is deleted after its records are stored, so that an import that dies is repeated.
    """
    if not file.is_file():
        return 0
    with closing(sqlite3.connect(file, timeout=60)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS sent (key TEXT PRIMARY KEY, batch TEXT, at REAL)")
        rows = [
            {"key": key, "batch": batch, "begun_at": at}
            for key, batch, at in connection.execute("SELECT key, batch, at FROM sent ORDER BY key")
        ]
    insert: Any = insert_into(engine, batched_requests)
    with exclusive_transaction(engine) as stored:
        for some in batched(rows):
            stored.execute(insert.on_conflict_do_nothing(index_elements=["key"]), some)
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)
    return len(rows)
