"""Bounds how long a request waits for a locked database; streams keep waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from fathom.errors import DatabaseUnreachable
from fathom.waits import bounded_waits

MAX_WAIT_S = 1.5  # of a request, for all its locks; the client is told to retry
LOOK_AGAIN_S = 0.5

P = ParamSpec("P")
T = TypeVar("T")


class LockTimeouts:
    """Middleware that bounds lock waits of a request; a longer wait raises DatabaseLocked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with the bound."""
        with bounded_waits(MAX_WAIT_S):
            await self._app(scope, receive, send)


async def read_while_followed(read: Callable[P, T], stop: asyncio.Event, *of: P.args, **options: P.kwargs) -> T | None:
    """Returns the result of `read`, retried until the database responds; None if `stop` is set before."""
    while True:
        with bounded_waits(MAX_WAIT_S):
            try:
                return await run_in_threadpool(read, *of, **options)
            except DatabaseUnreachable:
                pass
        try:
            await asyncio.wait_for(stop.wait(), LOOK_AGAIN_S)
        except TimeoutError:
            continue
        return None
