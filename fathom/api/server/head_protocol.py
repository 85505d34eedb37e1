"""The HTTP protocol with a time limit and a size limit for the head of a request, which uvicorn lacks."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fathom.api.problems import MEDIA_TYPE, of_status
from fathom.api.server.request_limits import RequestLimits


class LimitedHeadProtocol(HttpToolsProtocol):
    """A connection that is closed with 408 for a slow head and 431 for a large head; each request starts the limits anew."""

    def __init__(self, limits: RequestLimits, **connection: Any) -> None:
        super().__init__(**connection)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head = 0  # bytes
        self._ended = False  # a request, with the bytes that came last
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the time limit of the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the time limit."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses the bytes and counts those of an unfinished head."""
        if self._refused:
            return
        before, self._ended = self._head, False
        super().data_received(data)
        if self._in_head and not self._ended and not self._refused:
            # an unfinished header is only known by its bytes
            self._head = max(self._head, before + len(data))
            if self._head > self._limits.most_head:
                self._refuse(431, "The head of the request is too large.")
            elif self._deadline is None:
                self._await_head()

    def on_message_begin(self) -> None:
        """Starts a head."""
        self._in_head, self._head = True, 0
        if self._deadline is None:
            self._await_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Counts the bytes of the address."""
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Counts the bytes of the header."""
        self._head += len(name) + len(value) + 4
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Ends the head, and passes the request on unless its head is too large."""
        self._head_came()
        self._in_head = False
        if self._head > self._limits.most_head:
            self._refuse(431, "The head of the request is too large.")
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Passes on a part of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Ends the request; the next bytes begin a head."""
        if self._refused:
            return
        super().on_message_complete()
        self._in_head, self._head, self._ended = True, 0, True

    def on_response_complete(self) -> None:
        """Closes the connection after a response to a request whose body did not come whole."""
        if self.cycle.more_body:  # the rest will not be read
            self.transport.close()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection to the WebSocket protocol; refuses a malformed handshake."""
        super().handle_websocket_upgrade()
        opened = self.transport.get_protocol()
        # for a method other than GET with too many headers, httptools reports nothing and waits for ever
        if isinstance(opened, WebSocketsSansIOProtocol) and opened.conn.handshake_exc is not None:
            self._refuse(400, "This is no request for a WebSocket.")

    def send_400_response(self, msg: str) -> None:
        """Refuses a malformed request with a problem document."""
        self._refuse(400, msg)

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self._limits.head_s, self._too_slow)

    def _head_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._refuse(408, f"The head of the request did not come within {self._limits.head_s:.0f} s.")

    def _refuse(self, status: int, why: str) -> None:
        self._refused = True
        self._head_came()
        if self.transport.is_closing():
            return
        body = json.dumps(of_status(HTTPStatus(status), why)).encode()
        head = b"content-type: %s\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (MEDIA_TYPE.encode(), len(body))
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()
