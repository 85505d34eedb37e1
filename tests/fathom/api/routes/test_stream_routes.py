"""The stream: a late joiner gets the past, a cursor resumes, the end is told, and a slow reader is bounded."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest

from fathom.api.routes import document_followers
from fathom.api.routes.document_followers import AHEAD, DocumentFeed, Followers
from fathom.observability.structured_logging import get_logger, stage
from fathom.tables import uploads
from tests.fathom.api.conftest import Api

log = get_logger("fathom.test")
DOCUMENT = "c/a.md"


def work(api: Api, *, pages: int = 3, first: int = 1) -> None:
    """What a run would say and write."""
    with api.intake.engine.begin() as connection:
        connection.execute(uploads.update().values(state="running", run_id="r1", stage="docling"))
    with stage("docling", document=DOCUMENT, run="r1"):
        log.info("A run took it up", sub_stage="begun", metrics={"attempt": 1})
        for page in range(first, first + pages):
            log.info(f"Page {page}", sub_stage="page", metrics={"page": page, "pages": 10})


def done(api: Api) -> None:
    with stage("graphiti", document=DOCUMENT, run="r1"):
        log.info("Graph ingestion complete", sub_stage="complete", metrics={"written": 1, "entities": 2, "facts": 1})
    with api.intake.engine.begin() as connection:
        connection.execute(uploads.update().values(state="done", updated_at=time.time()))


def until_complete(socket: Any) -> list[dict[str, Any]]:
    found = []
    while not found or found[-1]["type"] != "complete":
        found.append(socket.receive_json())
    return found


def test_a_late_joiner_gets_the_past_then_what_happens_and_the_end(api: Api) -> None:
    document = api.accepted()
    work(api)
    time.sleep(2 * document_followers.LOOK_EVERY_S)  # the past is past once it is in the table; more would change nothing
    with api.client.websocket_connect(f"/api/upload/{document}/stream", headers=api.key("reader")) as socket:
        first = socket.receive_json()
        assert (first["type"], first["event"]) == ("log", "upload.received")
        work(api, first=4)
        done(api)
        found = [first, *until_complete(socket)]
    logs = [one for one in found if one["type"] == "log"]
    assert [one["message"] for one in logs if one["sub_stage"] == "page"] == [f"Page {page}" for page in range(1, 7)]
    assert len({one["cursor"] for one in logs}) == len(logs)
    assert [one["progress"] for one in logs if one["sub_stage"] == "page"][:2] == [13, 16]
    assert {"type", "timestamp", "level", "stage", "message", "progress"} <= set(logs[0])
    statuses = [one for one in found if one["type"] == "status"]
    assert statuses
    assert {"status", "stage", "progress", "eta"} <= set(statuses[0])
    end = found[-1]
    assert (end["status"], end["error"], end["metrics"]["entities_extracted"]) == ("completed", None, 2)
    assert end["duration"] >= 0


def test_a_cursor_goes_on_where_the_line_was_lost(api: Api) -> None:
    document = api.accepted()
    work(api)
    done(api)
    path, headers = f"/api/upload/{document}/stream", api.key("reader")
    with api.client.websocket_connect(path, headers=headers) as socket:
        whole = [one for one in until_complete(socket) if one["type"] == "log"]
    with api.client.websocket_connect(f"{path}?cursor={whole[2]['cursor']}", headers=headers) as socket:
        rest = [one for one in until_complete(socket) if one["type"] == "log"]
    assert rest == whole[3:]


def test_the_same_comes_as_server_sent_events_that_resume(api: Api) -> None:
    document = api.accepted()
    work(api)
    done(api)
    path, headers = f"/api/upload/{document}/stream", api.key("reader")
    answer = api.client.get(path, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    messages = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert messages[-1]["type"] == "complete"
    logs = [one for one in messages if one["type"] == "log"]
    again = api.client.get(path, headers={**headers, "Last-Event-ID": str(logs[-1]["cursor"])})
    later = [json.loads(line.removeprefix("data: ")) for line in again.text.splitlines() if line.startswith("data: ")]
    assert {one["cursor"] for one in later if one["type"] == "log"}.isdisjoint(one["cursor"] for one in logs)
    assert later[-1]["type"] == "complete"


def test_lines_that_come_into_the_table_while_somebody_joins_are_not_lost(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = document_followers.DocumentFeed._newest

    def slow(feed: document_followers.DocumentFeed) -> int:
        time.sleep(0.2)  # the past would be read meanwhile
        work(api)
        done(api)
        api.app.state.followers.collect()
        return newest(feed)

    monkeypatch.setattr(document_followers.DocumentFeed, "_newest", slow)
    document = api.accepted()
    answer = api.client.get(f"/api/upload/{document}/stream", headers=api.key("reader"))
    assert [f"Page {page}" in answer.text for page in (1, 2, 3)] == [True] * 3


def test_progress_never_goes_back_when_a_status_was_read_while_somebody_joined(api: Api) -> None:
    api.accepted()
    api.app.state.followers.collect()

    async def scenario() -> list[dict[str, Any]]:
        followers = Followers(api.settings, lambda: 0)
        read, said = followers.events.of_document, threading.Event()

        def slow(name: str, after: int, limit: int = 500) -> Any:
            if after == 0:  # the past, read by the follower while its feed reads and says the first status
                assert said.wait(10)
                work(api)
                api.app.state.followers.collect()
            return read(name, after=after, limit=limit)

        followers.events.of_document = slow  # type: ignore[method-assign]
        feed = followers._feeds[DOCUMENT] = DocumentFeed(followers, DOCUMENT)
        say = feed.say

        def noticed(message: tuple[int, str], *, last: bool = False) -> None:
            say(message, last=last)
            if message[1].startswith('{"type": "status"'):
                said.set()

        feed.say = noticed  # type: ignore[method-assign]
        found = []
        async for _, message in followers.follow(DOCUMENT):
            found.append(json.loads(message))
            if found[-1]["type"] == "status" and len(found) > 1:
                done(api)
        return found

    statuses = [one["progress"] for one in asyncio.run(scenario()) if one["type"] == "status"]
    assert statuses[0] > 5
    assert statuses == sorted(statuses)


def test_a_failure_ends_the_stream_with_its_reason(api: Api) -> None:
    document = api.accepted()
    api.client.post(f"/api/documents/{document}/cancel", headers=api.key("operator"))
    with api.client.websocket_connect(f"/api/upload/{document}/stream", headers=api.key("reader")) as socket:
        end = until_complete(socket)[-1]
    assert (end["status"], end["error"]["type"]) == ("failed", "RunCancelled")


def test_silence_has_a_heartbeat(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_followers, "HEARTBEAT_S", 0.3)
    document = api.accepted()
    with api.client.websocket_connect(f"/api/upload/{document}/stream", headers=api.key("reader")) as socket:
        while socket.receive_json()["type"] != "heartbeat":
            pass


def test_a_slow_reader_is_bounded_told_what_it_missed_and_gets_the_end(api: Api) -> None:
    async def scenario() -> None:
        followers = Followers(api.settings, lambda: 0)
        feed = DocumentFeed(followers, DOCUMENT)
        followers._feeds[DOCUMENT] = feed
        messages = followers.follow(DOCUMENT)
        queue = feed.join()
        for number in range(1, AHEAD + 101):
            feed.say((number, json.dumps({"type": "log", "number": number})))
        assert queue.qsize() == AHEAD
        assert feed.missed(queue) == 100
        feed.say((999, json.dumps({"type": "complete"})), last=True)
        feed.say((1000, json.dumps({"type": "complete"})), last=True)
        assert queue.qsize() <= AHEAD + 1
        taken = [queue.get_nowait()[1] for _ in range(queue.qsize())]
        assert taken[-1] == '{"type": "complete"}'
        feed.leave(queue)
        await messages.aclose()

    asyncio.run(scenario())


def test_many_followers_cost_one_look(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    api.accepted()
    work(api)

    async def scenario() -> None:
        nonlocal looks
        followers = Followers(api.settings, lambda: 0)
        read = followers.events.last

        def counted(document: str) -> Any:
            nonlocal looks
            looks += 1
            return read(document)

        monkeypatch.setattr(followers.events, "last", counted)

        async def one() -> str:
            return [message async for _, message in followers.follow(DOCUMENT)][-1]

        tasks = [asyncio.create_task(one()) for _ in range(50)]
        await asyncio.sleep(1.0)
        done(api)
        ends = await asyncio.gather(*tasks)
        assert all(json.loads(end)["type"] == "complete" for end in ends)

    asyncio.run(scenario())
    assert looks == 1
