"""Defines the request, response and client protocol of language model calls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

StopReason = Literal["complete", "truncated", "refused"]
TruncationCause = Literal["length", "reasoning", "limit"]

_document: ContextVar[str | None] = ContextVar("fathom_paying_document", default=None)


@dataclass(frozen=True)
class LLMRequest:
    """A request for an answer in JSON: `system` and `schema` are shared by many requests, `text` is its own part.

    `schema` is the JSON schema of the answer, `prompt` the version of system and schema, `max_tokens` the bound of the answer.
    An `urgent` request keeps a document waiting, so it is not batched.
    """

    system: str
    schema: Mapping[str, Any]
    text: str
    prompt: str
    max_tokens: int
    urgent: bool = False

    def key(self, model: str) -> str:
        """Returns the cache key, 64 hex digits: equal for equal requests to the same model, whatever their `max_tokens`."""
        parts = [model, self.prompt, self.system, json.dumps(self.schema, sort_keys=True), self.text]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def estimated_tokens_in(self) -> int:
        """Estimated input tokens, rather too many than too few."""
        return estimate_tokens(self.system) + estimate_tokens(json.dumps(self.schema)) + estimate_tokens(self.text) + 50


@dataclass(frozen=True)
class TokenUsage:
    """Tokens of a response as they are billed: fresh, read from and written to the provider's prompt cache, and output."""

    fresh: int = 0
    cache_read: int = 0
    cache_write: int = 0
    out: int = 0

    @property
    def tokens_in(self) -> int:
        """All input tokens."""
        return self.fresh + self.cache_read + self.cache_write


@dataclass(frozen=True)
class LLMResponse:
    """A response: JSON as text, the stop reason, usage and cost; `cached` if it comes from the response cache.

    `estimated` means that the server did not count its tokens. `cut_by` is the cause of a truncation: the requested length,
    reasoning that left no room (a repeated request has more), or a limit of the model.
    """

    text: str
    stop_reason: StopReason
    model: str
    tokens: TokenUsage = field(default_factory=TokenUsage)
    cost_usd: float = 0.0
    cached: bool = False
    estimated: bool = False
    cut_by: TruncationCause = "length"


class LLMClient(Protocol):
    """Completes requests: a provider, or a middleware layer around another client."""

    @property
    def model(self) -> str:
        """The model's name at its provider."""
        ...

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the response, paid for whatever its stop reason.

        Raises LLMCallFailed below the retry layer, named errors above it.
        """
        ...


class Provider(LLMClient, Protocol):
    """The innermost client, which talks to a server."""

    @property
    def room(self) -> int:
        """Tokens an answer may take beyond the request's `max_tokens`, for models that reason first."""
        ...

    @property
    def is_met(self) -> bool:
        """Whether concurrent requests are allowed: False until the first request to an unknown server has ended."""
        ...

    def open(self) -> None:
        """Creates the SDK's client without sending a request. Raises named errors for wrong settings or environment."""
        ...

    def close(self) -> None:
        """Closes its connections until the next request."""
        ...


class LLMCallFailed(Exception):
    """A failed attempt: its `kind` in a word, and the seconds of `retry-after` if the server names them."""

    def __init__(self, kind: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


@contextmanager
def billed_to(document: str | None) -> Iterator[None]:
    """Bills all requests inside the block to a document."""
    token = _document.set(document)
    try:
        yield
    finally:
        _document.reset(token)


def billed_document() -> str | None:
    """Returns the document that requests are billed to in this context."""
    return _document.get()


def estimate_tokens(text: str) -> int:
    """Returns the estimated tokens of a text: 1 per 3.5 ASCII characters, 1 per other character."""
    plain = len(text.encode("ascii", "ignore"))
    return int(plain / 3.5) + (len(text) - plain) + 1
