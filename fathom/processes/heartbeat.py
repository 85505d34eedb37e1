"""Heartbeats: files that a loop touches while it makes progress, so that other processes can measure its silence.

Touching an existing file needs no disk space, so that it also works on a full disk.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

BEAT_EVERY_S = 1.0


class Heartbeat:
    """The heartbeat of a loop."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last = float("-inf")

    def beat(self) -> None:
        """Records progress of the loop; cheap to call often, and never raises."""
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
        """Returns the seconds since the last beat, or since `since` (seconds since 1970) if that is later."""
        try:
            last = self._file.stat().st_mtime
        except OSError:
            last = 0.0
        return max(0.0, time.time() - max(last, since))

    def has_beaten(self, *, since: float) -> bool:
        """Returns whether it beat after `since`, in seconds since 1970."""
        try:
            return self._file.stat().st_mtime >= since
        except OSError:
            return False
