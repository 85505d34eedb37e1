"""Rate-limits requests and tokens per minute over all threads and processes that share a store of slots."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fathom.llm.client import LLMCallFailed, LLMClient, LLMRequest, LLMResponse, billed_document
from fathom.llm.middleware.rate_limit_slots import SlotRange, Slots, SlotStore
from fathom.observability.structured_logging import emit

WINDOW_S = 60.0
MIN_LOGGED_WAIT_S = 1.0  # shorter waits are not logged
_MAX_AHEAD_S = 3600.0  # a slot farther ahead was reserved before the clock was set back
MAX_SLOT_WAIT_S = _MAX_AHEAD_S + WINDOW_S  # the slot after the last that counts


class RateLimiter:
    """Reserves start times such that no 60-second window exceeds the limits (sliding window); None means no limit."""

    def __init__(
        self,
        store: SlotStore,
        *,
        requests: int | None,
        tokens: int | None,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._requests = requests
        self._tokens = tokens
        self._window = window_s
        self._clock = clock

    def reserve(self, model: str, tokens: int) -> tuple[int | None, float]:
        """Reserves a slot for so many tokens; returns its id and its time (epoch seconds), in the order of
        calls.
        """
        now = self._clock()
        blocked = self._store.blocked_until(model)
        start = max(now, blocked) if blocked and blocked < now + _MAX_AHEAD_S else now
        if self._requests is None and self._tokens is None:
            return None, start
        tokens = min(tokens, self._tokens or tokens)  # a larger request than the limit gets a minute of its own
        times = SlotRange(now - 2 * self._window, now + _MAX_AHEAD_S, now - self._window)
        return self._store.reserve(
            model, tokens, times, lambda slots: self._first(slots, max(start, slots[-1][0] if slots else start), tokens)
        )

    def correct(self, slot: int | None, tokens: int) -> None:
        """Corrects the tokens of a slot once they are known."""
        if slot is not None and self._tokens is not None:
            self._store.correct(slot, min(tokens, self._tokens))

    def block(self, model: str, seconds: float) -> None:
        """Starts no request for the model in the next `seconds`: the provider sent retry-after."""
        self._store.block(model, self._clock() + seconds)

    def close(self) -> None:
        """Closes the store's own connections."""
        self._store.close()

    def _first(self, slots: Slots, at: float, tokens: int) -> float:
        """Returns the first time from `at` on whose last minute has room."""
        for reserved_at, _ in [(at - self._window, 0), *slots]:
            moment = max(at, reserved_at + self._window)
            inside = [used for then, used in slots if moment - self._window < then <= moment]
            if self._requests is not None and len(inside) >= self._requests:
                continue
            if self._tokens is not None and sum(inside) + tokens > self._tokens:
                continue
            return moment
        return max(at, slots[-1][0] + self._window)


class RateLimitedClient:
    """Waits for its slot before each request; a rate-limit response with retry-after blocks all processes."""

    def __init__(
        self,
        inner: LLMClient,
        limiter: RateLimiter,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._limiter = limiter
        self._clock = clock
        self._sleep = sleep

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the inner client's response."""
        expected = request.estimated_tokens_in + request.max_tokens // 3
        slot, at = self._limiter.reserve(self.model, expected)
        wait = at - self._clock()
        if wait >= MIN_LOGGED_WAIT_S:
            details: dict[str, Any] = {"model": self.model, "seconds": round(wait, 1)}
            emit("llm.throttled", "LLM request rate-limited", document=billed_document(), **details)
        if wait > 0:
            self._sleep(wait)
        try:
            response = self._inner.complete(request)
        except LLMCallFailed as error:
            if error.kind == "http_429" and error.retry_after:
                self._limiter.block(self.model, min(error.retry_after, _MAX_AHEAD_S / 2))
                held: dict[str, Any] = {"model": self.model, "seconds": round(error.retry_after, 1)}
                emit("llm.throttled", "LLM provider sent retry-after", document=billed_document(), **held)
            raise
        self._limiter.correct(slot, response.tokens.tokens_in + response.tokens.out)
        return response
