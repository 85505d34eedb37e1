"""How urgent a document is: a number somebody gave it, 0 without one; the higher is planned first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from fathom.errors import UsageWrong
from fathom.tables import priorities

LEAST, MOST = -100, 100
_PAGE = 500


def prioritize(engine: Engine, documents: Sequence[str], priority: int, *, by: str | None, now: float) -> None:
    """The documents have the priority from their next run on. Raises UsageWrong for one out of bounds."""
    checked(priority)
    insert: Any = (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(priorities)
    fresh = {name: insert.excluded[name] for name in ("priority", "set_by", "set_at")}
    rows = [{"document": one, "priority": priority, "set_by": by, "set_at": now} for one in documents]
    with engine.begin() as connection:
        connection.execute(insert.on_conflict_do_update(index_elements=["document"], set_=fresh), rows)


def priorities_of(engine: Engine, documents: Sequence[str]) -> dict[str, int]:
    """The priority of each of the documents that was given one."""
    found: dict[str, int] = {}
    with engine.begin() as connection:
        for start in range(0, len(documents), _PAGE):
            some = priorities.c.document.in_(list(documents[start : start + _PAGE]))
            found.update((row.document, row.priority) for row in connection.execute(sa.select(priorities).where(some)))
    return found


def checked(priority: int) -> int:
    """The priority. Raises UsageWrong for one out of bounds."""
    if not LEAST <= priority <= MOST:
        raise UsageWrong(f"A priority is a whole number from {LEAST} to {MOST}.", hint="The higher is first; 0 is usual.")
    return priority
