"""Fencing: every write transaction compares its token with the token stored on the collection's WriterLease node.

The token is the number of the writer's lease. A transaction with a lower token than the stored token is rejected; any other
transaction writes the node, so that two concurrent transactions cannot both commit. A new holder writes its token before it
reads anything, so it sees everything that a former holder has committed, and later commits of the former holder are rejected.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from fathom.errors import LeaseLost
from fathom.graphdb.change_journal import report_touched
from fathom.ids import EPISODE_NAMESPACE
from fathom.ledger.writer_lease import Lease, Leases, lease_lost

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from fathom.graphdb.connection import GraphConnection

LABEL = "WriterLease"
STANDS = f"MATCH (f:{LABEL} {{uuid: $uuid}}) RETURN f.number AS number, f.holder AS holder"
RAISE = f"""
MERGE (f:{LABEL} {{uuid: $uuid}})
SET f.collection = $collection, f.writes = coalesce(f.writes, 0) + 1,
    f.holder = CASE WHEN coalesce(f.number, 0) > $number THEN f.holder ELSE $holder END,
    f.number = CASE WHEN coalesce(f.number, 0) > $number THEN f.number ELSE $number END
RETURN f.number AS number, f.holder AS holder, f.journal IS NOT NULL AS journaled
"""

_held: ContextVar[Lease | None] = ContextVar("held", default=None)


@contextmanager
def exclusive_writer(connection: GraphConnection, leases: Leases, collection: str) -> Iterator[None]:
    """Holds the collection's lease: in this context, writes to the graph are rejected once another process holds it.

    Waits while another process holds the lease. Raises GraphUnreachable, LeaseLost.
    """
    with leases.hold(collection) as lease:
        stands = max((row["number"] for row in connection.read(STANDS, uuid=lease_node(collection))), default=0)
        if stands >= lease.number:  # the ledger is newer than the graph, or another process took the lease over
            lease = leases.raise_number(lease, stands)
        before = _held.set(lease)
        try:
            connection.write(_touch_nothing)
            yield
        finally:
            _held.reset(before)


def reject_stale_writer(tx: ManagedTransaction) -> str | None:
    """Rejects a transaction whose lease was taken over; does nothing outside of `exclusive_writer`. Raises LeaseLost.

    Returns the uuid of the lease's node where the transaction is to be journaled.
    """
    lease = _held.get()
    if lease is None:
        return None
    token = {"collection": lease.collection, "number": lease.number, "holder": lease.holder}
    node = lease_node(lease.collection)
    row = tx.run(RAISE, uuid=node, **token).single()
    if row is None or row["number"] > lease.number:
        raise lease_lost(lease.collection, row["holder"] if row else "")
    return node if row["journaled"] else None


def _touch_nothing(tx: ManagedTransaction) -> None:
    """Writes the fencing token, as each transaction does, and no more."""
    report_touched(())


def stale_writer_error(connection: GraphConnection) -> LeaseLost | None:
    """Returns the error to raise where another writer took over this lease, else None. Raises GraphUnreachable."""
    lease = _held.get()
    if lease is None:
        return None
    stands = [row for row in connection.read(STANDS, uuid=lease_node(lease.collection)) if row["number"] > lease.number]
    return lease_lost(lease.collection, stands[0]["holder"]) if stands else None


def lease_node(collection: str) -> str:
    """Returns the uuid of the WriterLease node of the collection, which has its fencing token."""
    return str(uuid.uuid5(EPISODE_NAMESPACE, f"writer\0{collection}"))
