"""Bounds how long what is done now waits for locks that other processes hold, in all: requests wait for less than runs do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Shortest wait for a lock, in seconds, also of a long request whose bound has passed: others hold locks for moments.
MIN_WAIT_S = 0.25

_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Bounds the waits of everything inside, in other threads as well where they have its context.

    The bound of a block around this one does not count.
    """
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def wait_left(usual: float) -> float:
    """Returns how long to wait for a lock now, in seconds: `usual` where nothing bounds it, and at least MIN_WAIT_S."""
    ends = _ends.get()
    return usual if ends is None else min(usual, max(MIN_WAIT_S, ends - time.monotonic()))


def is_bounded() -> bool:
    """Tells whether something bounds the waits of what is done now."""
    return _ends.get() is not None
