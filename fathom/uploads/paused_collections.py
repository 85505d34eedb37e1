"""Pauses and resumes collections: no run is planned for a paused collection; runs in progress go on to their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.sql import insert_into
from fathom.tables import pauses
from fathom.uploads.provider_accounts import probe_now

ALL = "*"


@dataclass(frozen=True, slots=True)
class Pause:
    """The pause of a collection (`*`: all collections): its reason, its author and its start in seconds since 1970."""

    collection: str
    reason: str
    paused_by: str | None
    paused_at: float


def pause(engine: Engine, collection: str, *, reason: str, by: str | None, now: float) -> Pause:
    """Pauses the collection until it is resumed; a second pause changes only the reason."""
    insert: Any = insert_into(engine, pauses)
    row = insert.values(collection=collection, reason=reason, paused_by=by, paused_at=now)
    with engine.begin() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["collection"], set_={"reason": row.excluded.reason}))
    return paused(engine)[collection]


def resume(engine: Engine, collection: str) -> bool:
    """Resumes the collection; returns whether it was paused. Paused accounts are probed with the next LLM call."""
    probe_now(engine)
    with engine.begin() as connection:
        return connection.execute(pauses.delete().where(pauses.c.collection == collection)).rowcount == 1


def paused(engine: Engine) -> dict[str, Pause]:
    """Returns the pauses by collection."""
    with engine.begin() as connection:
        return {row.collection: Pause(*row) for row in connection.execute(sa.select(pauses))}


def pause_of(collection: str, pauses_now: Mapping[str, Pause]) -> Pause | None:
    """Returns the pause that applies to a collection: its own, or that of all collections."""
    return pauses_now.get(collection) or pauses_now.get(ALL)
