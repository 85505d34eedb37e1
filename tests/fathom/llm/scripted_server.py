"""A language model's server on loopback of which a test says, request by request, what it answers, in either wire format."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fathom.llm.messages_server import answer_of


@dataclass(frozen=True)
class Asked:
    """A request: its path, headers by names in small letters, its body, and its number from 1."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    number: int

    @property
    def text(self) -> str:
        """The passage or pairs that are asked about."""
        said: str = self.body["messages"][-1]["content"]
        start = max(said.rfind("<passage>"), said.rfind("<pairs>"))
        return said[max(start, 0) :]

    @property
    def words(self) -> int:
        """Characters of all that it reads, the schema included."""
        return len(json.dumps(self.body))

    @property
    def max_tokens(self) -> int | None:
        """The bound of the answer, by whichever name."""
        found: int | None = self.body.get("max_completion_tokens") or self.body.get("max_tokens")
        return found

    @property
    def format(self) -> str | None:
        """The type of the format that is asked for."""
        found: str | None = self.body.get("response_format", {}).get("type")
        return found


@dataclass(frozen=True)
class Reply:
    """What the server sends: JSON, or text as it stands."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def error(status: int, message: str, /, headers: dict[str, str] | None = None, **more: Any) -> Reply:
    """An error in the shape of OpenAI's."""
    return Reply(status, {"error": {"message": message, "type": "invalid_request_error", **more}}, headers or {})


def page(status: int, title: str, words: str = "", headers: dict[str, str] | None = None) -> Reply:
    """A web page."""
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{words or title}</h1></body></html>"
    return Reply(status, html, {"content-type": "text/html", **(headers or {})})


COUNTED = object()


def completion(asked: Asked, said: str | None = None, *, usage: Any = COUNTED, finish: str = "stop", **message: Any) -> Reply:
    """A good completion, or one with this text and these parts of its message."""
    said = json.dumps(answer_of(asked.text)) if said is None else said
    if usage is COUNTED:
        into, out = asked.words // 4, len(said) // 4 + 1
        usage = {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}
    choice = {"index": 0, "message": {"role": "assistant", "content": said, **message}, "finish_reason": finish}
    whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": asked.body["model"], "choices": [choice]}
    return Reply(200, {**whole, "usage": usage})


def message(
    asked: Asked, content: list[dict[str, Any]] | None = None, *, usage: Any = COUNTED, stop: str = "end_turn"
) -> Reply:
    """A good message of Anthropic's API, or one with these blocks."""
    if content is None:
        content = [{"type": "text", "text": json.dumps(answer_of(asked.text))}]
    if usage is COUNTED:
        usage = {"input_tokens": asked.words // 4, "output_tokens": len(json.dumps(content)) // 4}
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked.body["model"], "content": content}
    return Reply(200, {**whole, "stop_reason": stop, "stop_sequence": None, "usage": usage})


class ScriptedServer:
    """Serves `script(asked)` on a free port and keeps what it was asked and what it counted."""

    def __init__(self, script: Callable[[Asked], Reply] = completion, *, certificate: Any = None) -> None:
        self.script = script
        self.requests: list[Asked] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if certificate is not None:
            self._server.socket = certificate.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if certificate is not None else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Nothing listens any more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no failure of the server."""


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.reply(page(200, "Sign in", "Log in to go on"))

        def do_CONNECT(self) -> None:
            self.reply(page(407, "Proxy Authentication Required"))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with server.lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                path = re.sub(r"^http://[^/]+", "", self.path)
                asked = Asked(path, headers, body, len(server.requests) + 1)
                server.requests.append(asked)
            self.reply(server.script(asked))

        def reply(self, reply: Reply) -> None:
            data = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            sent = data.encode()
            self.send_response_only(reply.status)
            kind = {"content-type": "application/json", "content-length": str(len(sent))}
            for name, value in {**kind, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
