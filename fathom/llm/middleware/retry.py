"""Retries failed attempts with exponential backoff and jitter, or after the server's retry-after."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from fathom.errors import LanguageModelUnreachable
from fathom.llm.client import LLMCallFailed, LLMClient, LLMRequest, LLMResponse

MAX_TRIES = 7
MAX_LOADING_S, MAX_LOADING_WAIT_S = 300.0, 5.0  # while a server loads its model: total time, interval
FIRST_WAIT_S, MAX_WAIT_S = 0.5, 30.0
MAX_RETRY_AFTER_S = 300.0  # a server that asks for more counts as down


def max_duration(attempt_s: float) -> float:
    """Returns the most seconds that a request takes with all its attempts, each of at most `attempt_s`."""
    waits = (MAX_TRIES - 1) * MAX_RETRY_AFTER_S
    loading = MAX_LOADING_S + attempt_s + MAX_LOADING_WAIT_S  # the bound is checked before each attempt
    return MAX_TRIES * attempt_s + waits + loading


class RetryingClient:
    """Retries failed attempts; the jitter keeps many callers from returning at once."""

    def __init__(
        self,
        inner: LLMClient,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._sleep = sleep
        self._jitter = jitter
        self._clock = clock

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the first response. Raises LanguageModelUnreachable after `MAX_TRIES` attempts or if the wait is too long."""
        number, loads, loading = 1, 0, 0.0
        while True:
            began = self._clock()
            try:
                return self._inner.complete(request)
            except LLMCallFailed as error:
                if error.kind == "loading" and loading < MAX_LOADING_S:
                    number, loads = number - 1, loads + 1
                    wait = min(MAX_LOADING_WAIT_S, self._wait(loads, error.retry_after))
                    loading += self._clock() - began + wait
                else:
                    wait = self._wait(number, error.retry_after)
                if number >= MAX_TRIES or wait > MAX_RETRY_AFTER_S:
                    raise LanguageModelUnreachable(
                        f"The language model gave no answer in {number} {'try' if number == 1 else 'tries'}: {error}"
                    ) from error
            number += 1
            self._sleep(wait)

    def _wait(self, number: int, retry_after: float | None) -> float:
        backoff: float = min(MAX_WAIT_S, FIRST_WAIT_S * 2.0 ** min(number - 1, 16))
        spread = 0.5 + self._jitter() / 2
        return backoff * spread if retry_after is None else retry_after + backoff * self._jitter() / 4
