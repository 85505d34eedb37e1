"""What keeps a writer that lost its lease from writing: each transaction says its lease's number to the graph first.

The number stands in a node of the collection. A transaction with a lower one than stands there is refused, one with the
same or a higher one writes the node, so two that are open at once cannot both be committed. A new holder writes its number
before it reads anything; whatever a former holder commits was therefore there to be read, or is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from fathom.errors import LeaseLost
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
RETURN f.number AS number, f.holder AS holder
"""

_held: ContextVar[Lease | None] = ContextVar("held", default=None)


@contextmanager
def exclusive_writer(connection: GraphConnection, leases: Leases, collection: str) -> Iterator[None]:
    """Every write to the graph in this context is refused once another holds the collection's lease.

    Waits while another does. Raises GraphUnreachable, LeaseLost.
    """
    with leases.held(collection) as lease:
        stands = max((row["number"] for row in connection.read(STANDS, uuid=lease_node(collection))), default=0)
        if stands >= lease.number:  # the ledger is younger than the graph, or another holds the lease by now
            lease = leases.above(lease, stands)
        before = _held.set(lease)
        try:
            connection.write(lambda tx: None)
            yield
        finally:
            _held.reset(before)


def reject_stale_writer(tx: ManagedTransaction) -> None:
    """The transaction is of the holder of the lease, or of nobody who needs one. Raises LeaseLost."""
    lease = _held.get()
    if lease is None:
        return
    said = {"collection": lease.collection, "number": lease.number, "holder": lease.holder}
    row = tx.run(RAISE, uuid=lease_node(lease.collection), **said).single()
    if row is None or row["number"] > lease.number:
        raise lease_lost(lease.collection, row["holder"] if row else "")


def stale_writer_error(connection: GraphConnection) -> LeaseLost | None:
    """The error to raise where another writer has the collection of this one's lease by now. Raises GraphUnreachable."""
    lease = _held.get()
    if lease is None:
        return None
    stands = [row for row in connection.read(STANDS, uuid=lease_node(lease.collection)) if row["number"] > lease.number]
    return lease_lost(lease.collection, stands[0]["holder"]) if stands else None


def lease_node(collection: str) -> str:
    """The uuid of the node that has the number of the collection's lease."""
    return str(uuid.uuid5(EPISODE_NAMESPACE, f"writer\0{collection}"))
