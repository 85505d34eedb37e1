"""Rate-limits requests and tokens per minute over all threads and processes of a host."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fathom.llm.client import LLMCallFailed, LLMClient, LLMRequest, LLMResponse, billed_document
from fathom.llm.host_sqlite import HostSQLite
from fathom.observability.structured_logging import emit

WINDOW_S = 60.0
MIN_LOGGED_WAIT_S = 1.0  # shorter waits are not logged
_MAX_AHEAD_S = 3600.0  # a slot farther ahead was reserved before the clock was set back
MAX_SLOT_WAIT_S = _MAX_AHEAD_S + WINDOW_S  # the slot after the last that counts
_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (id INTEGER PRIMARY KEY, model TEXT, at REAL, tokens INTEGER);
CREATE INDEX IF NOT EXISTS turns_by_time ON turns (model, at);
CREATE TABLE IF NOT EXISTS holds (model TEXT PRIMARY KEY, until REAL);
"""


class RateLimiter:
    """Reserves start times such that no 60-second window exceeds the limits (sliding window); None means no limit."""

    def __init__(
        self,
        file: Path,
        *,
        requests: int | None,
        tokens: int | None,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = HostSQLite(file, _SCHEMA, synchronous="OFF")  # slots need not survive a power cut
        self._requests = requests
        self._tokens = tokens
        self._window = window_s
        self._clock = clock

    def reserve(self, model: str, tokens: int) -> tuple[int | None, float]:
        """Reserves a slot for so many tokens; returns its id and its time (epoch seconds), in the order of
        calls.
        """
        now = self._clock()
        with self._file.reading() as connection:
            held = connection.execute("SELECT until FROM holds WHERE model = ?", (model,)).fetchone()
        start = max(now, held[0]) if held and held[0] < now + _MAX_AHEAD_S else now
        if self._requests is None and self._tokens is None:
            return None, start
        tokens = min(tokens, self._tokens or tokens)  # a larger request than the limit gets a minute of its own
        with self._file.writing() as connection:
            dead = (model, now - 2 * self._window, now + _MAX_AHEAD_S)
            connection.execute("DELETE FROM turns WHERE model = ? AND (at < ? OR at > ?)", dead)
            query = "SELECT at, tokens FROM turns WHERE model = ? AND at > ? ORDER BY at, id"
            slots = connection.execute(query, (model, now - self._window)).fetchall()
            at = self._first(slots, max(start, slots[-1][0] if slots else start), tokens)
            row = connection.execute("INSERT INTO turns (model, at, tokens) VALUES (?, ?, ?)", (model, at, tokens)).lastrowid
        return row, at

    def correct(self, slot: int | None, tokens: int) -> None:
        """Corrects the tokens of a slot once they are known."""
        if slot is not None and self._tokens is not None:
            with self._file.writing() as connection:
                connection.execute("UPDATE turns SET tokens = ? WHERE id = ?", (min(tokens, self._tokens), slot))

    def block(self, model: str, seconds: float) -> None:
        """Starts no request for the model in the next `seconds`: the provider sent retry-after."""
        kept = "INSERT INTO holds VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET until = max(until, excluded.until)"
        with self._file.writing() as connection:
            connection.execute(kept, (model, self._clock() + seconds))

    def close(self) -> None:
        """Closes its file."""
        self._file.close()

    def _first(self, slots: list[tuple[float, int]], at: float, tokens: int) -> float:
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
