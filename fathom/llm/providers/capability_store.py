"""Stores the learned capabilities of servers by address and model, for all processes and hosts of the operational database."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.errors import DatabaseLocked
from fathom.sql import exclusive_transaction, insert_into
from fathom.tables import llm_servers
from fathom.waits import bounded_waits

KEPT_S = 7 * 86_400.0  # the server may have changed by then
NOTED_S = 3600.0  # an answer is noted once an hour at most
MAX_WRITE_WAIT_S = 2.0  # for the database's lock; without the write, another process learns the same again
MAX_SERVERS = 100

_COLUMNS = sa.select(
    llm_servers.c.address,
    llm_servers.c.model,
    llm_servers.c.learned,
    llm_servers.c.learned_at,
    llm_servers.c.answered_at,
)

Learned = TypeVar("Learned")


@dataclass(frozen=True)
class KnownServer:
    """The stored capabilities of a model at an address: parts as JSON by name, when they were learned, the last answer."""

    address: str
    model: str
    learned: dict[str, Any] = field(default_factory=dict[str, Any])
    learned_at: float = 0.0
    answered_at: float | None = None


class CapabilityStore:
    """Reads and writes the capabilities of a model at an address; those of other processes are read at first use.

    Without an engine they are kept in memory.
    """

    def __init__(self, engine: Engine | None, address: str, model: str, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._address = address
        self._model = model
        self._clock = clock
        self._lock = threading.Lock()
        self._known: KnownServer | None = None

    @property
    def has_answered(self) -> bool:
        """Whether the server has answered a request within the retention time."""
        return self._read().answered_at is not None

    def recall(self, name: str, kind: type[Learned]) -> Learned | None:
        """Returns a learned part as that dataclass; None if there is none, or it has another shape."""
        kept = self._read().learned.get(name)
        if not isinstance(kept, dict) or set(kept) != {known.name for known in fields(kind)}:  # type: ignore[arg-type]
            return None
        return kind(**kept)

    def learn(self, **parts: Any) -> None:
        """Stores these parts, each a dataclass, or None to delete it."""
        with self._lock:
            known = self._known or self._load()
            learned = dict(known.learned)
            for name, part in parts.items():
                learned.pop(name, None)
                if part is not None:
                    learned[name] = asdict(part)
            self._known = KnownServer(self._address, self._model, learned, self._clock(), known.answered_at)
            self._store(self._known)

    def answered(self) -> None:
        """Notes an answer of the server."""
        known, now = self._read(), self._clock()
        if known.answered_at is None or now - known.answered_at > NOTED_S:
            with self._lock:
                known = self._known or known
                self._known = KnownServer(self._address, self._model, known.learned, known.learned_at or now, now)
                self._store(self._known)

    def _read(self) -> KnownServer:
        with self._lock:
            if self._known is None:
                self._known = self._load()
            return self._known

    def _load(self) -> KnownServer:
        c, nothing = llm_servers.c, KnownServer(self._address, self._model)
        if self._engine is None:
            return nothing
        kept = _COLUMNS.where(c.address == self._address, c.model == self._model, c.learned_at > self._clock() - KEPT_S)
        with self._engine.connect() as connection:
            row = connection.execute(kept).one_or_none()
        return nothing if row is None else _known(*row)

    def _store(self, known: KnownServer) -> None:
        if self._engine is None:
            return
        row = {**asdict(known), "learned": json.dumps(known.learned)}
        insert: Any = insert_into(self._engine, llm_servers).values(**row)
        with (
            suppress(DatabaseLocked),
            bounded_waits(MAX_WRITE_WAIT_S),
            exclusive_transaction(self._engine) as connection,
        ):
            connection.execute(llm_servers.delete().where(llm_servers.c.learned_at < self._clock() - KEPT_S))
            connection.execute(insert.on_conflict_do_update(index_elements=["address", "model"], set_=row))


def known_servers(engine: Engine) -> list[KnownServer]:
    """Returns the latest stored servers, the latest first."""
    c = llm_servers.c
    latest = _COLUMNS.where(c.learned_at > time.time() - KEPT_S).order_by(c.learned_at.desc()).limit(MAX_SERVERS)
    with engine.connect() as connection:
        return [_known(*row) for row in connection.execute(latest)]


def _known(address: str, model: str, learned: str, learned_at: float, answered_at: float | None) -> KnownServer:
    return KnownServer(address, model, json.loads(learned), learned_at, answered_at)
