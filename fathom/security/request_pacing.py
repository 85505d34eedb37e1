"""Limits the request rate of keys, and the rate of wrong keys from an address."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_NAMES = 10_000
GUESSES_A_MINUTE = 60  # wrong keys from one address; each costs the slow hash


class RateLimit:
    """A token bucket for each name with `a_minute` tokens a minute and a burst of `at_once`; in this process only."""

    def __init__(self, a_minute: int, at_once: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = a_minute / 60.0
        self._burst = float(at_once)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name: tokens left, and when

    def wait(self, name: str) -> int:
        """Returns the whole seconds until the next request of the name is allowed; 0: now."""
        left = self._tokens(name)
        return 0 if left >= 1.0 else max(1, math.ceil((1.0 - left) / self._rate))

    def take(self, name: str) -> int:
        """Takes a token if available; returns the same as `wait` before."""
        left = self._tokens(name)
        if left < 1.0:
            return self.wait(name)
        self._left[name] = (left - 1.0, self._clock())
        self._left.move_to_end(name)
        if len(self._left) > MAX_NAMES:
            self._left.popitem(last=False)
        return 0

    def _tokens(self, name: str) -> float:
        left, at = self._left.get(name, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - at) * self._rate)


class GuessLimit:
    """Limits wrong keys from an address; a key that was right before in this process never waits for others' guesses."""

    def __init__(self, a_minute: int = GUESSES_A_MINUTE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = RateLimit(a_minute, a_minute, clock=clock)
        self._known_ids: set[str] = set()

    def wait(self, address: str, key: str) -> int:
        """Returns the whole seconds until the address may try this key; 0: now."""
        return 0 if key.removeprefix("fathom_").partition("_")[0] in self._known_ids else self._limit.wait(address)

    def seen(self, address: str, key_id: str | None) -> None:
        """Records that a key from the address had this id, or was wrong (None)."""
        if key_id is None:
            self._limit.take(address)
        else:
            self._known_ids.add(key_id)
