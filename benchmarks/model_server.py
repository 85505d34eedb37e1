"""A language model on loopback that speaks the Messages API and answers Fathom's and Graphiti's questions from the text."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

KEY = "sk-bench-0123456789"
# What the provider does not keep: a shared beginning shorter than this is read anew each time (Anthropic's limit for Sonnet).
LEAST_KEPT = 1024
# Of the price of a fresh input token: read from what is kept, written to it. Anthropic's price list.
READ, WRITTEN = 0.1, 1.25
# Each verb with the one that it says the same as.
VERBS = {
    **{verb: verb for verb in ("supplied", "founded", "audited", "sued")},
    **dict.fromkeys(("acquired", "bought", "took over", "purchased", "absorbed"), "acquired"),
}
_NAME = "([A-Z][a-z]+ [A-Z][a-z]+)"
STATED = re.compile(rf"{_NAME} ({'|'.join(VERBS)}) {_NAME}((?:, [^.,]+,)?) in (\d{{4}})\.")
_VERB_AND_YEAR = re.compile(rf" ({'|'.join(VERBS)}) .* in (\d{{4}})")


class Fact(NamedTuple):
    """What a sentence states, and what it says in passing."""

    source: str
    verb: str
    target: str
    aside: str
    year: str

    @property
    def relation(self) -> str:
        """The verb as a name of a relation."""
        return self.verb.upper().replace(" ", "_")

    @property
    def sentence(self) -> str:
        """As the text has it."""
        return f"{self.source} {self.verb} {self.target}{self.aside} in {self.year}."


class ModelServer:
    """Answers after `latency_s`, what `answering` says of a request's body.

    Counts calls and what their input tokens would be billed as, in fresh ones; `answered` has every question.
    """

    def __init__(self, latency_s: float, answering: Callable[[dict[str, Any]], dict[str, Any]] | None = None) -> None:
        self.latency_s = latency_s
        self.answering = answering or answer
        self.answered: list[str] = []
        self.calls = 0
        self.billed = 0.0
        self._kept: set[str] = set()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reset(self) -> None:
        """Nothing was asked yet."""
        with self._lock:
            self.calls, self.billed = 0, 0.0
            self.answered = []
            self._kept.clear()

    def stop(self) -> None:
        """Nothing listens any more."""
        self._server.shutdown()
        self._server.server_close()

    def note(self, body: dict[str, Any]) -> None:
        """The question was answered."""
        with self._lock:
            self.answered.append(str(body["messages"][-1]["content"]))

    def bill(self, body: dict[str, Any]) -> dict[str, int]:
        """The usage of a request: a quarter of its characters are tokens; what `cache_control` marks is kept."""
        system = body.get("system", "")
        marked = isinstance(system, list) and any("cache_control" in block for block in system)
        shared = json.dumps([body.get("tools"), body.get("output_config"), system])
        before = len(shared) // 4
        rest = len(json.dumps(body["messages"])) // 4
        with self._lock:
            self.calls += 1
            if not marked or before < LEAST_KEPT:
                self.billed += before + rest
                return {"input_tokens": before + rest, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
            known = shared in self._kept
            self._kept.add(shared)
            self.billed += rest + before * (READ if known else WRITTEN)
        return {
            "input_tokens": rest,
            "cache_read_input_tokens": before if known else 0,
            "cache_creation_input_tokens": 0 if known else before,
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no failure of the server."""


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """What a model that reads without fault answers. Raises KeyError for a question it does not know."""
    asked = "\n".join(str(message["content"]) for message in body["messages"])
    tools = body.get("tools")
    return _ANSWERS[tools[0]["name"]](asked) if tools else _ours(asked)


def stated(text: str) -> list[Fact]:
    """Every fact in the text."""
    return [Fact(*one.groups()) for one in STATED.finditer(text)]


def _names(facts: list[Fact]) -> list[str]:
    return list(dict.fromkeys(name for one in facts for name in (one.source, one.target)))


def _same(pair: dict[str, Any]) -> bool:
    """Whether two facts, or two relations, say the same; names that are alike are of different firms."""
    one, other = pair["a"], pair["b"]
    if "fact" in one:
        said = _said(one["fact"])
        return said is not None and said == _said(other["fact"])
    return "relation" in one and _meant(one["relation"]) == _meant(other["relation"])


