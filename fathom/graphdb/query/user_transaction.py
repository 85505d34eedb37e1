"""Opens the transaction of a person's query: with the rights, the access mode and the time that the query may have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from fathom.errors import FathomError
from fathom.graphdb.connection import GraphConnection, translate_errors
from fathom.graphdb.query.query_watch import QueryWatch

if TYPE_CHECKING:
    from neo4j import Transaction

MAX_ROWS_AT_ONCE = 200  # that the driver asks the server for


@contextmanager
def user_transaction(
    connection: GraphConnection, *, timeout_s: float, rows: int, write: bool = False
) -> Iterator[tuple[Transaction, QueryWatch]]:
    """Yields a transaction and the watch that ends it on the server after `timeout_s`.

    It is rolled back unless it was committed. A reading transaction is that of the read-only user, in read mode; the server
    computes no more than `rows` at a time. Raises QueryTimedOut, GraphUnreachable.
    """
    from neo4j import READ_ACCESS, WRITE_ACCESS
    from neo4j.exceptions import DriverError, Neo4jError

    address = connection.address
    driver = connection.driver if write else connection.reading_driver
    watch = QueryWatch(connection, driver, timeout_s)
    with (
        translate_errors(address, "" if write else address.reader),
        watch,
        driver.session(
            database=address.database,
            default_access_mode=WRITE_ACCESS if write else READ_ACCESS,
            fetch_size=min(rows, MAX_ROWS_AT_ONCE),
        ) as session,
        connection.tally.timed(),
    ):
        transaction = session.begin_transaction(metadata=watch.metadata, timeout=timeout_s)
        watch.identify(transaction)
        try:
            yield transaction, watch
        except (FathomError, Neo4jError, DriverError):
            raise  # the server ended the query itself
        except BaseException:
            with suppress(FathomError, Neo4jError, DriverError):
                watch.end()
            raise
        finally:
            with suppress(Neo4jError, DriverError):
                if not transaction.closed():
                    transaction.rollback()
            watch.release()
