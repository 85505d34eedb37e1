"""Limits of a client's request, and the time limit of its body."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fathom.api.problems import MEDIA_TYPE, of_status


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of a client: seconds to send a request, and bytes of its head."""

    head_s: float = 10.0
    most_head: int = 64 * 1024  # bytes of request line and headers
    silence_s: float = 30.0  # between two chunks of a body
    least_rate: int = 1024  # bytes a second of a body that takes longer than `silence_s`
    most_connections: int = 2000


class BodyTimeouts:
    """Middleware that ends stalled or slow bodies with 408, so that they hold neither a file nor a slot."""

    def __init__(self, app: ASGIApp, limits: RequestLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with limits; the application sees a timeout as a disconnect."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._limits)
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

    def __init__(self, receive: Receive, limits: RequestLimits) -> None:
        self._receive = receive
        self._limits = limits
        self._began = asyncio.get_running_loop().time()
        self._came = 0
        self._whole = False
        self.late: str | None = None

    async def receive(self) -> Message:
        """Returns the next message, or a disconnect after a timeout."""
        if self._whole:  # the next message is the disconnect, whenever it comes
            return await self._receive()
        silence, least = self._limits.silence_s, self._limits.least_rate
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
