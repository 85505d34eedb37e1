"""The HTTP server: time limits for requests, a bound of their heads, and graceful shutdown."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fathom.api.problems import MEDIA_TYPE, of_status
from fathom.observability.structured_logging import get_logger

STOP_WITHIN_S = 6  # for uploads in progress; `fathom down` waits ten seconds
STREAMS_TOLD_WITHIN_S = 1.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of a client: seconds to send a request, and bytes of its head."""

    head_s: float = 10.0
    most_head: int = 64 * 1024  # bytes of request line and headers
    silence_s: float = 30.0  # between two chunks of a body
    least_rate: int = 1024  # bytes a second of a body that takes longer than `silence_s`
    most_connections: int = 2000


def protocol(patience: RequestLimits) -> type[HttpToolsProtocol]:
    """Returns uvicorn's HTTP protocol with a time limit and a bound for the head of a request, which uvicorn lacks."""

    class Patient(HttpToolsProtocol):
        _deadline: asyncio.TimerHandle | None = None
        _in_head = True
        _head = 0
        _ended = False  # a request, with the bytes that came last
        _refused = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_came()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._refused:
                return
            before, self._ended = self._head, False
            super().data_received(data)
            if self._in_head and not self._ended and not self._refused:
                # an unfinished header is only known by its bytes
                self._head = max(self._head, before + len(data))
                if self._head > patience.most_head:
                    self._refuse(431, "The head of the request is too large.")
                elif self._deadline is None:
                    self._await_head()

        def on_message_begin(self) -> None:
            self._in_head, self._head = True, 0
            if self._deadline is None:
                self._await_head()
            super().on_message_begin()

        def on_url(self, url: bytes) -> None:
            self._head += len(url)
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._head += len(name) + len(value) + 4
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            self._head_came()
            self._in_head = False
            if self._head > patience.most_head:
                self._refuse(431, "The head of the request is too large.")
            else:
                super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            if not self._refused:
                super().on_body(body)

        def on_message_complete(self) -> None:
            if self._refused:
                return
            super().on_message_complete()
            self._in_head, self._head, self._ended = True, 0, True

        def on_response_complete(self) -> None:
            if self.cycle.more_body:  # the rest will not be read
                self.transport.close()
            super().on_response_complete()

        def _await_head(self) -> None:
            self._deadline = self.loop.call_later(patience.head_s, self._too_slow)

        def _head_came(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _too_slow(self) -> None:
            self._refuse(408, f"The head of the request did not come within {patience.head_s:.0f} s.")

        def _refuse(self, status: int, why: str) -> None:
            self._refused = True
            self._head_came()
            if self.transport.is_closing():
                return
            body = json.dumps(of_status(HTTPStatus(status), why)).encode()
            head = b"content-type: %s\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (MEDIA_TYPE.encode(), len(body))
            self.transport.write(STATUS_LINE[status] + head + body)
            self.transport.close()

        def handle_websocket_upgrade(self) -> None:
            super().handle_websocket_upgrade()
            opened = self.transport.get_protocol()
            # for a method other than GET with too many headers, httptools reports nothing and waits for ever
            if isinstance(opened, WebSocketsSansIOProtocol) and opened.conn.handshake_exc is not None:
                self._refuse(400, "This is no request for a WebSocket.")

        def send_400_response(self, msg: str) -> None:
            self._refuse(400, msg)

    return Patient


class BodyTimeouts:
    """Middleware that ends stalled or slow bodies with 408, so that they hold neither a file nor a slot."""

    def __init__(self, app: ASGIApp, patience: RequestLimits) -> None:
        self._app = app
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with limits; the application sees a timeout as a disconnect."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._patience)
        begun = False

        async def unless_late(message: Message) -> None:
            nonlocal begun
            if body.late is None or begun:
                begun = True
                await send(message)

        await self._app(scope, body.receive, unless_late)
        if body.late is not None and not begun:
            content = of_status(HTTPStatus.REQUEST_TIMEOUT, body.late)
            await JSONResponse(content, 408, {"Connection": "close"}, MEDIA_TYPE)(scope, receive, send)


class _Body:
    """Receives a request's body; `late` is the reason of a timeout, if any."""

    def __init__(self, receive: Receive, patience: RequestLimits) -> None:
        self._receive = receive
        self._patience = patience
        self._began = asyncio.get_running_loop().time()
        self._came = 0
        self._whole = False
        self.late: str | None = None

    async def receive(self) -> Message:
        """Returns the next message, or a disconnect after a timeout."""
        if self._whole:  # the next message is the disconnect, whenever it comes
            return await self._receive()
        silence, least = self._patience.silence_s, self._patience.least_rate
        try:
            message = await asyncio.wait_for(self._receive(), silence)
        except TimeoutError:
            self.late = f"Nothing of the body came for {silence:.0f} s."
        else:
            self._whole = not message.get("more_body", False)
            self._came += len(message.get("body", b""))
            passed = asyncio.get_running_loop().time() - self._began
            if self._whole or self._came >= (passed - silence) * least:
                return message
            self.late = f"The body comes slower than {least} bytes a second."
        self._whole = True
        return {"type": "http.disconnect"}


class Serving(uvicorn.Server):
    """A server that closes streams with a reason and lets uploads finish."""

    def __init__(self, app: FastAPI, *, host: str, port: int, patience: RequestLimits | None = None) -> None:
        self._app = app
        patience = patience or RequestLimits()
        options: dict[str, Any] = {
            "host": host,
            "port": port,
            "http": protocol(patience),
            "ws": WebSocketsSansIOProtocol,
            "access_log": False,
            "limit_concurrency": patience.most_connections,
            "timeout_graceful_shutdown": STOP_WITHIN_S,
        }
        super().__init__(uvicorn.Config(BodyTimeouts(app, patience), **options))

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
