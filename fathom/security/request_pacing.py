"""How often a key may ask, and how often an address may guess at one: who asks more is told when to ask again."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

REMEMBERED = 10_000
GUESSES_A_MINUTE = 60  # wrong keys from one address; each costs the slow hash


class RateLimit:
    """So many times a minute for each name, up to `at_once` of them at one moment; kept in this process alone."""

    def __init__(self, a_minute: int, at_once: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = a_minute / 60.0
        self._most = float(at_once)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name: how many are left, and when that was

    def wait(self, name: str) -> int:
        """Whole seconds until the name may ask again; 0: now."""
        left = self._now(name)
        return 0 if left >= 1.0 else max(1, math.ceil((1.0 - left) / self._rate))

    def take(self, name: str) -> int:
        """As `wait`, and where the name may ask now it did."""
        left = self._now(name)
        if left < 1.0:
            return self.wait(name)
        self._left[name] = (left - 1.0, self._clock())
        self._left.move_to_end(name)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return 0

    def _now(self, name: str) -> float:
        left, at = self._left.get(name, (self._most, 0.0))
        return min(self._most, left + (self._clock() - at) * self._rate)


class GuessLimit:
    """How many wrong keys an address has sent; a key that was right before in this process is never kept waiting by others'."""

    def __init__(self, a_minute: int = GUESSES_A_MINUTE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = RateLimit(a_minute, a_minute, clock=clock)
        self._right: set[str] = set()

    def wait(self, address: str, key: str) -> int:
        """Whole seconds until the address may try this key; 0: now."""
        return 0 if key.removeprefix("fathom_").partition("_")[0] in self._right else self._pace.wait(address)

    def seen(self, address: str, key_id: str | None) -> None:
        """A key from the address was of that id, or wrong (None)."""
        if key_id is None:
            self._pace.take(address)
        else:
            self._right.add(key_id)
