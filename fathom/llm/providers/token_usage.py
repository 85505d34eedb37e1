"""Tokens of an answer: as the server counts them, else estimated, so that money without a count is counted all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from fathom.llm.client import Question, TokenUse, estimated_tokens


@dataclass(frozen=True)
class CountedUse:
    """Tokens of an answer, and whether any of them are estimated."""

    tokens: TokenUse
    estimated: bool


@dataclass
class TokenFactors:
    """How many tokens a server counts for one that is estimated, of questions and of answers, from all that it counted."""

    into: float = 1.0
    out: float = 1.0
    _sums: list[float] = field(default_factory=lambda: [0.0] * 4)

    def add(self, question: Question, said: str, tokens: TokenUse) -> None:
        """The server counted so many tokens for a question and an answer."""
        for at, counted, estimate in (
            (0, tokens.tokens_in, question.estimated_tokens_in),
            (2, tokens.out, estimated_tokens(said)),
        ):
            self._sums[at] += counted
            self._sums[at + 1] += estimate
        self.into = min(2.5, max(0.2, self._sums[0] / max(1.0, self._sums[1])))
        self.out = min(20.0, max(0.2, self._sums[2] / max(1.0, self._sums[3])))


def chat_use(usage: Any, question: Question, said: str, factors: TokenFactors) -> CountedUse:
    """Returns the tokens of a chat completion.

    Args:
        usage: of the SDK, a mapping, or None; names of other servers are known.
        said: all that the model wrote, its reasoning included.
    """
    into = _count(usage, "prompt_tokens", "input_tokens", "prompt_eval_count")
    out = _count(usage, "completion_tokens", "output_tokens", "eval_count")
    total = _count(usage, "total_tokens")
    details = part(usage, "prompt_tokens_details") or part(usage, "input_tokens_details")
    read = _count(details, "cached_tokens") or _count(usage, "prompt_cache_hit_tokens", "cached_tokens") or 0
    if into is None and out is not None and total is not None:
        into = max(0, total - out) or None
    if out is None and into is not None and total is not None:
        out = max(0, total - into)
    return _use(into, min(read, into or 0), 0, out, question, said, factors)


def message_use(usage: Any, question: Question | None, said: str, factors: TokenFactors) -> CountedUse:
    """Returns the tokens of a message of Anthropic's API; without a question nothing of what it read can be estimated."""
    fresh, out = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    read = _count(usage, "cache_read_input_tokens") or 0
    write = _count(usage, "cache_creation_input_tokens") or 0
    into = None if fresh is None and not read and not write else (fresh or 0) + read + write
    return _use(into, read, write, out, question, said, factors)


def reasoning_tokens(usage: Any) -> int:
    """Returns how many of an answer's tokens were reasoning, as far as the server says."""
    details = part(usage, "completion_tokens_details") or part(usage, "output_tokens_details")
    return _count(details, "reasoning_tokens") or 0


def part(thing: Any, name: str) -> Any:
    """Returns the named part of an object of an SDK or of a mapping; None where it has none."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _use(
    into: int | None, read: int, write: int, out: int | None, question: Question | None, said: str, factors: TokenFactors
) -> CountedUse:
    estimated = False
    if not into and question is not None:  # a question is never of no tokens
        into, read, write, estimated = ceil(question.estimated_tokens_in * factors.into), 0, 0, True
    if out is None or (out == 0 and said):
        out, estimated = ceil(estimated_tokens(said) * factors.out) if said else 0, True
    return CountedUse(TokenUse((into or 0) - read - write, read, write, out), estimated)


def _count(usage: Any, *names: str) -> int | None:
    for name in names:
        value = part(usage, name)
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
            return int(value)
    return None
