"""The server of an idle deployment wakes up seldom, ends at once when it is told to, and dates its responses."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
import uvicorn

from fathom.processes.calm_server import TICK_S, CalmServer


class CountedServer(CalmServer):
    """A server that counts its ticks."""

    ticks = 0

    async def on_tick(self, counter: int) -> bool:
        self.ticks += 1
        return await super().on_tick(counter)


async def nothing(_scope: Any, _receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.fixture
def served() -> Iterator[tuple[CountedServer, threading.Thread]]:
    server = CountedServer(uvicorn.Config(nothing, port=0, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server, thread
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def test_it_ticks_once_a_second_and_dates_what_it_sends(served: tuple[CountedServer, threading.Thread]) -> None:
    server, _ = served
    port = server.servers[0].sockets[0].getsockname()[1]
    before = parsedate_to_datetime(httpx.get(f"http://127.0.0.1:{port}").headers["date"])
    ticks = server.ticks
    time.sleep(3 * TICK_S)
    assert 2 <= server.ticks - ticks <= 4
    assert parsedate_to_datetime(httpx.get(f"http://127.0.0.1:{port}").headers["date"]) > before


def test_a_signal_ends_it_between_two_ticks(served: tuple[CountedServer, threading.Thread]) -> None:
    server, thread = served
    ticks = server.ticks
    while server.ticks == ticks:
        time.sleep(0.01)
    began = time.monotonic()
    server.handle_exit(signal.SIGTERM, None)
    thread.join(10)
    assert time.monotonic() - began < TICK_S / 2