def _meant(relation: str) -> str:
    return VERBS.get(relation.lower().replace("_", " "), relation)


def _said(sentence: str) -> tuple[str, str] | None:
    found = _VERB_AND_YEAR.search(sentence)
    return (VERBS[found[1]], found[2]) if found else None


def _ours(asked: str) -> dict[str, Any]:
    if asked.startswith("<pairs>"):
        pairs = [json.loads(line) for line in asked.splitlines() if line.startswith("{")]
        return {"same": [pair["pair"] for pair in pairs if _same(pair)]}
    facts = stated(asked)
    return {
        "entities": [{"name": name, "type": "Organization", "aliases": []} for name in _names(facts)],
        "facts": [
            {
                "source": one.source,
                "relation": one.relation,
                "target": one.target,
                "fact": one.sentence,
                "quote": one.sentence,
                "valid_at": one.year,
                "invalid_at": None,
            }
            for one in facts
        ],
    }


def _section(asked: str, name: str) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", asked, re.DOTALL)
    return found[1] if found else asked


def _entities(asked: str) -> dict[str, Any]:
    names = _names(stated(_section(asked, "TEXT")))
    return {"extracted_entities": [{"name": name, "entity_type_id": 0, "episode_indices": [0]} for name in names]}


def _edge(one: Fact) -> dict[str, Any]:
    return {
        "source_entity_name": one.source,
        "target_entity_name": one.target,
        "relation_type": one.relation,
        "fact": one.sentence,
        "episode_indices": [0],
    }


def _edges(asked: str) -> dict[str, Any]:
    return {"edges": [_edge(one) for one in stated(_section(asked, "CURRENT_MESSAGE"))]}


def _both(asked: str) -> dict[str, Any]:
    text = _section(asked, "TEXT") if "<TEXT>" in asked else _section(asked, "CURRENT_MESSAGE")
    return {**_entities(text), "edges": [_edge(one) for one in stated(text)]}


def _resolutions(asked: str) -> dict[str, Any]:
    existing = {one["name"]: one["candidate_id"] for one in json.loads(_section(asked, "EXISTING ENTITIES"))}
    found = json.loads(_section(asked, "ENTITIES"))
    return {
        "entity_resolutions": [
            {"id": one["id"], "name": one["name"], "duplicate_candidate_id": existing.get(one["name"], -1)} for one in found
        ]
    }


def _times(fact: str) -> dict[str, Any]:
    year = re.search(r"in (\d{4})\.", fact)
    return {"valid_at": f"{year[1]}-01-01T00:00:00Z" if year else None, "invalid_at": None}


def _batch_times(asked: str) -> dict[str, Any]:
    return {"timestamps": [_times(json.dumps(one)) for one in json.loads(_section(asked, "FACTS"))]}


_ANSWERS = {
    "ExtractedEntities": _entities,
    "ExtractedEdges": _edges,
    "CombinedExtraction": _both,
    "NodeResolutions": _resolutions,
    "EdgeDuplicate": lambda asked: {"duplicate_facts": [], "contradicted_facts": []},
    "EdgeTimestamps": lambda asked: _times(_section(asked, "FACT")),
    "BatchEdgeTimestamps": _batch_times,
    "SummarizedEntities": lambda asked: {"summaries": []},
}


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            time.sleep(server.latency_s)
            try:
                data = server.answering(body)
            except (KeyError, ValueError) as error:
                return self.send(400, {"type": "error", "error": {"type": "invalid_request_error", "message": repr(error)}})
            block = {"type": "text", "text": json.dumps(data)}
            if body.get("tools"):
                block = {"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": data}  # type: ignore[dict-item]
            message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [block]}
            usage = {**server.bill(body), "output_tokens": len(json.dumps(data)) // 4}
            stop = "tool_use" if body.get("tools") else "end_turn"
            server.note(body)
            return self.send(200, {**message, "stop_reason": stop, "stop_sequence": None, "usage": usage})

        def send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked is gone
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
