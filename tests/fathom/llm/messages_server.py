"""A language model's server on loopback that speaks the wire formats of both providers, and fails as it is told to."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fathom.llm.message_batches import MessageBatches

# Names that it knows, as a model would: what it answers follows from the text alone.
KNOWN = {
    "Ada Moreno": "Person",
    "Tamar Bridge": "Location",
    "Moreno Works": "Organization",
    "River Lynher": "Location",
    "Plymouth": "Location",
}
_VERBS = {"designed": "DESIGNED", "founded": "FOUNDED", "crosses": "CROSSES", "was based in": "BASED_IN"}
PREFIX_TOKENS = 2000  # of tool and system prompt, as it counts them

Answering = Callable[[str], Any]


def answer_of(text: str) -> dict[str, Any]:
    """Entities that the text names and, for two in one sentence with a verb between them, a fact; of pairs of
    names of one type, those of which one holds all words of the other; of pairs of facts none."""
    if text.startswith("<pairs>"):
        return {"same": [pair["pair"] for pair in pairs_of(text) if _one_in_other(pair["a"], pair["b"])]}
    entities = [{"name": name, "type": kind, "aliases": []} for name, kind in KNOWN.items() if name in text]
    facts = []
    for sentence in re.split(r"(?<=[.!?])\s+|\n", text):
        here = sorted((sentence.index(name), name) for name in KNOWN if name in sentence)
        verb = next((relation for words, relation in _VERBS.items() if words in sentence), None)
        if len(here) >= 2 and verb:
            fact = {"source": here[0][1], "relation": verb, "target": here[1][1], "fact": sentence, "quote": sentence}
            years = re.findall(r"\b\d{4}\b", sentence)
            facts.append({**fact, "valid_at": years[0] if years else None, "invalid_at": years[1] if years[1:] else None})
    return {"entities": entities, "facts": facts}


def pairs_of(text: str) -> list[dict[str, Any]]:
    """The pairs that a question shows."""
    return [json.loads(line) for line in text.splitlines()[1:-1]]


def _one_in_other(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if "relation" in one:
        return False
    words, others = set(one["name"].split()), set(other["name"].split())
    return one["type"] == other["type"] and (words <= others or others <= words)


@dataclass
class Fault:
    """One thing to do instead of answering well: an HTTP status, or a kind of bad answer."""

    kind: str  # status, cut, slow, truncated, refusal, garbage, wrong_schema, empty, half_json
    status: int = 500
    error: str = "api_error"
    message: str = "it failed"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


OVERLOADED = Fault("status", 529, "overloaded_error", "Overloaded")
BROKEN = Fault("status", 500, "api_error", "Internal server error")


def throttled(seconds: str) -> Fault:
    """429 with a retry-after."""
    return Fault("status", 429, "rate_limit_error", "Too many requests", {"retry-after": seconds})


class MessagesServer:
    """Serves both APIs on a free port; each request takes `latency_s`, consumes one of `faults` if there are any.

    `wire` makes what is sent, with a status where that is not 200, of the body of a good answer.
    """

    def __init__(self, *, latency_s: float = 0.0, answering: Answering = answer_of) -> None:
        self.latency_s = latency_s
        self.answering = answering
        self.faults: deque[Fault] = deque()
        self.faulty: Callable[[str], Fault | None] = lambda text: None
        self.key = "sk-test-0123456789"
        self.takes_schema = True
        self.refuses: Callable[[dict[str, Any]], str | None] = lambda body: None
        self.wire: Callable[[dict[str, Any]], dict[str, Any] | tuple[int, dict[str, Any]]] = lambda body: body
        self.requests: list[dict[str, Any]] = []
        self.arrived: list[float] = []
        self.answered: list[str] = []
        self.at_once = self.most_at_once = 0
        self._prefixes: set[str] = set()
        self.batches = MessageBatches(self)
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Nothing listens any more."""
        self._server.shutdown()
        self._server.server_close()

    def next_fault(self, text: str) -> Fault | None:
        """What to do to this request."""
        with self.lock:
            return self.faults.popleft() if self.faults else self.faulty(text)

    def message(self, body: dict[str, Any], kind: str, data: Any) -> dict[str, Any]:
        """The message that answers a request, well or in the manner of `kind`."""
        text = body["messages"][0]["content"]
        prefix = json.dumps([body.get("tools"), body.get("output_config"), body["system"]])
        fresh, read, written = self.tokens(prefix, text)
        out = len(json.dumps(data)) // 4 + 1
        said = json.dumps(data)
        content: list[dict[str, Any]] = [{"type": "text", "text": said[: len(said) // 2] if kind == "half_json" else said}]
        stop = "end_turn"
        if "tools" in body:
            content = [{"type": "tool_use", "id": "toolu_1", "name": body["tool_choice"]["name"], "input": data}]
            stop = "tool_use"
        if kind == "truncated":
            content, stop, out = [{"type": "text", "text": said[: len(said) // 2]}], "max_tokens", body["max_tokens"]
        elif kind == "refusal":
            content, stop = [{"type": "text", "text": "I can't help with that."}], "refusal"
        usage = {
            "input_tokens": fresh,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written,
            "output_tokens": out,
        }
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": content}
        return {**message, "stop_reason": stop, "stop_sequence": None, "usage": usage}

    def tokens(self, prefix: str, text: str) -> tuple[int, int, int]:
        """Fresh tokens, and those read from and written to the cache: the prefix is written once, then read."""
        with self.lock:
            known = prefix in self._prefixes
            self._prefixes.add(prefix)
        return len(text) // 4 + 1, PREFIX_TOKENS if known else 0, 0 if known else PREFIX_TOKENS


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no failure of the server."""


def _handler(server: MessagesServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            server.batches.get(self, self.path)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with server.lock:
                server.requests.append({"path": self.path, "headers": dict(self.headers.items()), "body": body})
                server.arrived.append(time.monotonic())
                server.at_once += 1
                server.most_at_once = max(server.most_at_once, server.at_once)
            try:
                if server.latency_s:
                    time.sleep(server.latency_s)
                if self.path == "/v1/messages/batches":
                    return server.batches.create(self, body)
                (self.messages if self.path == "/v1/messages" else self.completions)(body)
            finally:
                with server.lock:
                    server.at_once -= 1

        def messages(self, body: dict[str, Any]) -> None:
            if server.key not in (
                self.headers.get("x-api-key"),
                (self.headers.get("authorization") or "").removeprefix("Bearer "),
            ):
                return self.fail(Fault("status", 401, "authentication_error", "invalid x-api-key"))
            text = body["messages"][0]["content"]
            if (refused := server.refuses(body)) is not None:
                return self.fail(Fault("status", 400, "invalid_request_error", refused))
            found = self.found(text)
            if found is None:
                return None
            return self.send(text, server.message(body, *found))

        def completions(self, body: dict[str, Any]) -> None:
            if server.key and self.headers.get("authorization") != f"Bearer {server.key}":
                return self.fail(Fault("status", 401, "invalid_request_error", "Incorrect API key provided"))
            if body["response_format"]["type"] == "json_schema" and not server.takes_schema:
                said = "response_format type json_schema is not supported"
                return self.fail(Fault("status", 400, "invalid_request_error", said))
            text = body["messages"][1]["content"]
            found = self.found(text)
            if found is None:
                return None
            kind, data = found
            fresh, read, written = server.tokens(body["messages"][0]["content"], text)
            said = json.dumps(data)
            finish, refusal = "stop", None
            if kind == "truncated":
                said, finish = said[: len(said) // 2], "length"
            elif kind == "refusal":
                said, refusal = "", "I can't help with that."
            elif kind == "half_json":
                said = said[: len(said) // 2]
            message = {"role": "assistant", "content": said or None, "refusal": refusal}
            usage = {
                "prompt_tokens": fresh + read + written,
                "completion_tokens": len(said) // 4 + 1,
                "total_tokens": fresh + read + written + len(said) // 4 + 1,
                "prompt_tokens_details": {"cached_tokens": read},
            }
            whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": body["model"], "usage": usage}
            choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
            return self.send(text, {**whole, "choices": [choice]})

        def found(self, text: str) -> tuple[str, Any] | None:
            """The kind of answer and its data; None where the fault was the whole answer."""
            fault = server.next_fault(text)
            data = server.answering(text)
            if fault is None:
                return "well", data
            if fault.kind == "slow":
                time.sleep(fault.seconds)
                return "well", data
            if fault.kind == "status":
                self.fail(fault)
                return None
            if fault.kind == "cut":
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "5000")
                self.end_headers()
                self.wfile.write(b'{"id": "msg_1", "type": "mess')
                self.close_connection = True
                return None
            if fault.kind == "half_json":
                return "half_json", {"entities": data["entities"]}
            wrong = {
                "wrong_schema": {"entities": "none", "people": []},
                "empty": {},
                "garbage": {"entities": [1], "facts": [2]},
            }
            return fault.kind, wrong.get(fault.kind, data)

        def fail(self, fault: Fault) -> None:
            body = {"type": "error", "error": {"type": fault.error, "message": fault.message}, "request_id": "req_1"}
            self.write(fault.status, body, fault.headers)

        def send(self, text: str, body: dict[str, Any]) -> None:
            with server.lock:
                server.answered.append(text)
            sent = server.wire(body)
            status, body = sent if isinstance(sent, tuple) else (200, sent)
            self.write(status, body, {})

        def write(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
