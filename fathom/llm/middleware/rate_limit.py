"""Requests and tokens a minute, over all threads and processes of a host: who has no room yet waits for its turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fathom.llm.client import Answer, Asker, NoAnswer, Question, paying_document
from fathom.llm.host_sqlite import LocalFile
from fathom.observability.structured_logging import emit

WINDOW_S = 60.0
SAID_FROM_S = 1.0  # shorter waits are not worth a line
_FARTHEST_S = 3600.0  # a turn farther in the future was given before the clock was set back
_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (id INTEGER PRIMARY KEY, model TEXT, at REAL, tokens INTEGER);
CREATE INDEX IF NOT EXISTS turns_by_time ON turns (model, at);
CREATE TABLE IF NOT EXISTS holds (model TEXT PRIMARY KEY, until REAL);
"""


class Turns:
    """Gives each request the first moment at which every 60 seconds hold no more than the limits; None: no limit."""

    def __init__(
        self,
        file: Path,
        *,
        requests: int | None,
        tokens: int | None,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = LocalFile(file, _SCHEMA, synchronous="OFF")  # a turn lost with the machine was one of its past
        self._requests = requests
        self._tokens = tokens
        self._window = window_s
        self._clock = clock

    def take(self, model: str, tokens: int) -> tuple[int | None, float]:
        """A turn of so many tokens: its id, and when it is, in seconds since 1970. Turns come in the order they are taken."""
        now = self._clock()
        with self._file.reading() as connection:
            held = connection.execute("SELECT until FROM holds WHERE model = ?", (model,)).fetchone()
        start = max(now, held[0]) if held and held[0] < now + _FARTHEST_S else now
        if self._requests is None and self._tokens is None:
            return None, start
        tokens = min(tokens, self._tokens or tokens)  # one that is larger than a minute's has a minute of its own
        with self._file.writing() as connection:
            dead = (model, now - 2 * self._window, now + _FARTHEST_S)
            connection.execute("DELETE FROM turns WHERE model = ? AND (at < ? OR at > ?)", dead)
            query = "SELECT at, tokens FROM turns WHERE model = ? AND at > ? ORDER BY at, id"
            turns = connection.execute(query, (model, now - self._window)).fetchall()
            at = self._first(turns, max(start, turns[-1][0] if turns else start), tokens)
            row = connection.execute("INSERT INTO turns (model, at, tokens) VALUES (?, ?, ?)", (model, at, tokens)).lastrowid
        return row, at

    def used(self, turn: int | None, tokens: int) -> None:
        """The turn took so many tokens, which may be others than were expected."""
        if turn is not None and self._tokens is not None:
            with self._file.writing() as connection:
                connection.execute("UPDATE turns SET tokens = ? WHERE id = ?", (min(tokens, self._tokens), turn))

    def hold(self, model: str, seconds: float) -> None:
        """No turn is before so many seconds from now: its provider asked for it."""
        kept = "INSERT INTO holds VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET until = max(until, excluded.until)"
        with self._file.writing() as connection:
            connection.execute(kept, (model, self._clock() + seconds))

    def close(self) -> None:
        """Its file is closed."""
        self._file.close()

    def _first(self, turns: list[tuple[float, int]], at: float, tokens: int) -> float:
        """The first moment from `at` on whose last minute has room."""
        for time_of, _ in [(at - self._window, 0), *turns]:
            moment = max(at, time_of + self._window)
            inside = [used for then, used in turns if moment - self._window < then <= moment]
            if self._requests is not None and len(inside) >= self._requests:
                continue
            if self._tokens is not None and sum(inside) + tokens > self._tokens:
                continue
            return moment
        return max(at, turns[-1][0] + self._window)


class RateLimited:
    """Waits for its turn, and makes all others wait when the provider says it is asked too often."""

    def __init__(
        self,
        inner: Asker,
        turns: Turns,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._turns = turns
        self._clock = clock
        self._sleep = sleep

    def ask(self, question: Question) -> Answer:
        """The answer of the layer below, in its turn."""
        expected = question.estimated_tokens_in + question.max_tokens // 3
        turn, at = self._turns.take(self.model, expected)
        wait = at - self._clock()
        if wait >= SAID_FROM_S:
            waited: dict[str, Any] = {"model": self.model, "seconds": round(wait, 1)}
            emit("llm.throttled", "A question waits for its turn", document=paying_document(), **waited)
        if wait > 0:
            self._sleep(wait)
        try:
            answer = self._inner.ask(question)
        except NoAnswer as error:
            if error.kind == "http_429" and error.retry_after:
                self._turns.hold(self.model, min(error.retry_after, _FARTHEST_S / 2))
                asked: dict[str, Any] = {"model": self.model, "seconds": round(error.retry_after, 1)}
                emit("llm.throttled", "The provider asks to wait", document=paying_document(), **asked)
            raise
        self._turns.used(turn, answer.tokens.tokens_in + answer.tokens.out)
        return answer
