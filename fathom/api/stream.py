"""The stream of a document, as a WebSocket and as server-sent events: its past, then what happens, until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, WebSocket
from fastapi.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect

from fathom.api.access import Reader, within_document
from fathom.api.follow import Followers
from fathom.api.paths import DocumentId
from fathom.api.uploads import known_status

SEND_WITHIN_S = 30.0  # a client that takes nothing for so long is gone

router = APIRouter(tags=["uploads"])


@router.websocket("/api/upload/{document:path}/stream")
async def follow(socket: WebSocket, caller: Reader, document: DocumentId, cursor: Annotated[int, Query(ge=0)] = 0) -> None:
    """Messages `log`, `status`, `heartbeat`, `missed`, then `complete`; `cursor` goes on after a message that was seen."""
    within_document(caller, document)
    await known_status(socket.app.state.settings, document)
    await socket.accept()
    followers: Followers = socket.app.state.followers
    gone = asyncio.create_task(_gone(socket))
    messages = followers.follow(document, cursor)
    try:
        while True:
            coming = asyncio.ensure_future(anext(messages, None))
            await asyncio.wait({coming, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                coming.cancel()
                await asyncio.wait({coming})
                return
            found = coming.result()
            if found is None:
                await socket.close(1000)
                return
            await asyncio.wait_for(socket.send_text(found[1]), SEND_WITHIN_S)
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        return
    finally:
        gone.cancel()
        await messages.aclose()  # type: ignore[attr-defined]


@router.get("/api/upload/{document:path}/stream", response_class=StreamingResponse)
async def events(
    request: Request, caller: Reader, document: DocumentId, cursor: Annotated[int, Query(ge=0)] = 0
) -> StreamingResponse:
    """The same messages as server-sent events, `data` one JSON object; `Last-Event-ID` resumes as `cursor` does."""
    within_document(caller, document)
    await known_status(request.app.state.settings, document)
    last = request.headers.get("last-event-id", "")
    after = int(last) if last.isdigit() else cursor
    followers: Followers = request.app.state.followers

    async def told() -> AsyncIterator[str]:
        async for at, message in followers.follow(document, after):
            yield f"id: {at}\ndata: {message}\n\n"

    return StreamingResponse(told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _gone(socket: WebSocket) -> None:
    """Returns when the client has left; what it sends is not listened to."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return
