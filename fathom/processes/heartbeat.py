"""A heartbeat: a file that a part touches as long as it gets on, so that anybody can tell how long it has not.

Touching a file that is there needs no room, so that a heart beats on a full disk too.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

BEAT_EVERY_S = 1.0


class Heartbeat:
    """The heartbeat of one loop."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last = float("-inf")

    def beat(self) -> None:
        """The loop gets on; called as often as one likes, and never raises."""
        if (now := time.monotonic()) - self._last < BEAT_EVERY_S:
            return
        self._last = now
        with contextlib.suppress(OSError):
            try:
                os.utime(self._file)
            except FileNotFoundError:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.touch()

    def silent_s(self, *, since: float) -> float:
        """Seconds since it beat last; those since `since` (seconds since 1970) where it did not beat after that."""
        try:
            last = self._file.stat().st_mtime
        except OSError:
            last = 0.0
        return max(0.0, time.time() - max(last, since))

    def has_beaten(self, *, since: float) -> bool:
        """Whether it beat after `since`, in seconds since 1970."""
        try:
            return self._file.stat().st_mtime >= since
        except OSError:
            return False
