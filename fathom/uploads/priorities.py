"""Stores the priority of documents: a higher number is planned first, 0 is the default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.errors import UsageWrong
from fathom.sql import insert_into
from fathom.tables import priorities

MIN_PRIORITY, MAX_PRIORITY = -100, 100
_PAGE = 500


def prioritize(engine: Engine, documents: Sequence[str], priority: int, *, by: str | None, now: float) -> None:
    """Sets the priority of the documents from their next run on. Raises UsageWrong if it is out of bounds."""
    validate_priority(priority)
    insert: Any = insert_into(engine, priorities)
    fresh = {name: insert.excluded[name] for name in ("priority", "set_by", "set_at")}
    rows = [{"document": document, "priority": priority, "set_by": by, "set_at": now} for document in documents]
    with engine.begin() as connection:
        connection.execute(insert.on_conflict_do_update(index_elements=["document"], set_=fresh), rows)


def priorities_of(engine: Engine, documents: Sequence[str]) -> dict[str, int]:
    """Returns the priority of each of the documents that has one."""
    found: dict[str, int] = {}
    with engine.begin() as connection:
        for start in range(0, len(documents), _PAGE):
            of_page = priorities.c.document.in_(list(documents[start : start + _PAGE]))
            found.update((row.document, row.priority) for row in connection.execute(sa.select(priorities).where(of_page)))
    return found


def validate_priority(priority: int) -> int:
    """Returns the priority. Raises UsageWrong if it is out of bounds."""
    if not MIN_PRIORITY <= priority <= MAX_PRIORITY:
        raise UsageWrong(
            f"A priority is a whole number from {MIN_PRIORITY} to {MAX_PRIORITY}.", hint="The higher is first; 0 is usual."
        )
    return priority
