"""Reads collections as of a single moment while writers go on.

A small graph is read while the writers' leases are held, so that new writes wait for some seconds. A large one is read without
leases into a spool, while each write transaction journals the nodes that it touches; then, with the leases held, those nodes
are read again. If they are too many or not known, all is read again with the leases held.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fathom.graph.backup.record_spool import RecordSpool
from fathom.graph.content.record_reader import RecordReader
from fathom.graphdb.change_journal import read_journals, start_journals, stop_journals
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import exclusive_writer
from fathom.ledger.writer_lease import Leases
from fathom.observability.structured_logging import get_logger

MAX_PAUSED_RECORDS = 20_000  # nodes: about three seconds of reading

log = get_logger(__name__)


@dataclass
class PauseMeter:
    """Measures for how long writers have to wait at most."""

    longest_s: float = 0.0


@dataclass(frozen=True)
class WriterPause:
    """Pauses the writers of collections for a backup with an id."""

    connection: GraphConnection
    leases: Leases
    collections: Sequence[str]
    backup_id: str
    meter: PauseMeter

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
                self.meter.longest_s = max(self.meter.longest_s, time.monotonic() - began)


def spool_moment(writers: WriterPause, reader: RecordReader, folder: Path, read_tables: Callable[[], None]) -> RecordSpool:
    """Returns the records of a moment at which `read_tables` was called too, which may be called twice.

    Waits for writers that hold a lease. Raises GraphUnreachable, LeaseLost, OSError.
    """
    spool = RecordSpool(reader, folder)
    connection, names = writers.connection, sorted(writers.collections)
    with writers.paused():
        if not names or _size(connection, names) <= MAX_PAUSED_RECORDS:
            read_tables()
            spool.fill()
            return spool
        start_journals(connection, names, writers.backup_id)
    try:
        spool.fill()
        with writers.paused():
            read_tables()
            touched = read_journals(connection, names, writers.backup_id)
            if touched is None:
                log.info("The journal of the backup is not complete; it reads again", sub_stage="backup")
                spool.fill()
            else:
                spool.update(touched)
    finally:
        stop_journals(connection, names, writers.backup_id)
    return spool


def _size(connection: GraphConnection, collections: Sequence[str]) -> int:
    """Counts the nodes of the collections with an index on their collection."""
    query = "MATCH (n:{label}) WHERE n.group_id IN $collections RETURN count(n) AS n"
    counts = [connection.read(query.format(label=label), collections=list(collections)) for label in ("Episodic", "Entity")]
    return sum(rows[0]["n"] for rows in counts)
