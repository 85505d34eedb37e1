"""Parses error responses of any shape: status, messages, error codes, numbers."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fathom.llm.providers.retry_after import seconds_to_wait
from fathom.observability.redaction import redact

MAX_BODY = 20_000  # characters of a body that are parsed
MAX_WORDS = 4_000
MAX_MESSAGE = 200  # characters that are shown to people
_MAX_DEPTH, _MAX_PARTS = 7, 60
# Fields that may quote the request: neither shown nor taken for the server's words.
_QUOTED_FIELDS = {
    "input",
    "ctx",
    "url",
    "messages",
    "prompt",
    "failed_generation",
    "request",
    "request_id",
    "user_id",
    "headers",
}
_MESSAGE_FIELDS = (
    "message",
    "detail",
    "error",
    "msg",
    "error_msg",
    "error_message",
    "error_description",
    "raw",
    "reason",
    "title",
)
_CODE_FIELDS = ("code", "type", "status", "reason", "param", "error_code", "__type", "errcode")
_WAIT_FIELDS = {"retrydelay", "retry_after", "retry_after_seconds", "estimated_time"}
_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "billing_error": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "invalid_argument": 400,
    "context_length_exceeded": 400,
    "overloaded_error": 529,
    "timeout_error": 504,
}


@dataclass(frozen=True)
class RefusedCall:
    """A call that a server refused.

    `words` are all of its words in lower case, `message` the short text to show, without secrets; `codes` its codes, types and
    parameter names; `numbers` its numbers by name; `is_page` is True for a web page; `wait` is retry-after in seconds, or None.
    """

    status: int
    words: str = ""
    message: str = "no reason given"
    codes: frozenset[str] = frozenset()
    numbers: Mapping[str, int] = field(default_factory=dict[str, int])
    is_page: bool = False
    wait: float | None = None

    def says(self, *words: str) -> bool:
        """Returns whether it contains any of the words (lower case)."""
        return any(word in self.words for word in words)

    def has_code(self, *codes: str) -> bool:
        """Returns whether it has any of these codes (lower case)."""
        return not self.codes.isdisjoint(codes)


def refused_call(status: int, body: str, headers: Mapping[str, str]) -> RefusedCall:
    """Parses a refusal from its status, body text and headers."""
    body = body[:MAX_BODY].strip().lstrip("\ufeff")
    if is_page(body, headers):
        shown = _page_text(body)
        return RefusedCall(
            status, shown.lower()[:MAX_WORDS], _short(shown), is_page=True, wait=seconds_to_wait(headers, "", throttled=False)
        )
    parts = _Parts()
    parts.read(_parsed(body), _MAX_DEPTH)
    words = " ".join([*parts.sentences, *parts.words]).lower()[:MAX_WORDS]
    message = _short(": ".join(dict.fromkeys(parts.sentences))) or _short(" ".join(parts.words)) or "no reason given"
    wait = seconds_to_wait(headers, words, throttled=status == 429)
    return RefusedCall(status, words, message, frozenset(parts.codes), parts.numbers, wait=wait)


def refused_inside(body: str, headers: Mapping[str, str]) -> RefusedCall | None:
    """Parses the error in a body with status 200; returns None if it holds none."""
    if "error" not in body[:MAX_BODY]:
        return None
    data = _parsed(body.strip())
    if not isinstance(data, dict) or not (data.get("error") or data.get("type") == "error" or data.get("object") == "error"):
        return None
    found = refused_call(500, body, headers)
    return replace(found, status=_status_of(data, found))


def is_page(body: str, headers: Mapping[str, str]) -> bool:
    """Returns whether a body is a web page."""
    start = body[:500].lstrip().lower()
    if start.startswith(("{", "[", '"')):
        return False
    return "text/html" in headers.get("content-type", "").lower() or start.startswith(("<!doctype html", "<html", "<head"))


def _status_of(data: Mapping[str, Any], found: RefusedCall) -> int:
    """Returns the HTTP status equivalent to an error under 200: by its number, else its type, else 500."""
    error = data.get("error")
    holders: list[Mapping[str, Any]] = [part for part in (error, data) if isinstance(part, Mapping)]
    for holder in holders:
        for name in ("code", "status", "status_code"):
            number = str(holder.get(name))
            if number.isdigit() and len(number) == 3 and 400 <= int(number) < 600:
                return int(number)
    return next((status for code, status in _STATUS_OF_TYPE.items() if code in found.codes), 500)


class _Parts:
    """Collects the parts of a body: sentences to show, all words, codes, numbers."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.words: list[str] = []
        self.codes: set[str] = set()
        self.numbers: dict[str, int] = {}

    def read(self, value: object, depth: int, name: str = "message") -> None:
        if depth == 0 or len(self.sentences) + len(self.words) >= _MAX_PARTS:
            return
        if isinstance(value, str):
            self._text(value, depth, name)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                if key not in _QUOTED_FIELDS:
                    self.read(inner, depth - 1, str(key))
        elif isinstance(value, list):
            for inner in value[:20]:
                self.read(inner, depth - 1, name)
        elif isinstance(value, (int, float)) and name.lower() in _WAIT_FIELDS:
            self.words.append(f"retry_after {value}")
        elif isinstance(value, int) and not isinstance(value, bool):
            self.numbers.setdefault(name.lower(), value)
            if name in _CODE_FIELDS:
                self.codes.add(str(value))

    def _text(self, value: str, depth: int, name: str) -> None:
        inner = next(_inner_json(value), None)
        if inner is not None:
            return self.read(inner, depth - 1, name)
        words = " ".join(value.split())
        if not words:
            return None
        if name.lower() in _WAIT_FIELDS:
            self.words.append(f"retry_after {words}")
            return None
        if name in _CODE_FIELDS and len(words) <= 80 and " " not in words:
            self.codes.add(words.lower())
            self.words.append(words)
        elif name in _MESSAGE_FIELDS:
            self.sentences.append(words)
        else:
            self.words.append(words)
        return None


def _inner_json(value: str) -> Iterator[Any]:
    """Yields JSON that a proxy has embedded as text in its own error."""
    start = value.find("{") if '"' in value else -1
    if start >= 0 and value.rstrip().endswith(("}", "}]")):
        for opening in (0, start):
            found = _parsed(value[opening:])
            if isinstance(found, (dict, list)):
                words = value[:opening].strip()
                yield [words, found] if words else found
                return


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _page_text(body: str) -> str:
    """Returns title and text of a page."""
    bare = re.sub(r"<(script|style)\b[^>]*>.*?</\1\s*>", " ", body, flags=re.IGNORECASE | re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^<>]{0,2000}>", " ", bare)).split()) or "a web page without text"


def _short(words: str) -> str:
    shown = str(redact(" ".join(words.split())))
    return shown if len(shown) <= MAX_MESSAGE else shown[: MAX_MESSAGE - 1] + "…"
