"""The server on a real socket: clients that are slow, that send too much or too often, and its stop with work in hand."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial

import httpx
import pytest
from websockets.sync.client import connect

from fathom.api.app import create_app
from fathom.api.server.request_limits import RequestLimits
from fathom.api.server.serving import Serving
from fathom.observability.json_lines_handler import keep_logs
from fathom.security.api_keys import open_keys
from fathom.security.request_pacing import GUESSES_A_MINUTE, GuessLimit, RateLimit
from fathom.settings import Settings
from tests.fathom.api.kept_keys import kept_key

PATIENCE = RequestLimits(head_s=1.5, most_head=16 * 1024, silence_s=0.6, least_rate=1000)
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="collection"\r\n\r\nc\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="slow.md"\r\n\r\n# Slow\n\n'
)
END = b"\r\n--b--\r\n"


@dataclass
class Served:
    """A server on a free port of this process, and a key to it."""

    server: Serving
    settings: Settings
    thread: threading.Thread
    key: str

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.key}

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def get(self, path: str, key: str | None = None) -> httpx.Response:
        url, headers = f"http://127.0.0.1:{self.port}{path}", {"X-API-Key": key or self.key}
        return httpx.get(url, headers=headers, timeout=10, verify=False)  # else it reads every authority of the web first

    def head(self, method: str, path: str, *more: str) -> bytes:
        lines = (f"{method} {path} HTTP/1.1", "Host: localhost", f"X-API-Key: {self.key}", *more)
        return "\r\n".join((*lines, "", "")).encode()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()


Serve = Callable[..., Served]


@pytest.fixture
def serve(home_settings: Settings) -> Iterator[Serve]:
    root, fathom = logging.getLogger(), logging.getLogger("fathom")
    before, level = list(root.handlers), fathom.level
    keep_logs(home_settings, "api")
    running: list[Served] = []

    def begin(**more: object) -> Served:
        of = home_settings.model_copy(update=more)
        server = Serving(create_app(of), host="127.0.0.1", port=0, limits=PATIENCE)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        running.append(Served(server, of, thread, kept_key(of, "admin", name="x")))
        return running[-1]

    yield begin
    for one in running:
        one.stop()
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    fathom.setLevel(level)


def answer(connection: socket.socket) -> str:
    """All that comes until the server closes."""
    found = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found.decode()


def test_a_head_that_drips_ends_in_time_while_others_are_served(serve: Serve) -> None:
    served = serve()
    slow = [served.open() for _ in range(50)]
    began = time.monotonic()
    try:
        for connection in slow[1:]:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nX-Slow: ")
        while time.monotonic() - began < 1.0:
            for connection in slow[1:]:
                connection.sendall(b"a")
            assert served.get("/health/live").status_code == 200
        assert {answer(connection).partition("\r\n")[0] for connection in slow} == {"HTTP/1.1 408 Request Timeout"}
        assert time.monotonic() - began < 5
    finally:
        for connection in slow:
            connection.close()


UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.mark.parametrize(
    ("method", "more"),
    [("POST", ()), ("DELETE", ()), ("GET", tuple(f"X-{n}: y" for n in range(300))), ("GET", ("X-Long: " + "x" * 9000,))],
    ids=["POST", "DELETE", "many headers", "a long header"],
)
def test_what_is_no_request_for_a_websocket_is_answered_at_once(serve: Serve, method: str, more: tuple[str, ...]) -> None:
    served = serve()
    with closing(served.open()) as connection:
        connection.settimeout(3)
        connection.sendall(served.head(method, "/api/upload/c%2Fa.md/stream", *UPGRADE, *more))
        assert answer(connection).startswith("HTTP/1.1 400 ")


def test_a_websocket_that_is_refused_leaves_no_trace_in_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    served = serve()
    logging.getLogger("uvicorn.error").addHandler(caplog.handler)  # its parent passes nothing on
    for path, status in (("/api/upload/c%2Fa.md/stream", 404), ("/api/upload/c%2Fa.md/stream?cursor=x", 422)):
        with closing(served.open()) as connection:
            connection.settimeout(3)
            connection.sendall(served.head("GET", path, *UPGRADE))
            assert answer(connection).startswith(f"HTTP/1.1 {status} ")
    logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
    assert [one.getMessage() for one in caplog.records if one.exc_info] == []


def test_a_connection_that_is_kept_is_not_held_by_drips_either(serve: Serve) -> None:
    served = serve()
    with closing(served.open()) as connection:
        connection.sendall(served.head("GET", "/health/live"))
        assert b"200 OK" in connection.recv(65536)
        connection.sendall(b"\r\n")  # of no request, yet it is life
        assert "408" in answer(connection)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"a" * 20_000,
        b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(3000)) + b"\r\n",
    ],
    ids=["address", "header", "header without an end", "headers"],
)
def test_a_huge_head_is_refused(serve: Serve, head: bytes) -> None:
    served = serve()
    with closing(served.open()) as connection:
        connection.sendall(head)
        assert answer(connection).startswith("HTTP/1.1 431")
    assert served.get("/health/live").status_code == 200


def test_a_body_may_be_larger_than_a_head_and_an_answer_longer_than_a_head_may_take(serve: Serve) -> None:
    served = serve()
    base = f"http://127.0.0.1:{served.port}/api/upload"
    large = b"# Large\n\n" + b"More words. " * 20_000
    with httpx.Client(headers=served.headers, timeout=20) as client:
        for name in ("a.md", "b.md"):  # on one connection
            answered = client.post(base, data={"collection": "c"}, files={"file": (name, large)})
            assert answered.status_code == 202, answered.text
        with client.stream("GET", f"{base}/c%2Fa.md/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines)
            time.sleep(2 * PATIENCE.head_s)
            served.server.should_exit = True
            assert '"type": "closing"' in [line for line in lines if line][-1]


def test_a_body_that_stops_coming_is_given_up_and_leaves_nothing(serve: Serve) -> None:
    served = serve()
    with closing(served.open()) as connection:
        connection.sendall(
            served.head("POST", "/api/upload", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 9999") + FORM
        )
        assert answer(connection).startswith("HTTP/1.1 408")
    assert [path for path in served.settings.inbox_path.rglob("*") if path.is_file()] == []


def test_a_body_that_drips_is_given_up(serve: Serve) -> None:
    served = serve()
    began = time.monotonic()
    with closing(served.open()) as connection:
        connection.sendall(
            served.head("POST", "/api/keys", "Content-Type: application/json", "Content-Length: 100000") + b'{"role": "'
        )
        with suppress(OSError):
            while time.monotonic() - began < 8:
                connection.sendall(b"a")
                connection.settimeout(0.05)
                with suppress(TimeoutError):
                    assert connection.recv(65536).startswith(b"HTTP/1.1 408")
                    break
    assert time.monotonic() - began < 6


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock by which the server counts how often it is asked; it stands still unless a test moves it on."""
    at = [1000.0]
    monkeypatch.setattr("fathom.api.lifespan.RateLimit", partial(RateLimit, clock=lambda: at[0]))
    monkeypatch.setattr("fathom.api.lifespan.GuessLimit", partial(GuessLimit, clock=lambda: at[0]))
    return at


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(serve: Serve, now: list[float]) -> None:
    served = serve(api_requests_per_minute=60)
    found = [served.get("/api/pauses") for _ in range(16)]
    assert [one.status_code for one in found] == [200] * 15 + [429]
    refused = found[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "1"
    other = open_keys(served.settings).create("reader", name="y").key
    assert served.get("/api/pauses", other).status_code == 200
    assert served.get("/api/pauses").status_code == 429
    now[0] += int(refused.headers["Retry-After"])
    assert served.get("/api/pauses").status_code == 200


def test_who_guesses_keys_is_slowed_down_and_keys_that_are_known_are_not(serve: Serve, now: list[float]) -> None:
    served = serve()
    assert served.get("/api/pauses").status_code == 200
    found = [served.get("/api/pauses", f"fathom_{n:08x}_guess").status_code for n in range(GUESSES_A_MINUTE + 1)]
    assert found == [401] * GUESSES_A_MINUTE + [429]
    assert served.get("/api/pauses").status_code == 200
    now[0] += 1
    assert served.get("/api/pauses", "fathom_00000000_guess").status_code == 401


def test_as_it_stops_streams_are_told_why(serve: Serve) -> None:
    served = serve()
    httpx.post(
        f"http://127.0.0.1:{served.port}/api/upload",
        data={"collection": "c"},
        files={"file": ("a.md", b"# A\n\nText.")},
        headers=served.headers,
    )
    url = f"127.0.0.1:{served.port}/api/upload/c%2Fa.md/stream"
    heard: list[str] = []

    def follow_events() -> None:
        with httpx.stream("GET", f"http://{url}", headers=served.headers, timeout=20) as stream:
            heard.extend(line for line in stream.iter_lines() if line)

    with connect(f"ws://{url}", additional_headers=served.headers, proxy=None) as stream:
        assert json.loads(stream.recv(timeout=10))["type"] in ("log", "status")
        follower = threading.Thread(target=follow_events)
        follower.start()
        while not heard:
            time.sleep(0.01)
        served.stop()
        messages = list(stream)  # ends without an error where the server closed it in order
    follower.join(10)
    last = json.loads(messages[-1])
    assert last["type"] == "closing"
    assert "Follow again" in last["reason"]
    assert stream.close_code == 1001
    assert '"type": "closing"' in heard[-1]


def test_as_it_stops_an_upload_on_its_way_is_finished(serve: Serve) -> None:
    served = serve()
    with closing(served.open()) as connection:
        length = len(FORM) + len(END)
        head = served.head(
            "POST",
            "/api/upload",
            "Content-Type: multipart/form-data; boundary=b",
            f"Content-Length: {length}",
            "Connection: close",
        )
        connection.sendall(head + FORM)
        while not list(served.settings.inbox_path.glob(".*.part")):
            time.sleep(0.01)
        served.server.should_exit = True
        time.sleep(0.2)
        connection.sendall(END)
        assert answer(connection).startswith("HTTP/1.1 202")
    served.stop()
    assert (served.settings.inbox_path / "c" / "slow.md").read_text() == "# Slow\n\n"
