"""A receiver of notices on loopback, which takes, refuses, limits or hangs as it is told."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came in, and how it is answered: the status, after so many seconds, or with the death of a process."""

    port: int = 0
    status: int = 200
    hangs_s: float = 0.0
    retry_after: str = "7"
    kills: int | None = None  # a process that is killed when a notice has come in, before it is answered
    notices: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def url(self) -> str:
        """The apprise URL of it."""
        return f"json://127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        """The titles of the notices that were taken."""
        return [notice["title"] for notice in self.notices]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serves a receiver."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(receiver.hangs_s)
            if receiver.status == 200:
                receiver.notices.append(json.loads(body))
            if receiver.kills is not None:
                os.kill(receiver.kills, signal.SIGKILL)
                return
            self.send_response(receiver.status)
            if receiver.status == 429:
                self.send_header("Retry-After", receiver.retry_after)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
