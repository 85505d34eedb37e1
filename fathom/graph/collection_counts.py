"""Counts entities and facts of each collection; a count is kept until somebody writes to the collection.

A count reads an index of the whole collection, so that of a large one takes seconds. The counts are stored with a mark, the
fencing token and the number of writes on the collection's WriterLease node, and counted again when the mark has changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from fathom.errors import FathomError
from fathom.graphdb.connection import GraphAddress, GraphConnection
from fathom.graphdb.fencing import LABEL
from fathom.sql import insert_into
from fathom.tables import graph_counts

MARKS = f"MATCH (f:{LABEL}) RETURN f.collection AS collection, f.number AS number, f.writes AS writes"
ENTITIES = "MATCH (n:Entity) WHERE n.group_id = $group RETURN count(n) AS n"
FACTS = "MATCH ()-[r:RELATES_TO]->() WHERE r.group_id = $group RETURN count(r) AS n"

_counting = threading.Lock()


@dataclass(frozen=True)
class CollectionCount:
    """Entities and facts of a collection, at the time of their count; `current` if nobody has written since."""

    entities: int
    facts: int
    counted_at: float
    current: bool


def collection_counts(
    connection: GraphConnection, engine: Engine, *, within_s: float | None = None, only: str | None = None
) -> dict[str, CollectionCount]:
    """Returns the counts of all collections that were ever written, or of `only` one; without a bound all are current.

    Where counting takes longer than the bound, it goes on in a thread, and the last counts are returned; a collection that was
    never counted is left out then. Raises GraphUnreachable.
    """
    marks = {
        str(row["collection"]): f"{row['number']}:{row['writes']}"
        for row in connection.read(MARKS)
        if row["collection"] and only in (None, row["collection"])
    }
    with engine.connect() as database:
        kept = {row.collection: row for row in database.execute(sa.select(graph_counts))}
    counts: dict[str, CollectionCount] = {}
    stale = []
    for name, mark in marks.items():
        row = kept.get(name)
        if row is None or row.mark != mark:
            stale.append(name)
        if row is not None:
            counts[name] = CollectionCount(row.entities, row.facts, row.counted_at, current=row.mark == mark)
    stale.sort(key=lambda name: counts[name].entities if name in counts else 0)  # the quickest first

    def count(through: GraphConnection) -> None:
        for name in stale:
            counts[name] = _count(through, engine, name, marks[name])

    if within_s is None:
        count(connection)
    elif stale and within_s > 0:
        _in_thread(connection.address, count, within_s)
    return dict(counts)


def _in_thread(address: GraphAddress, count: Callable[[GraphConnection], None], wait_s: float) -> None:
    """Waits for the count, which goes on for the next call if it takes longer; a process counts once at a time.

    The count has a connection of its own, because the caller may close its own meanwhile.
    """
    if not _counting.acquire(blocking=False):
        return

    def work() -> None:
        from neo4j.exceptions import DriverError, Neo4jError

        own = GraphConnection(address)
        try:
            with suppress(FathomError, DriverError, Neo4jError, SQLAlchemyError):
                count(own)
        finally:
            own.close()
            _counting.release()

    thread = threading.Thread(target=work, name="graph counts", daemon=True)
    thread.start()
    thread.join(wait_s)


def forget_counts(engine: Engine) -> None:
    """Forgets all counts, after a write that left no mark."""
    with engine.begin() as database:
        database.execute(graph_counts.delete())


def _count(connection: GraphConnection, engine: Engine, collection: str, mark: str) -> CollectionCount:
    found = CollectionCount(
        entities=connection.read(ENTITIES, group=collection)[0]["n"],
        facts=connection.read(FACTS, group=collection)[0]["n"],
        counted_at=time.time(),
        current=True,
    )
    values = {"mark": mark, "entities": found.entities, "facts": found.facts, "counted_at": found.counted_at}
    upsert = insert_into(engine, graph_counts).values(collection=collection, **values)
    with engine.begin() as database:
        database.execute(upsert.on_conflict_do_update(index_elements=["collection"], set_=values))
    return found
