"""The HTTP server with its limits and graceful shutdown."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fathom.api.server.head_protocol import LimitedHeadProtocol
from fathom.api.server.request_limits import BodyTimeouts, RequestLimits
from fathom.processes.calm_server import CalmServer

STOP_WITHIN_S = 6  # for uploads in progress; `fathom down` waits ten seconds
STREAMS_TOLD_WITHIN_S = 1.0


class Serving(CalmServer):
    """A server that closes streams with a reason and lets uploads finish."""

    def __init__(self, app: FastAPI, *, host: str, port: int, limits: RequestLimits | None = None) -> None:
        self._app = app
        limits = limits or RequestLimits()
        options: dict[str, Any] = {
            "host": host,
            "port": port,
            "http": partial(LimitedHeadProtocol, limits),
            "ws": WebSocketsSansIOProtocol,
            "access_log": False,
            "limit_concurrency": limits.most_connections,
            "timeout_graceful_shutdown": STOP_WITHIN_S,
        }
        super().__init__(uvicorn.Config(BodyTimeouts(app, limits), **options))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes streams with a reason, then waits for open requests, such as uploads, at most STOP_WITHIN_S."""
        state = self._app.state
        if hasattr(state, "followers"):  # missing if the application never started
            state.closing.set()
            state.followers.close()
            for _ in range(int(STREAMS_TOLD_WITHIN_S / 0.05)):
                if not state.followers.anybody:
                    break
                await asyncio.sleep(0.05)
        await super().shutdown(sockets)
