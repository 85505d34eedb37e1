"""Stores the reserved slots of a rate limit: in a file of the host, or in Postgres for all hosts that share a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.llm.host_sqlite import HostSQLite
from fathom.sql import AdvisoryLock, exclusive_transaction, insert_into
from fathom.tables import llm_blocks, llm_slots

_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (id INTEGER PRIMARY KEY, model TEXT, at REAL, tokens INTEGER);
CREATE INDEX IF NOT EXISTS turns_by_time ON turns (model, at);
CREATE TABLE IF NOT EXISTS holds (model TEXT PRIMARY KEY, until REAL);
"""

Slots = Sequence[tuple[float, int]]  # time and tokens of reserved slots, the earliest first


@dataclass(frozen=True)
class SlotRange:
    """The times of slots, in epoch seconds: those outside of `kept_from` to `kept_to` are deleted, later than `since` count."""

    kept_from: float
    kept_to: float
    since: float


class SlotStore(Protocol):
    """The slots of models, shared by processes."""

    def blocked_until(self, model: str) -> float | None:
        """Returns the time before which no request to the model starts, if any."""
        ...

    def block(self, model: str, until: float) -> None:
        """Starts no request to the model before that time; an earlier time changes nothing."""
        ...

    def reserve(self, model: str, tokens: int, times: SlotRange, choose: Callable[[Slots], float]) -> tuple[int, float]:
        """Adds a slot at the time that `choose` returns for the slots so far, alone; returns its id and time."""
        ...

    def correct(self, slot: int, tokens: int) -> None:
        """Sets the tokens of a slot."""
        ...

    def close(self) -> None:
        """Closes connections of its own."""
        ...


class HostSlots:
    """Slots in a SQLite file of the host, which need not survive a power cut."""

    def __init__(self, file: Path) -> None:
        self._file = HostSQLite(file, _SCHEMA, synchronous="OFF")

    def blocked_until(self, model: str) -> float | None:
        """Returns the time before which no request to the model starts, if any."""
        with self._file.reading() as connection:
            row = connection.execute("SELECT until FROM holds WHERE model = ?", (model,)).fetchone()
        return None if row is None else float(row[0])

    def block(self, model: str, until: float) -> None:
        """Starts no request to the model before that time; an earlier time changes nothing."""
        kept = "INSERT INTO holds VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET until = max(until, excluded.until)"
        with self._file.writing() as connection:
            connection.execute(kept, (model, until))

    def reserve(self, model: str, tokens: int, times: SlotRange, choose: Callable[[Slots], float]) -> tuple[int, float]:
        """Adds a slot at the time that `choose` returns for the slots so far, alone; returns its id and time."""
        with self._file.writing() as connection:
            outside = (model, times.kept_from, times.kept_to)
            connection.execute("DELETE FROM turns WHERE model = ? AND (at < ? OR at > ?)", outside)
            query = "SELECT at, tokens FROM turns WHERE model = ? AND at > ? ORDER BY at, id"
            at = choose(connection.execute(query, (model, times.since)).fetchall())
            row = connection.execute("INSERT INTO turns (model, at, tokens) VALUES (?, ?, ?)", (model, at, tokens)).lastrowid
        return int(row or 0), at

    def correct(self, slot: int, tokens: int) -> None:
        """Sets the tokens of a slot."""
        with self._file.writing() as connection:
            connection.execute("UPDATE turns SET tokens = ? WHERE id = ?", (tokens, slot))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


class SharedSlots:
    """Slots in the operational database, for all hosts that use it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def blocked_until(self, model: str) -> float | None:
        """Returns the time before which no request to the model starts, if any."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(llm_blocks.c.until).where(llm_blocks.c.model == model))

    def block(self, model: str, until: float) -> None:
        """Starts no request to the model before that time; an earlier time changes nothing."""
        insert = insert_into(self._engine, llm_blocks).values(model=model, until=until)
        later = insert.on_conflict_do_update(
            index_elements=["model"], set_={"until": until}, where=llm_blocks.c.until < insert.excluded.until
        )
        with self._engine.begin() as connection:
            connection.execute(later)

    def reserve(self, model: str, tokens: int, times: SlotRange, choose: Callable[[Slots], float]) -> tuple[int, float]:
        """Adds a slot at the time that `choose` returns for the slots so far, alone; returns its id and time."""
        c = llm_slots.c
        outside = sa.or_(c.starts_at < times.kept_from, c.starts_at > times.kept_to)
        inside = sa.select(c.starts_at, c.tokens).where(c.model == model, c.starts_at > times.since)
        with exclusive_transaction(self._engine, AdvisoryLock.SLOTS) as connection:
            connection.execute(llm_slots.delete().where(c.model == model, outside))
            rows = connection.execute(inside.order_by(c.starts_at, c.id)).all()
            at = choose([(float(row.starts_at), int(row.tokens)) for row in rows])
            added = llm_slots.insert().values(model=model, starts_at=at, tokens=tokens).returning(c.id)
            return int(connection.execute(added).scalar_one()), at

    def correct(self, slot: int, tokens: int) -> None:
        """Sets the tokens of a slot."""
        with self._engine.begin() as connection:
            connection.execute(llm_slots.update().where(llm_slots.c.id == slot).values(tokens=tokens))

    def close(self) -> None:
        """Does nothing: the engine is the process's own."""
