"""Journals the nodes that write transactions touch, while a backup reads a collection without its lease.

The journal is a list of uuids on the collection's WriterLease node, to which each transaction appends those of the nodes that
it creates, changes or deletes, and of the ends of such relationships. A transaction that does not report them, or a journal
that has become too long, makes it UNKNOWN: then the reading has to be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from fathom.graphdb.connection import GraphConnection

UNKNOWN = "*"
MAX_JOURNALED = 20_000  # uuids
_LEASES = "MATCH (f:WriterLease) WHERE f.collection IN $collections"
_START = f"{_LEASES} SET f.journal = [], f.journal_owner = $owner"
_STOP = f"{_LEASES} AND f.journal_owner = $owner REMOVE f.journal, f.journal_owner"
_READ = f"{_LEASES} RETURN f.collection AS collection, f.journal AS journal, f.journal_owner AS owner"
_APPEND = f"""
MATCH (f:WriterLease {{uuid: $uuid}})
SET f.journal = CASE WHEN $touched IS NULL OR '{UNKNOWN}' IN f.journal OR size(f.journal) + size($touched) > {MAX_JOURNALED}
THEN ['{UNKNOWN}'] ELSE f.journal + $touched END
"""

_touched: ContextVar[set[str] | None] = ContextVar("touched", default=None)


def report_touched(uuids: Iterable[str]) -> None:
    """Reports nodes that the transaction at work touches; none, for a transaction that touches no node of a collection."""
    _touched.set((_touched.get() or set()) | set(uuids))


def forget_touched() -> None:
    """Forgets what an earlier transaction of this context reported."""
    _touched.set(None)


def append_to_journal(tx: ManagedTransaction, lease_uuid: str) -> None:
    """Appends what the transaction reported to the journal of the lease's collection."""
    touched = _touched.get()
    tx.run(_APPEND, uuid=lease_uuid, touched=None if touched is None else sorted(touched)).consume()


def start_journals(connection: GraphConnection, collections: list[str], owner: str) -> None:
    """Starts the journals of the collections; the caller holds their leases. Raises GraphUnreachable."""

    def start(tx: ManagedTransaction) -> None:
        report_touched(())
        tx.run(_START, collections=collections, owner=owner).consume()

    connection.write(start)


def stop_journals(connection: GraphConnection, collections: list[str], owner: str) -> None:
    """Stops the journals that this owner started. Raises GraphUnreachable."""
    connection.read(_STOP, collections=collections, owner=owner)


def read_journals(connection: GraphConnection, collections: list[str], owner: str) -> set[str] | None:
    """Returns the uuids that were touched since the owner started the journals; None if they are not known."""
    found = connection.read(_READ, collections=collections)
    if {row["collection"] for row in found} != set(collections):
        return None
    if any(row["owner"] != owner or row["journal"] is None or UNKNOWN in row["journal"] for row in found):
        return None
    return {uuid for row in found for uuid in row["journal"]}
