"""Connects to the graph server, embedded or Neo4j, and translates the driver's errors."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from fathom.errors import GraphUnreachable, StoreFull
from fathom.graphdb.arcadedb_process import DATABASE, READER, USER, embedded_server
from fathom.graphdb.change_journal import append_to_journal, forget_touched
from fathom.graphdb.fencing import reject_stale_writer, stale_writer_error
from fathom.graphdb.native_times import read_native_times
from fathom.graphdb.query.query_tally import QueryTally
from fathom.settings import Settings

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

WorkResult = TypeVar("WorkResult")
CONNECT_SECONDS = 5.0
IMPATIENT_CONNECT_SECONDS = 0.9
IDLE_SECONDS = 2.0  # a connection that was idle for longer is tested before it is used: the server may be gone or frozen
RETRY_SECONDS = 5.0
STREAMED_ROWS = 1000
WRITE_SECONDS = 120.0  # bounds the time for which a frozen process holds Neo4j's locks


@dataclass(frozen=True)
class GraphAddress:
    """The address of the graph, with the users that write and that read; `embedded` servers lack some features of Neo4j."""

    uri: str
    user: str
    password: str
    database: str
    embedded: bool
    http_url: str = ""  # of the embedded server only
    reader: str = ""  # the user without the right to write; empty where there is none
    reader_password: str = ""


def graph_address(settings: Settings) -> GraphAddress:
    """Returns the address of the deployment's graph. Raises GraphUnreachable where its folder cannot be read."""
    if settings.graph_uri:
        password = settings.graph_password.get_secret_value() if settings.graph_password else ""
        found = GraphAddress(settings.graph_uri, settings.graph_user, password, settings.graph_database, embedded=False)
        reader = settings.graph_reader_password.get_secret_value() if settings.graph_reader_password else ""
        return replace(found, reader=settings.graph_reader_user or "", reader_password=reader)
    try:
        server = embedded_server(settings.home)
        found = GraphAddress(server.uri, USER, server.password, DATABASE, embedded=True, http_url=server.http_url)
        return replace(found, reader=READER, reader_password=server.reader_password)
    except OSError as error:
        raise GraphUnreachable(f"The embedded graph's folder cannot be used: {error}.") from error


