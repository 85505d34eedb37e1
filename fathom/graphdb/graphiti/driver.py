"""Graphiti's Neo4j driver for either server: translates Cypher for the embedded server, and creates no schema by itself.

Imports graphiti_core: import this module only when it is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from graphiti_core.driver.neo4j_driver import Neo4jDriver
from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, AsyncSession, AsyncTransaction, EagerResult

from fathom.graphdb.arcadedb_cypher import translate_cypher
from fathom.graphdb.connection import CONNECT_SECONDS, RETRY_SECONDS, GraphAddress, GraphConnection, translate_errors
from fathom.graphdb.schema import ensure_schema


class GraphitiDriver(Neo4jDriver):  # type: ignore[misc]
    """Runs graphiti_core's queries on the deployment's graph."""

    client: AsyncDriver
    _init_task: asyncio.Task[Any] | None

    def __init__(self, address: GraphAddress) -> None:
        super().__init__(address.uri, address.user, address.password, address.database)
        if self._init_task is not None:  # ensure_schema creates the schema, not a task beside the first query
            self._init_task.cancel()
            self._init_task = None
        self._address = address
        self._never_used = self.client  # it has no option to disable notifications
        self.client = AsyncGraphDatabase.driver(
            address.uri,
            auth=(address.user, address.password) if address.password else None,
            notifications_min_severity="OFF",
            connection_timeout=CONNECT_SECONDS,
            connection_acquisition_timeout=2 * CONNECT_SECONDS,
            max_transaction_retry_time=RETRY_SECONDS,
        )

    async def execute_query(self, cypher_query_: str, **kwargs: Any) -> EagerResult:
        """Runs and commits a query and returns its records. Raises GraphUnreachable, StoreFull, and neo4j's ClientError."""
        with translate_errors(self._address):
            if self._address.embedded:
                return await self._execute_on_embedded(cypher_query_, **kwargs)
            result: EagerResult = await super().execute_query(cypher_query_, **kwargs)
            return result

    async def _execute_on_embedded(self, cypher_query_: str, **kwargs: Any) -> EagerResult:
        parameters = {**(kwargs.pop("params", None) or {}), **(kwargs.pop("parameters_", None) or {})}
        database = kwargs.pop("database_", self._database)
        parameters |= {name: value for name, value in kwargs.items() if not name.endswith("_")}

        async def work(tx: AsyncManagedTransaction) -> EagerResult:
            result = await _run(tx, cypher_query_, parameters)
            keys = list(result.keys())
            records = [record async for record in result]
            return EagerResult(records, await result.consume(), keys)

        async with self.client.session(database=database) as session:
            found: EagerResult = await session.execute_write(work)
            return found

    def session(self, database: str | None = None) -> Any:
        """Returns a session that accepts Graphiti's Cypher."""
        session = self.client.session(database=database or self._database)
        return _Session(session) if self._address.embedded else session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A transaction that commits at the end and rolls back on an error."""
        async with self.client.session(database=self._database) as session:
            tx = await session.begin_transaction()
            try:
                yield _Transaction(tx) if self._address.embedded else tx
                await tx.commit()
            except BaseException:
                await tx.rollback()
                raise

    async def build_indices_and_constraints(self, delete_existing: bool = False) -> None:
        """Creates Graphiti's indexes and Fathom's; `delete_existing` is ignored, since other collections need them."""
        await asyncio.to_thread(_make_schema, self._address)

    async def close(self) -> None:
        """Closes the drivers."""
        await super().close()
        await self._never_used.close()


class _Transaction:
    """A transaction of the embedded server that accepts Graphiti's Cypher."""

    def __init__(self, tx: AsyncManagedTransaction | AsyncTransaction) -> None:
        self._tx = tx

    async def run(self, query: str, parameters: dict[str, Any] | None = None, **named: Any) -> Any:
        return await _run(self._tx, query, {**(parameters or {}), **named})


class _Session:
    """A session of the embedded server that accepts Graphiti's Cypher."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def run(self, query: str, parameters: dict[str, Any] | None = None, **named: Any) -> Any:
        return await _run(self._session, query, {**(parameters or {}), **named})

    async def execute_write(self, work: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        async def translated(tx: AsyncManagedTransaction) -> Any:
            return await work(_Transaction(tx), *args, **kwargs)

        return await self._session.execute_write(translated)

    async def execute_read(self, work: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        return await self.execute_write(work, *args, **kwargs)

    async def close(self) -> None:
        await self._session.close()


async def _run(runner: Any, query: str, parameters: dict[str, Any]) -> Any:
    """Runs the translated statements and returns the result of the last."""
    *before, (last, given) = translate_cypher(query, parameters)
    for statement, own in before:
        await (await runner.run(statement, own)).consume()
    return await runner.run(last, given)


def _make_schema(address: GraphAddress) -> None:
    connection = GraphConnection(address)
    try:
        ensure_schema(connection)
    finally:
        connection.close()
