"""Bounds the total time that the current work waits for locks of other processes: requests wait less long than runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Minimum wait for a lock in seconds, also after the bound has passed: others hold locks briefly.
MIN_WAIT_S = 0.25

_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def bounded_waits(seconds: float) -> Iterator[None]:
    """Bounds the waits within the context, also of other threads with this context.

    Overrides the bound of an outer context.
    """
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def wait_left(usual: float) -> float:
    """Returns how long to wait for a lock, in seconds: `usual` without a bound, and at least MIN_WAIT_S."""
    ends = _ends.get()
    return usual if ends is None else min(usual, max(MIN_WAIT_S, ends - time.monotonic()))


def is_bounded() -> bool:
    """Returns whether the waits of the current work are bounded."""
    return _ends.get() is not None
