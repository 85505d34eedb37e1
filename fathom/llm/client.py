"""One question to a language model and its answer: what every layer of the stack takes and gives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Ending = Literal["complete", "truncated", "refused"]
Cut = Literal["length", "reasoning", "limit"]

_document: ContextVar[str | None] = ContextVar("fathom_paying_document", default=None)


@dataclass(frozen=True)
class Question:
    """What is asked: `system` and `schema` are the same for many, `text` is the question's own.

    `schema` is the JSON schema of the answer, `prompt` the version of system and schema, `max_tokens` the longest answer;
    an `urgent` one has a document wait for it alone.
    """

    system: str
    schema: Mapping[str, Any]
    text: str
    prompt: str
    max_tokens: int
    urgent: bool = False

    def key(self, model: str) -> str:
        """64 hex digits that are the same for the same question to the same model, however long its answer may be."""
        parts = [model, self.prompt, self.system, json.dumps(self.schema, sort_keys=True), self.text]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def estimated_tokens_in(self) -> int:
        """About how many tokens it is, rather too many than too few."""
        return estimated_tokens(self.system) + estimated_tokens(json.dumps(self.schema)) + estimated_tokens(self.text) + 50


@dataclass(frozen=True)
class TokenUse:
    """Tokens of one answer as they are billed: fresh, read from and written to the provider's prompt cache, and out."""

    fresh: int = 0
    cache_read: int = 0
    cache_write: int = 0
    out: int = 0

    @property
    def tokens_in(self) -> int:
        """All tokens it read."""
        return self.fresh + self.cache_read + self.cache_write


@dataclass(frozen=True)
class Answer:
    """What came back: JSON as text, how it ended, what it used and cost; `remembered` where it was answered before.

    `estimated` where the server did not count its tokens. `cut_by` is what ended a truncated one: the longest it was asked
    for, reasoning that left no room for it (asked again, it has more), or a limit of the model.
    """

    text: str
    ending: Ending
    model: str
    tokens: TokenUse = field(default_factory=TokenUse)
    cost_usd: float = 0.0
    remembered: bool = False
    estimated: bool = False
    cut_by: Cut = "length"


class Asker(Protocol):
    """Something that answers questions: a provider, or a layer that holds one."""

    @property
    def model(self) -> str:
        """The model's name at its provider."""
        ...

    def ask(self, question: Question) -> Answer:
        """The answer, paid for whatever its ending. Raises NoAnswer from below the retries, named errors from above them."""
        ...


class Provider(Asker, Protocol):
    """What is below all layers; `room` is the tokens an answer may take beside those of the question's longest."""

    @property
    def room(self) -> int:
        """For models that think before they answer."""
        ...

    @property
    def is_met(self) -> bool:
        """Whether many questions may be asked at once: False until the first question to an unknown server has ended."""
        ...

    def open(self) -> None:
        """Its client is made and nothing asked. Raises named errors for what its settings and the environment have wrong."""
        ...

    def close(self) -> None:
        """Its connections are closed, until it is asked again."""
        ...


class NoAnswer(Exception):
    """A try that brought no answer: `kind` in a word, the seconds its server asks to wait, if it does."""

    def __init__(self, kind: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


@contextmanager
def paying_for(document: str | None) -> Iterator[None]:
    """Every question asked inside is for that document."""
    token = _document.set(document)
    try:
        yield
    finally:
        _document.reset(token)


def paying_document() -> str | None:
    """The document that questions are for now."""
    return _document.get()


def estimated_tokens(text: str) -> int:
    """About how many tokens a text is: one for 3.5 letters of ASCII, one for any other character."""
    plain = len(text.encode("ascii", "ignore"))
    return int(plain / 3.5) + (len(text) - plain) + 1
