"""Streams messages about documents; each document has a single reader of the record, shared by all its followers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from fathom.api.short_waits import read_while_followed
from fathom.database import open_database
from fathom.errors import FathomError
from fathom.observability.event_store import Events, RecordedEvent
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus, progress_at, status_of
from fathom.status.liveness import OVER

LOOK_EVERY_S = 0.25
STATUS_EVERY_S = 1.0
HEARTBEAT_S = 10.0
AHEAD = 256  # messages buffered for a slow client; it is told how many later messages it missed
PAGE = 500
STOPPING = "Fathom's API is stopping; what runs goes on. Follow again from the last cursor when it is back."

Message = tuple[int, str]  # the cursor after the message, and the message as JSON


class Followers:
    """The feeds of documents that have followers."""

    def __init__(self, settings: Settings, collect: Callable[[], int]) -> None:
        self.settings = settings
        self.events = Events(open_database(settings.operational_url))
        self.collect = collect
        self.closing = asyncio.Event()
        self._feeds: dict[str, DocumentFeed] = {}

    async def follow(self, document: str, after: int = 0) -> AsyncGenerator[Message]:
        """Yields messages about the document: past events after the cursor, then new events and each change of status.

        The last message is `complete`, or `closing` when the server stops.
        """
        feed = self._feeds.setdefault(document, DocumentFeed(self, document))
        queue = feed.join()
        try:
            await feed.begun.wait()  # past events read earlier could leave a gap before the feed begins
            past = after
            while page := await read_while_followed(self.events.of_document, self.closing, document, after=past, limit=PAGE):
                for event in page:
                    yield event.id, log_message(event)
                past = page[-1].id
            async with feed.reading_status:
                first = await read_while_followed(status_of, self.closing, self.settings, document)
                older = queue.qsize()  # a status among these was read before the first, and would take the progress back
            if first:
                yield past, status_message(first)
            missed = 0
            while True:
                cursor, message = await queue.get()
                older -= 1
                if first and older >= 0 and message.startswith('{"type": "status"'):
                    continue
                missed, now_missed = feed.missed(queue), missed
                if missed > now_missed:
                    yield past, _json({"type": "missed", "messages": missed - now_missed, "cursor": past})
                if cursor > past or not message.startswith('{"type": "log"'):
                    yield max(cursor, past), message
                past = max(cursor, past)
                if message.startswith(('{"type": "complete"', '{"type": "closing"')):
                    return
        finally:
            if feed.leave(queue):
                self._feeds.pop(document, None)

    @property
    def anybody(self) -> bool:
        """Returns whether any document has a follower."""
        return bool(self._feeds)

    def close(self) -> None:
        """Sends `closing` to all followers."""
        self.closing.set()
        for feed in self._feeds.values():
            feed.say((0, _json({"type": "closing", "reason": STOPPING})), last=True)


class DocumentFeed:
    """The messages about a document, sent to all its followers."""

    def __init__(self, followers: Followers, document: str) -> None:
        self._of = followers
        self._document = document
        self._queues: dict[asyncio.Queue[Message], int] = {}
        self._task: asyncio.Task[None] | None = None
        self.begun = asyncio.Event()  # set once every event is either in the queues or in the table
        self.reading_status = asyncio.Lock()  # statuses are said in the order in which they were read

    def join(self) -> asyncio.Queue[Message]:
        """Returns a queue that receives every message from here on, up to its capacity."""
        queue: asyncio.Queue[Message] = asyncio.Queue(AHEAD + 1)
        self._queues[queue] = 0
        if self._task is None or self._task.done():
            self.begun.clear()
            self._task = asyncio.create_task(self._run())
        return queue

    def leave(self, queue: asyncio.Queue[Message]) -> bool:
        """Removes the queue; returns whether no follower is left."""
        self._queues.pop(queue, None)
        if not self._queues and self._task is not None:
            self._task.cancel()
            self._task = None
        return not self._queues

    def missed(self, queue: asyncio.Queue[Message]) -> int:
        """Returns the number of messages that the queue missed."""
        return self._queues.get(queue, 0)

    def say(self, message: Message, *, last: bool = False) -> None:
        """Adds the message to each queue with room; makes room for the last message."""
        for queue in self._queues:
            if last and queue.full():
                queue.get_nowait()
                self._queues[queue] += 1
            if queue.qsize() < AHEAD + last:
                queue.put_nowait(message)
            else:
                self._queues[queue] += 1

    async def _run(self) -> None:
        try:
            cursor = await read_while_followed(self._newest, self._of.closing) or 0
        finally:
            self.begun.set()
        last_shown, looked, spoke = "", 0.0, time.monotonic()
        while True:
            try:
                news = await run_in_threadpool(self._of.events.of_document, self._document, after=cursor, limit=PAGE)
                for event in news:
                    self.say((event.id, log_message(event)))
                cursor = news[-1].id if news else cursor
                if time.monotonic() - looked >= STATUS_EVERY_S:
                    looked = time.monotonic()
                    async with self.reading_status:
                        status = await run_in_threadpool(status_of, self._of.settings, self._document)
                        if status is not None and status.state not in OVER and (now := _shown(status)) != last_shown:
                            last_shown, spoke = now, time.monotonic()
                            self.say((cursor, status_message(status)))
                    if status is not None and status.state in OVER:
                        await self._end(cursor)
                        return
                if news:
                    spoke = time.monotonic()
            except (FathomError, SQLAlchemyError):  # the database is away; followers wait
                pass
            if time.monotonic() - spoke > HEARTBEAT_S:
                spoke = time.monotonic()
                self.say((cursor, _json({"type": "heartbeat", "timestamp": datetime.now(UTC).isoformat()})))
            await asyncio.sleep(LOOK_EVERY_S)

    async def _end(self, cursor: int) -> None:
        """Sends the remaining events, then the outcome."""
        await run_in_threadpool(self._of.collect)
        await asyncio.sleep(LOOK_EVERY_S)
        for event in await run_in_threadpool(self._of.events.of_document, self._document, after=cursor):
            self.say((event.id, log_message(event)))
            cursor = event.id
        status = await run_in_threadpool(status_of, self._of.settings, self._document)
        if status is not None:
            self.say((cursor, complete_message(status)), last=True)

    def _newest(self) -> int:
        newest = self._of.events.last(self._document)
        return newest.id if newest else 0


def log_message(event: RecordedEvent) -> str:
    """Returns a log line as a message."""
    line = event.as_line()
    share = [event.number(name) for pair in (("page", "pages"), ("chunk", "chunks")) for name in pair]
    done, total = next(((a, b) for a, b in (share[:2], share[2:]) if a is not None and b), (None, None))
    return _json({"type": "log", **line, "progress": progress_at(event.stage, event.sub_stage, done, total)})


def status_message(status: DocumentStatus) -> str:
    """Returns a status as a message: the whole object, and its estimate under a short name."""
    whole = status.model_dump(mode="json")
    return _json({"type": "status", **whole, "eta": whole["estimated_completion"]})


def complete_message(status: DocumentStatus) -> str:
    """Returns the last message, with the outcome."""
    whole = status.model_dump(mode="json")
    begun, ended = status.started_at, status.finished_at
    return _json(
        {
            "type": "complete",
            "status": status.status,
            "state": status.state,
            "duration": (ended - begun).total_seconds() if begun and ended else None,
            "durations": whole["durations"],
            "metrics": whole["metrics"],
            "error": whole["error"],
            "cursor": status.cursor,
        }
    )


def _shown(status: DocumentStatus) -> str:
    """Returns the part of a status whose change is worth a message; small moves of the estimate are not."""
    left = status.model_dump(mode="json", exclude={"estimated_completion", "estimated_completion_p90", "cursor", "detail"})
    return _json({**left, "known": status.estimated_completion is not None})


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
