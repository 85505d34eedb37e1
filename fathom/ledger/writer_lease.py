"""One writer a collection, across processes and hosts: a lease in the ledger's database, each with a higher number.

A lease says who may write, its number what that is worth: whoever takes a lease over has a higher number, by which the
graph refuses the holder before (see fathom/graphdb/fencing.py). Clocks that differ let a lease change hands early; they let
nobody write twice.
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
from fathom.observability.structured_logging import get_logger
from fathom.sql import insert_into
from fathom.tables import writer_leases

LEASE_S = 30.0  # how long others wait for a holder that is frozen or on a host that is gone
POLL_S = 0.1

log = get_logger(__name__)
c = writer_leases.c


@dataclass(frozen=True)
class Lease:
    """The right to write into a collection; `number` is higher than that of anyone who had it before."""

    collection: str
    number: int
    holder: str


class Leases:
    """The leases of one database; a holder that dies on this host loses its lease at once, one elsewhere after `seconds`."""

    def __init__(self, engine: Engine, *, seconds: float = LEASE_S) -> None:
        self._engine = engine
        self._seconds = seconds

    @contextmanager
    def held(self, collection: str) -> Iterator[Lease]:
        """The lease is held, renewed by a thread, and given back. Waits while another holds it."""
        lease = self._taken(collection)
        ended = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(lease, ended), name="lease", daemon=True)
        renewing.start()
        try:
            yield lease
        finally:
            ended.set()
            renewing.join()
            self._update(lease.holder, collection, expires_at=0.0)

    def above(self, lease: Lease, number: int) -> Lease:
        """The same lease with a number above that one. Raises LeaseLost where another holds it by now."""
        higher = max(lease.number, number) + 1
        if not self._update(lease.holder, lease.collection, number=higher):
            raise lease_lost(lease.collection, self._row(lease.collection).holder)
        return replace(lease, number=higher)

    def _taken(self, collection: str) -> Lease:
        me = _this_process()
        waited_for = ""
        with self._engine.begin() as connection:
            nobody = {"collection": collection, "number": 0, "holder": "", "expires_at": 0.0}
            connection.execute(
                insert_into(self._engine, writer_leases).values(**nobody).on_conflict_do_nothing(index_elements=["collection"])
            )
        while True:
            row = self._row(collection)
            if row.expires_at < time.time() or _is_dead(row.holder):
                with self._engine.begin() as connection:
                    same = (c.collection == collection, c.number == row.number, c.holder == row.holder)
                    values = {"number": row.number + 1, "holder": me, "expires_at": time.time() + self._seconds}
                    unchanged = c.expires_at == row.expires_at
                    if connection.execute(writer_leases.update().where(*same, unchanged).values(**values)).rowcount == 1:
                        return Lease(collection, row.number + 1, me)
            elif row.holder != waited_for:
                waited_for = row.holder
                said = f"Waiting for another writer of {collection}: {describe_holder(row.holder)}"
                log.info(said, sub_stage="waiting", metrics={"collection": collection, "holder": describe_holder(row.holder)})
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
                log.warning("The lease could not be renewed", sub_stage="lease", metrics={"error": type(error).__name__})

    def _update(self, holder: str, collection: str, **values: float) -> bool:
        mine = (c.collection == collection, c.holder == holder)
        with self._engine.begin() as connection:
            return connection.execute(writer_leases.update().where(*mine).values(**values)).rowcount == 1


def describe_holder(holder: str) -> str:
    """The holder in words."""
    host, pid, *_ = [*holder.split(" "), "", ""]
    return f"process {pid} on {host}" if pid else "another process"


def lease_lost(collection: str, holder: str) -> LeaseLost:
    """The error of one who finds that `holder` has the collection now."""
    return LeaseLost(f"{collection} was taken over by {describe_holder(holder)}.")


def _this_process() -> str:
    """Host, pid and start of this process, and what makes this lease differ from its others."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time()} {uuid.uuid4().hex}"


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this host that is no more."""
    host, _, rest = holder.partition(" ")
    if host != socket.gethostname():
        return False
    pid, started, _ = rest.split(" ")
    try:
        process = psutil.Process(int(pid))
        return str(process.create_time()) != started or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
