"""The connection to the graph that all requests share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from fathom.api.problems import RETRY_AFTER_S
from fathom.graphdb.connection import GraphConnection, graph_address, open_impatient_graph
from fathom.settings import Settings

AT_ONCE = 4  # queries of people: the other threads of the API stay free
WAIT_S = 10.0

T = TypeVar("T")


class SharedGraph:
    """Opens the connection when it is first used, and again after the embedded server changed its ports."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._connection: GraphConnection | None = None
        self._lock = threading.Lock()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def connection(self) -> GraphConnection:
        """Returns the connection. Raises GraphUnreachable where the embedded graph's folder cannot be read."""
        address = graph_address(self.settings)
        with self._lock:
            if self._connection is None or self._connection.address != address:
                self._close()
                self._connection = open_impatient_graph(self.settings)
            return self._connection

    async def run(self, work: Callable[[GraphConnection], T]) -> T:
        """Returns the result of the work, which is done in a thread."""
        return await run_in_threadpool(lambda: work(self.connection()))

    async def require(self) -> None:
        """Raises GraphUnreachable within two seconds where the graph does not answer, before work that tries for longer."""
        await self.run(GraphConnection.verify)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits until fewer than AT_ONCE queries of people run. Raises 503 after WAIT_S."""
        try:
            await asyncio.wait_for(self._turns.acquire(), WAIT_S)
        except TimeoutError as error:
            detail = f"{AT_ONCE} queries run already; ask again when one has ended."
            raise HTTPException(503, detail, headers={"Retry-After": RETRY_AFTER_S}) from error
        try:
            yield
        finally:
            self._turns.release()

    def close(self) -> None:
        """Closes the connection; it is opened again when used."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def shared_graph(connection: HTTPConnection) -> SharedGraph:
    """Returns the application's graph."""
    graph: SharedGraph = connection.app.state.graph
    return graph
