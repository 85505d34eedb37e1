"""Counts the tokens of a response: as the server reports them, else estimated, so that budgets hold without a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from fathom.llm.client import LLMRequest, TokenUsage, estimate_tokens


@dataclass(frozen=True)
class CountedUsage:
    """Tokens of a response, and whether any of them are estimated."""

    tokens: TokenUsage
    estimated: bool


@dataclass(frozen=True)
class ReportedUsage:
    """The token counts of a response as the server reports them; None for a count that is missing."""

    into: int | None
    out: int | None
    cache_read: int = 0
    cache_write: int = 0


@dataclass
class TokenFactors:
    """Server tokens per estimated token, for input and output, from all counts of the server so far."""

    into: float = 1.0
    out: float = 1.0
    _sums: list[float] = field(default_factory=lambda: [0.0] * 4)

    def add(self, request: LLMRequest, output_text: str, tokens: TokenUsage) -> None:
        """Adds the server's counts of a request and its response."""
        for at, counted, estimate in (
            (0, tokens.tokens_in, request.estimated_tokens_in),
            (2, tokens.out, estimate_tokens(output_text)),
        ):
            self._sums[at] += counted
            self._sums[at + 1] += estimate
        self.into = min(2.5, max(0.2, self._sums[0] / max(1.0, self._sums[1])))
        self.out = min(20.0, max(0.2, self._sums[2] / max(1.0, self._sums[3])))


def chat_usage(usage: Any, request: LLMRequest, output_text: str, factors: TokenFactors) -> CountedUsage:
    """Returns the tokens of a chat completion.

    Args:
        usage: of the SDK, a mapping, or None; field names of other servers are known.
        output_text: all text of the model, its reasoning included.
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
    return _counted(ReportedUsage(into, out, min(read, into or 0)), request, output_text, factors)


def message_usage(usage: Any, request: LLMRequest | None, output_text: str, factors: TokenFactors) -> CountedUsage:
    """Returns the tokens of a message of Anthropic's API; without a request its input cannot be estimated."""
    fresh, out = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    read = _count(usage, "cache_read_input_tokens") or 0
    write = _count(usage, "cache_creation_input_tokens") or 0
    into = None if fresh is None and not read and not write else (fresh or 0) + read + write
    return _counted(ReportedUsage(into, out, read, write), request, output_text, factors)


def reasoning_tokens(usage: Any) -> int:
    """Returns the number of reasoning tokens, as far as the server reports them."""
    details = part(usage, "completion_tokens_details") or part(usage, "output_tokens_details")
    return _count(details, "reasoning_tokens") or 0


def part(thing: Any, name: str) -> Any:
    """Returns the named part of an SDK object or mapping, None if it has none."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _counted(reported: ReportedUsage, request: LLMRequest | None, output_text: str, factors: TokenFactors) -> CountedUsage:
    """Returns the usage with an estimate for each count that is missing or cannot be true."""
    into, out, read, write, estimated = reported.into, reported.out, reported.cache_read, reported.cache_write, False
    if not into and request is not None:  # a request always has tokens
        into, read, write, estimated = ceil(request.estimated_tokens_in * factors.into), 0, 0, True
    if out is None or (out == 0 and output_text):
        out, estimated = ceil(estimate_tokens(output_text) * factors.out) if output_text else 0, True
    return CountedUsage(TokenUsage((into or 0) - read - write, read, write, out), estimated)


def _count(usage: Any, *names: str) -> int | None:
    for name in names:
        value = part(usage, name)
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
            return int(value)
    return None
