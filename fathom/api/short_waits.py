"""Bounds how long a request waits for a database that another process has locked; a stream waits on instead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from fathom.errors import DatabaseUnreachable
from fathom.waits import waiting_at_most

MAX_WAIT_S = 1.5  # of one request, for all locks it meets; who asks is told to ask again
LOOK_AGAIN_S = 0.5

P = ParamSpec("P")
T = TypeVar("T")


class LockTimeouts:
    """Answers each request before its caller gives up on it: a lock that is held for longer raises DatabaseLocked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with this bound."""
        with waiting_at_most(MAX_WAIT_S):
            await self._app(scope, receive, send)


async def read_while_followed(read: Callable[P, T], stop: asyncio.Event, *of: P.args, **options: P.kwargs) -> T | None:
    """Returns what `read` returns as soon as the database answers; None once `stop` is set before it did."""
    while True:
        with waiting_at_most(MAX_WAIT_S):
            try:
                return await run_in_threadpool(read, *of, **options)
            except DatabaseUnreachable:
                pass
        try:
            await asyncio.wait_for(stop.wait(), LOOK_AGAIN_S)
        except TimeoutError:
            continue
        return None
