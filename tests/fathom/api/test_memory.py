"""The memory of the API stays the same, whatever a body has and however long it is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import httpx
import psutil
import pytest

from fathom.security.api_keys import open_keys
from fathom.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.integration

MEGABYTE = 1024**2
MAX_GROWTH = 48 * MEGABYTE
SENT = 220 * MEGABYTE  # more than the largest file
NAMED = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'


@dataclass
class Process:
    """The API as a process of its own."""

    port: int
    process: psutil.Process
    key: str

    def growth(self, begin: bytes, more: Callable[[int], bytes]) -> tuple[int, int, bytes]:
        """Streams a chunked body as far as it is taken; returns bytes of memory more than before, bytes sent, the answer."""
        before = most = self.process.memory_info().rss
        sent, number, answer = 0, 0, b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            head = f"POST /api/upload HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {self.key}\r\nTransfer-Encoding: chunked\r\n"
            with suppress(OSError):
                connection.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
                while sent < SENT:
                    block = b"".join(more(number + one) for one in range(50))
                    block = begin + block if sent == 0 else block
                    connection.sendall(b"%x\r\n%s\r\n" % (len(block), block))
                    sent, number = sent + len(block), number + 50
                    most = max(most, self.process.memory_info().rss)
            with suppress(OSError):
                answer = connection.recv(65536)
        time.sleep(0.2)
        return max(most, self.process.memory_info().rss) - before, sent, answer


@pytest.fixture
def api_process(home_settings: Settings) -> Iterator[Process]:
    key = open_keys(home_settings).create("operator", name="a").key
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "FATHOM_HOME": str(home_settings.home)}
    words = [sys.executable, "-m", "fathom.api", "--port", str(port)]
    with subprocess.Popen(words, env=environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                with suppress(httpx.TransportError):
                    if httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200:
                        break
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield Process(port, psutil.Process(process.pid), key)
        finally:
            process.terminate()


def test_the_memory_does_not_grow_with_the_body(api_process: Process) -> None:
    api_process.growth(FILE, lambda number: b"x" * 4000)  # what the first upload loads is not counted
    bodies: list[tuple[bytes, Callable[[int], bytes]]] = [
        (b"", lambda number: NAMED % (b"field%d" % number, b"x" * 4000)),
        (NAMED[:40], lambda number: b"x" * 4000),
        (b"--b\r\nX-Long: ", lambda number: b"x" * 4000),
        (b"--b\r\n", lambda number: b"X-%d: y\r\n" % number),
        (FILE, lambda number: b"x" * 4000),
        (FILE, lambda number: b"\r\n--" * 1000),
    ]
    for begin, more in bodies:
        grown, sent, answer = api_process.growth(begin, more)
        assert grown < MAX_GROWTH, (begin, grown, sent)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ")), answer
