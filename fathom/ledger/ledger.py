"""The ledger of episodes: planned, extracted, written, failed, quarantined or removed, each durable before it is believed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.database import episodes

State = Literal["planned", "extracted", "written", "failed", "quarantined", "removed"]

# A row leaves `written` only by being removed, and `removed` only by being planned again.
BEFORE: dict[State, tuple[State, ...]] = {
    "planned": ("planned", "extracted", "failed", "removed"),
    "extracted": ("planned", "extracted", "failed"),
    "written": ("planned", "extracted", "written"),
    "failed": ("planned", "extracted", "failed"),
    "quarantined": ("planned", "extracted", "failed", "quarantined"),
    "removed": ("planned", "extracted", "written", "failed", "quarantined", "removed"),
}


@dataclass(frozen=True)
class Planned:
    """A chunk that is to become an episode."""

    uuid: str
    chunk: str
    position: int


@dataclass(frozen=True)
class Makers:
    """What makes the episodes of a document: versions that the ledger keeps with each."""

    chunker: str
    prompt: str
    model: str
    embedder: str


class Ledger:
    """The rows of all episodes, in SQLite or Postgres; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def plan(self, document: str, version: str, planned: Sequence[Planned], makers: Makers) -> None:
        """Each chunk has a row; one that is written already keeps its state and learns its version and position."""
        if not planned:
            return
        collection = document.partition("/")[0]
        now = time.time()
        with self._engine.begin() as connection:
            uuids = [one.uuid for one in planned]
            known = {row.uuid: row.state for row in _by_uuid(connection, uuids, episodes.c.uuid, episodes.c.state)}
            fresh = [
                {
                    "uuid": one.uuid,
                    "collection": collection,
                    "document": document,
                    "version": version,
                    "chunk": one.chunk,
                    "position": one.position,
                    "state": "planned",
                    "planned_at": now,
                    "updated_at": now,
                    **vars(makers),
                }
                for one in planned
                if one.uuid not in known
            ]
            if fresh:
                connection.execute(episodes.insert(), fresh)
            again = [
                {
                    "b_uuid": one.uuid,
                    "version": version,
                    "position": one.position,
                    "updated_at": now,
                    "state": "written" if known[one.uuid] == "written" else "planned",
                }
                for one in planned
                if one.uuid in known
            ]
            if again:
                connection.execute(episodes.update().where(episodes.c.uuid == sa.bindparam("b_uuid")), again)

    def mark_extracted(self, uuid: str, *, tokens_in: int, tokens_out: int, cost_usd: float) -> None:
        """The language model has answered for the episode, and that is paid."""
        self._mark(
            [uuid],
            "extracted",
            extracted_at=time.time(),
            tokens_in=episodes.c.tokens_in + tokens_in,
            tokens_out=episodes.c.tokens_out + tokens_out,
            cost_usd=episodes.c.cost_usd + cost_usd,
        )

    def mark_written(self, uuid: str, *, entities: int, facts: int) -> None:
        """The episode is in the graph."""
        tried = episodes.c.attempts + 1
        self._mark([uuid], "written", written_at=time.time(), entities=entities, facts=facts, reason=None, attempts=tried)

    def mark_failed(self, uuid: str, reason: str) -> None:
        """This try at the episode failed."""
        self._mark([uuid], "failed", reason=reason, attempts=episodes.c.attempts + 1)

    def mark_removed(self, uuids: Iterable[str], reason: str) -> None:
        """The episodes are no longer in the graph."""
        self._mark(list(uuids), "removed", reason=reason)

    def states(self, document: str) -> dict[str, State]:
        """The state of each episode of the document, by uuid; removed ones too."""
        query = sa.select(episodes.c.uuid, episodes.c.state).where(episodes.c.document == document)
        with self._engine.connect() as connection:
            return {row.uuid: row.state for row in connection.execute(query)}

    def _mark(self, uuids: Sequence[str], state: State, **values: Any) -> None:
        with self._engine.begin() as connection:
            for some in _slices(uuids):
                connection.execute(
                    episodes.update()
                    .where(episodes.c.uuid.in_(some), episodes.c.state.in_(BEFORE[state]))
                    .values(state=state, updated_at=time.time(), **values)
                )


def _by_uuid(connection: sa.Connection, uuids: Sequence[str], *columns: sa.Column[Any]) -> list[Any]:
    rows: list[Any] = []
    for some in _slices(uuids):
        rows.extend(connection.execute(sa.select(*columns).where(episodes.c.uuid.in_(some))))
    return rows


def _slices(uuids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (uuids[start : start + size] for start in range(0, len(uuids), size))