class GraphConnection:
    """A thread-safe connection, opened when first used.

    Args:
        address: the server.
        tally: counts the queries; by default they are counted nowhere.
        write_seconds: the maximum duration of a write transaction.
        retry_seconds: for how long transient errors are retried.
        connect_seconds: for how long a connection is tried; an idle connection is tested as long before it is used.
    """

    def __init__(
        self,
        address: GraphAddress,
        tally: QueryTally | None = None,
        *,
        write_seconds: float = WRITE_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self.address = address
        self.tally = tally or QueryTally(None)
        self._connect_seconds = connect_seconds
        self._write_seconds = write_seconds
        self._retry_seconds = retry_seconds
        self._driver: Driver | None = None
        self._reading: Driver | None = None

    @property
    def driver(self) -> Driver:
        """The neo4j driver."""
        if self._driver is None:
            self._driver = self._opened(self.address.user, self.address.password)
        return self._driver

    @property
    def reading_driver(self) -> Driver:
        """The driver of the read-only user; of the writing user where there is none."""
        if not self.address.reader:
            return self.driver
        if self._reading is None:
            self._reading = self._opened(self.address.reader, self.address.reader_password)
        return self._reading

    def _opened(self, user: str, password: str) -> Driver:
        from neo4j import GraphDatabase

        return GraphDatabase.driver(
            self.address.uri,
            auth=(user, password) if password else None,
            notifications_min_severity="OFF",  # otherwise each query logs a warning
            connection_timeout=self._connect_seconds,
            connection_acquisition_timeout=2 * self._connect_seconds,
            liveness_check_timeout=IDLE_SECONDS if self._connect_seconds > IMPATIENT_CONNECT_SECONDS else 0.0,
            max_transaction_retry_time=self._retry_seconds,
        )

    def read(self, cypher: str, **parameters: Any) -> list[dict[str, Any]]:
        """Returns the rows of a query. Raises GraphUnreachable."""
        with translate_errors(self.address), self.tally.timed():
            records, _, _ = self.driver.execute_query(
                cypher,
                parameters,
                database_=self.address.database,
            )
            return [record.data() for record in records]

    def stream(self, cypher: str, **parameters: Any) -> Generator[Sequence[Any], None, None]:
        """Yields the values of each row, with STREAMED_ROWS in memory at a time. Raises GraphUnreachable."""
        from neo4j import READ_ACCESS

        with (
            translate_errors(self.address),
            self.driver.session(
                database=self.address.database, default_access_mode=READ_ACCESS, fetch_size=STREAMED_ROWS
            ) as session,
        ):
            result = session.run(cypher, parameters)
            read_native_times(result)
            for record in result:
                yield record.values()

    def write(self, work: Callable[[ManagedTransaction], WorkResult]) -> WorkResult:
        """Runs the work in a single, fenced transaction and returns its result.

        Raises GraphUnreachable, StoreFull, and LeaseLost where another writer has taken over the collection.
        """
        from neo4j import unit_of_work
        from neo4j.exceptions import Neo4jError

        def fenced(tx: ManagedTransaction) -> WorkResult:
            journaled_by = reject_stale_writer(tx)
            forget_touched()
            done = work(tx)
            if journaled_by is not None:
                append_to_journal(tx, journaled_by)
            return done

        with (
            translate_errors(self.address),
            self.tally.timed(),
            self.driver.session(database=self.address.database) as session,
        ):
            in_time: Callable[[ManagedTransaction], WorkResult] = unit_of_work(timeout=self._write_seconds)(fenced)
            try:
                result: WorkResult = session.execute_write(in_time)
            except Neo4jError as error:
                if gone := stale_writer_error(self):  # the server may report it as a duplicate key or an aborted transaction
                    raise gone from error
                if error.code and error.code.startswith("Neo.ClientError.Transaction.TransactionTimedOut"):
                    raise GraphUnreachable(f"The graph at {self.address.uri} did not finish a write in time.") from error
                raise
            return result

    def verify(self) -> float:
        """Returns the duration of a trivial query in seconds. Raises GraphUnreachable."""
        import time

        start = time.perf_counter()
        self.read("RETURN 1 AS one")
        return time.perf_counter() - start

    def close(self) -> None:
        """Closes the drivers; they are opened again when used."""
        for driver in (self._driver, self._reading):
            if driver is not None:
                driver.close()
        self._driver = self._reading = None
        self.tally.close()


def open_graph(settings: Settings) -> GraphConnection:
    """Returns the connection of the deployment, not yet opened."""
    return GraphConnection(graph_address(settings), query_tally(settings))


def open_impatient_graph(settings: Settings) -> GraphConnection:
    """Returns a connection for people who wait: it fails within two seconds where the server does not answer."""
    return GraphConnection(
        graph_address(settings), query_tally(settings), retry_seconds=0.0, connect_seconds=IMPATIENT_CONNECT_SECONDS
    )


def query_tally(settings: Settings) -> QueryTally:
    """Returns the counts of the deployment's graph queries on this host."""
    return QueryTally(settings.home / "graph-queries.bin")


@contextmanager
def translate_errors(address: GraphAddress, user: str = "") -> Iterator[None]:
    """Translates errors of the driver to GraphUnreachable and StoreFull; other errors pass."""
    from neo4j.exceptions import AuthError, DriverError, Neo4jError, TransientError

    try:
        yield
    except AuthError as error:
        hint = "Set FATHOM_GRAPH_USER and FATHOM_GRAPH_PASSWORD, or those of the reader."
        raise GraphUnreachable(
            f"The graph at {address.uri} refuses the user {user or address.user}.",
            hint="Run `fathom up`." if address.embedded else hint,
        ) from error
    except (DriverError, TransientError, OSError) as error:
        raise _unreachable(address, error) from error
    except Neo4jError as error:
        if "No space left" in str(error):
            raise StoreFull("The disk of the graph is full.") from error
        if error.code and error.code.startswith(
            "Neo.ClientError.Database."
        ):  # the embedded server listens before its database is open
            raise GraphUnreachable(
                f"The graph at {address.uri} has no database {address.database}.",
                hint="Wait if it has just been started, or set FATHOM_GRAPH_DATABASE.",
            ) from error
        raise


def _unreachable(address: GraphAddress, error: BaseException) -> GraphUnreachable:
    """Returns the error with its cause and a hint where these are known: an untrusted certificate, or missing TLS."""
    from ssl import SSLCertVerificationError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SSLCertVerificationError):
            return GraphUnreachable(
                f"The graph at {address.uri} has a certificate that is not trusted: {cause.verify_message}.",
                hint="Name its authority's file in SSL_CERT_FILE, or begin the address with bolt+ssc:// to trust any.",
            )
        cause = cause.__cause__
    message = f"The graph at {address.uri} does not answer: {_first_line(error)}."
    if "incomplete handshake" in str(error):
        return GraphUnreachable(message, hint="It may want TLS: begin the address with bolt+s:// or neo4j+s://.")
    return GraphUnreachable(message)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".:")
