"""Reads collections as of a single moment while writers go on.

A small graph is read while the writers' leases are held, so that new writes wait for some seconds. A large one is read without
leases; each write transaction counts on its collection's WriterLease node, so a reading during which no count changed is of one
moment. After MAX_TRIES readings that were overtaken by writers, the last one is made with the leases.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL, exclusive_writer
from fathom.ledger.writer_lease import Leases
from fathom.observability.structured_logging import get_logger

R = TypeVar("R")
MAX_PAUSED_RECORDS = 30_000  # about three seconds of reading
MAX_TRIES = 3
_WRITES = f"MATCH (f:{LABEL}) WHERE f.collection IN $collections RETURN f.collection AS collection, f.writes AS writes"

log = get_logger(__name__)


@dataclass
class PauseMeter:
    """Measures for how long writers have to wait at most."""

    longest_s: float = 0.0


@dataclass(frozen=True)
class WriterPause:
    """Pauses the writers of collections."""

    connection: GraphConnection
    leases: Leases
    collections: Sequence[str]
    pause: PauseMeter

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Holds the leases of all collections, in a fixed order, so that nobody writes to their graph."""
        with ExitStack() as held:
            for collection in sorted(self.collections):
                held.enter_context(exclusive_writer(self.connection, self.leases, collection))
            began = time.monotonic()
            try:
                yield
            finally:
                self.pause.longest_s = max(self.pause.longest_s, time.monotonic() - began)


def read_at_one_moment(writers: WriterPause, read_tables: Callable[[], None], read_graph: Callable[[], R]) -> R:
    """Returns the result of `read_graph` for a moment at which `read_tables` was called too; both may be called again.

    Waits for writers that hold a lease. Raises GraphUnreachable, LeaseLost.
    """
    connection, collections = writers.connection, writers.collections
    for _ in range(MAX_TRIES):
        with writers.paused():
            read_tables()
            if _size(connection, collections) <= MAX_PAUSED_RECORDS:
                return read_graph()
            before = _writes(connection, collections)
        found = read_graph()
        with writers.paused():
            if all(count == before.get(name, 0) + 1 for name, count in _writes(connection, collections).items()):
                return found
        log.info("Writers overtook the backup; it starts again", sub_stage="backup")
    with writers.paused():
        read_tables()
        return read_graph()


def _writes(connection: GraphConnection, collections: Sequence[str]) -> Mapping[str, int]:
    found = connection.read(_WRITES, collections=list(collections))
    return {row["collection"]: row["writes"] for row in found}


def _size(connection: GraphConnection, collections: Sequence[str]) -> int:
    """Counts the nodes of the collections with an index on their collection."""
    query = "MATCH (n:{label}) WHERE n.group_id IN $collections RETURN count(n) AS n"
    counts = [connection.read(query.format(label=label), collections=list(collections)) for label in ("Episodic", "Entity")]
    return sum(rows[0]["n"] for rows in counts)
