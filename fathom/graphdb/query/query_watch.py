"""Ends a person's query on the server when its time is over, and verifies that it is gone.

Neo4j has a time limit for each transaction, which it checks every two seconds. The embedded server has a single limit for all
queries and ignores the driver's. Both list running queries and end one by its id, which this watch does in time; the servers'
own limits end the queries of processes that died.
"""

from __future__ import annotations

import secrets
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fathom.errors import QueryTimedOut

if TYPE_CHECKING:
    from neo4j import Driver, Transaction

    from fathom.graphdb.connection import GraphConnection

MARK = "fathom_query"  # the name of the mark in the metadata of a transaction
GONE_WITHIN_S = 10.0
LOOK_AGAIN_S = 0.05
_BY_MARK = f"SHOW TRANSACTIONS YIELD transactionId AS id, metaData AS data WHERE data.{MARK} = $mark RETURN id"
_BY_CONNECTION = "SHOW TRANSACTIONS YIELD transactionId AS id, connectionId AS connection WHERE connection = $mark RETURN id"
_END = "TERMINATE TRANSACTIONS $ids"


class QueryWatch:
    """Watches over a transaction, in a `with` statement; within it, errors after the timeout become QueryTimedOut.

    Args:
        connection: the connection, which is closed where the server does not end the query.
        driver: the driver of the transaction's user, who may list and end own queries.
        timeout_s: seconds from the beginning of the `with` statement.
    """

    def __init__(self, connection: GraphConnection, driver: Driver, timeout_s: float) -> None:
        self._connection, self._driver = connection, driver
        self._embedded = connection.address.embedded
        self._timeout_s = timeout_s
        self._mark = secrets.token_hex(8)
        self._timer = threading.Timer(timeout_s, self._time_is_over)
        self._timer.daemon = True
        self._expired = threading.Event()
        self._asking = threading.Lock()
        self._over = self._gone = False

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata that the transaction is begun with."""
        return {MARK: self._mark}

    def __enter__(self) -> QueryWatch:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        if self._expired.is_set():
            self._timer.join()
            if isinstance(error, Exception):
                ended = "it was ended on the server" if self._gone else "the server was asked to end it, and has not yet"
                raise QueryTimedOut(f"The query took longer than {self._timeout_s:g} s: {ended}.") from error

    def identify(self, transaction: Transaction) -> None:
        """Learns the embedded server's name of the transaction's connection, since it lists no metadata.

        Also resets the session of the connection, whose parameters and time zone another query may have set.
        """
        if self._embedded:
            transaction.run("SESSION RESET").consume()
            own = f"SHOW TRANSACTIONS YIELD connectionId, currentQuery /* {self._mark} */"
            self._mark = next(row["connectionId"] for row in transaction.run(own) if self._mark in row["currentQuery"])

    def raise_if_expired(self) -> None:
        """Raises QueryTimedOut once the time is over; the end of the `with` statement adds what became of the query."""
        if self._expired.is_set():
            raise QueryTimedOut(f"The query took longer than {self._timeout_s:g} s.")

    def end(self) -> bool:
        """Ends the query on the server; returns whether it is gone."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while self._ask_to_end():
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_AGAIN_S)
        return True

    def end_unread(self) -> None:
        """Asks for the end of a query of which no more rows are read; the embedded server would compute all of them."""
        if self._embedded:
            self._ask_to_end()

    def release(self) -> None:
        """Notes that the transaction is over, before another query can use its connection and be taken for it."""
        with self._asking:
            self._over = True

    def _ask_to_end(self) -> bool:
        """Asks the server to end the query; returns whether it was still there."""
        find = _BY_CONNECTION if self._embedded else _BY_MARK
        with self._asking, self._driver.session(database=self._connection.address.database) as session:
            ids = [] if self._over else [row["id"] for row in session.run(find, mark=self._mark)]
            if ids:
                session.run(_END, ids=ids).consume()
        return bool(ids)

    def _time_is_over(self) -> None:
        """Ends the query; closes the connection where the server does not do so in time, so that nobody waits for it."""
        from neo4j.exceptions import DriverError, Neo4jError

        self._expired.set()
        abandon = threading.Timer(2 * GONE_WITHIN_S, self._connection.close)  # where the server does not even answer
        abandon.daemon = True
        abandon.start()
        try:
            self._gone = self.end()
        except (DriverError, Neo4jError, OSError):
            self._gone = False
        abandon.cancel()
        if not self._gone:
            self._connection.close()
