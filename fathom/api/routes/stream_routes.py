"""Routes that stream a document's events, past and new, by WebSocket or server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect

from fathom.api.authorization import Reader, within_document
from fathom.api.routes.document_followers import STOPPING, Followers, Message
from fathom.api.routes.document_paths import DocumentId
from fathom.api.routes.parameters import CursorParameter, LastEventId
from fathom.api.routes.upload_routes import known_status

router = APIRouter(tags=["uploads"])


@router.websocket("/api/upload/{document:path}/stream")
async def follow(socket: WebSocket, caller: Reader, document: DocumentId, cursor: CursorParameter = 0) -> None:
    """Messages `log`, `status`, `heartbeat`, `missed`, then `complete`; `cursor` resumes after a seen message."""
    within_document(caller, document)
    await known_status(socket.app.state.settings, document)
    await socket.accept()
    followers: Followers = socket.app.state.followers
    sending = asyncio.create_task(_tell(socket, followers.follow(document, cursor)))
    gone = asyncio.create_task(_gone(socket))
    try:
        await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and not gone.done() and sending.exception() is None:
            stopping = socket.app.state.closing.is_set()
            await socket.close(1001 if stopping else 1000, STOPPING if stopping else None)
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        sending.cancel()
        gone.cancel()
        await asyncio.wait({sending, gone})


@router.get("/api/upload/{document:path}/stream", response_class=StreamingResponse)
async def events(
    request: Request, caller: Reader, document: DocumentId, cursor: CursorParameter = 0, last_event_id: LastEventId = None
) -> StreamingResponse:
    """The same messages as server-sent events, `data` one JSON object; `Last-Event-ID` resumes as `cursor` does."""
    within_document(caller, document)
    await known_status(request.app.state.settings, document)
    after = cursor if last_event_id is None else last_event_id
    followers: Followers = request.app.state.followers

    async def server_sent_events() -> AsyncIterator[str]:
        async with aclosing(followers.follow(document, after)) as messages:
            async for at, message in messages:
                yield f"id: {at}\ndata: {message}\n\n"

    return StreamingResponse(server_sent_events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _tell(socket: WebSocket, messages: AsyncGenerator[Message]) -> None:
    """Sends every message; the server's pings close a client that does not read."""
    async with aclosing(messages):
        async for _, message in messages:
            try:
                await socket.send_text(message)
            except (WebSocketDisconnect, RuntimeError):
                return


async def _gone(socket: WebSocket) -> None:
    """Returns when the client has disconnected; ignores its messages."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return
