"""Writer leases: a single writer a collection across processes and hosts, stored in the ledger's database.

Each lease has a higher number than the lease before it, which serves as fencing token: the graph rejects transactions of a
former holder (see fathom/graphdb/fencing.py). Clock skew can move a lease to another holder too early, but never lets two
holders write.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psutil
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from fathom.errors import FathomError, LeaseLost
from fathom.ledger.unfinished_restores import UnfinishedRestores
from fathom.observability.structured_logging import get_logger
from fathom.sql import insert_into
from fathom.tables import writer_leases

LEASE_S = 30.0  # after this time a frozen holder, or a holder on a lost host, loses its lease
POLL_S = 0.1

log = get_logger(__name__)
c = writer_leases.c


@dataclass(frozen=True)
class Lease:
    """A lease on a collection; `number`, the fencing token, is higher than that of all earlier leases."""

    collection: str
    number: int
    holder: str


class Leases:
    """The leases of a database; a process that dies loses its lease at once on this host, after `seconds` on another."""

    def __init__(self, engine: Engine, *, seconds: float = LEASE_S, restoring: str | None = None) -> None:
        """`restoring` is the backup that the holder restores, which may write to a collection that is marked by it."""
        self._engine = engine
        self._restoring = restoring
        self._seconds = seconds

    @contextmanager
    def hold(self, collection: str) -> Iterator[Lease]:
        """Acquires the lease, renews it in a thread, and releases it. Waits while another process holds it.

        Raises RestoreUnfinished where the collection is incomplete.
        """
        lease = self._acquire(collection)
        ended = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(lease, ended), name="lease", daemon=True)
        renewing.start()
        try:
            yield lease
        finally:
            ended.set()
            renewing.join()
            self._update(lease.holder, collection, expires_at=0.0)

    def raise_number(self, lease: Lease, number: int) -> Lease:
        """Returns the lease with a number above the given number. Raises LeaseLost where another process holds it."""
        higher = max(lease.number, number) + 1
        if not self._update(lease.holder, lease.collection, fencing_token=higher):
            raise lease_lost(lease.collection, self._row(lease.collection).holder)
        return replace(lease, number=higher)

    def _acquire(self, collection: str) -> Lease:
        holder = f"{this_process()} {uuid.uuid4().hex}"
        waited_for = ""
        with self._engine.begin() as connection:
            vacant = {"collection": collection, "fencing_token": 0, "holder": "", "expires_at": 0.0}
            connection.execute(
                insert_into(self._engine, writer_leases).values(**vacant).on_conflict_do_nothing(index_elements=["collection"])
            )
        while True:
            UnfinishedRestores(self._engine).reject(collection, self._restoring)
            row = self._row(collection)
            if row.expires_at < time.time() or is_dead(row.holder):
                with self._engine.begin() as connection:
                    same = (c.collection == collection, c.fencing_token == row.fencing_token, c.holder == row.holder)
                    values = {
                        "fencing_token": row.fencing_token + 1,
                        "holder": holder,
                        "expires_at": time.time() + self._seconds,
                    }
                    unchanged = c.expires_at == row.expires_at
                    if connection.execute(writer_leases.update().where(*same, unchanged).values(**values)).rowcount == 1:
                        return Lease(collection, row.fencing_token + 1, holder)
            elif row.holder != waited_for:
                waited_for = row.holder
                message = f"Waiting for another writer of {collection}: {describe_holder(row.holder)}"
                log.info(
                    message, sub_stage="waiting", metrics={"collection": collection, "holder": describe_holder(row.holder)}
                )
            time.sleep(POLL_S)

    def _row(self, collection: str) -> sa.Row[Any]:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(writer_leases).where(c.collection == collection)).one()

    def _renew(self, lease: Lease, ended: threading.Event) -> None:
        while not ended.wait(self._seconds / 3):
            try:
                if not self._update(lease.holder, lease.collection, expires_at=time.time() + self._seconds):
                    return
            except (FathomError, SQLAlchemyError) as error:
                log.warning("Lease renewal failed", sub_stage="lease", metrics={"error": type(error).__name__})

    def _update(self, holder: str, collection: str, **values: float) -> bool:
        mine = (c.collection == collection, c.holder == holder)
        with self._engine.begin() as connection:
            return connection.execute(writer_leases.update().where(*mine).values(**values)).rowcount == 1


def describe_holder(holder: str) -> str:
    """Returns a description of the holder for messages."""
    host, pid, *_ = [*holder.split(" "), "", ""]
    return f"process {pid} on {host}" if pid else "another process"


def lease_lost(collection: str, holder: str) -> LeaseLost:
    """Returns the error for a collection that `holder` has taken over."""
    return LeaseLost(f"{collection} was taken over by {describe_holder(holder)}.")


def this_process() -> str:
    """Returns host, pid and start time, which identify this process."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time()}"


def is_dead(holder: str) -> bool:
    """Returns whether the holder is a process of this host that has ended."""
    host, _, rest = holder.partition(" ")
    if host != socket.gethostname():
        return False
    pid, started, *_ = rest.split(" ")
    try:
        process = psutil.Process(int(pid))
        return str(process.create_time()) != started or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
