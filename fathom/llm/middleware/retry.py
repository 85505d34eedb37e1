"""Another try where a provider gave no answer: after the time it asks for, else ever later, a bounded number of times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from fathom.errors import LanguageModelUnreachable
from fathom.llm.client import Answer, Asker, NoAnswer, Question

TRIES = 7
LOADING_S, EACH_LOADING_S = 300.0, 5.0  # a server that loads its model is waited for so long, asked so often
FIRST_S, LONGEST_S = 0.5, 30.0
LONGEST_ASKED_S = 300.0  # a server that asks for more is down, as far as one document is concerned


class Retrying:
    """Asks again; the waits of many callers are spread, so that they do not all come back at once."""

    def __init__(
        self, inner: Asker, *, sleep: Callable[[float], None] = time.sleep, chance: Callable[[], float] = random.random
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._sleep = sleep
        self._chance = chance

    def ask(self, question: Question) -> Answer:
        """The first answer that comes. Raises LanguageModelUnreachable after `TRIES` tries or where the wait is too long."""
        number, loads, loading = 1, 0, 0.0
        while True:
            try:
                return self._inner.ask(question)
            except NoAnswer as error:
                if error.kind == "loading" and loading < LOADING_S:
                    number, loads = number - 1, loads + 1
                    wait = min(EACH_LOADING_S, self._wait(loads, error.retry_after))
                    loading += wait
                else:
                    wait = self._wait(number, error.retry_after)
                if number >= TRIES or wait > LONGEST_ASKED_S:
                    raise LanguageModelUnreachable(
                        f"The language model gave no answer in {number} {'try' if number == 1 else 'tries'}: {error}"
                    ) from error
            number += 1
            self._sleep(wait)

    def _wait(self, number: int, asked: float | None) -> float:
        growing: float = min(LONGEST_S, FIRST_S * 2.0 ** (number - 1))
        spread = 0.5 + self._chance() / 2
        return growing * spread if asked is None else asked + growing * self._chance() / 4
