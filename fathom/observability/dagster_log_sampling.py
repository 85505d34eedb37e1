"""Which lines Dagster's event log takes as well: what somebody who opens the run wants to read, at a cost that has a bound.

Dagster writes each line in a transaction of its own, about a hundred times what the line costs in its file. So a step
shows its warnings and errors, what each stage came to, and of all else a line every few seconds, fewer the longer it
works, for it to be seen moving. Every line is in the log files and the table `events`, whatever is shown of it.
"""

from __future__ import annotations

import logging
import time

LOGGER = "fathom.shown"  # the logger that dagster.yaml names: lines that go through it are Dagster's too
EVERY_S = 5.0  # seconds from line to line, or this share of the time it works already, whichever is more
INTERVAL_SHARE = 0.05
MAX_BURST = 6  # ends of stages one after another before they too wait for their turn: a backlog has many a second


class DagsterLogSampler:
    """Chooses, line by line; it begins anew with each step that listens."""

    def __init__(self) -> None:
        self._logger = logging.getLogger(LOGGER)
        self._listener: logging.Handler | None = None
        self._left = self._counted = self._last = self._began = 0.0

    def takes(self, level: int, event: str | None) -> bool:
        """Whether the line is to be shown; never where nobody listens."""
        listeners = self._logger.handlers
        if not listeners:
            return False
        if level >= logging.WARNING:
            return True
        now = time.monotonic()
        if listeners[0] is not self._listener:
            self._listener, self._left = listeners[0], float(MAX_BURST)
            self._counted = self._last = self._began = now
        every = max(EVERY_S, INTERVAL_SHARE * (now - self._began))
        self._left = min(float(MAX_BURST), self._left + (now - self._counted) / every)
        self._counted = now
        if self._left < 1.0 or not (now - self._last >= every or (event or "").endswith(".complete")):
            return False
        self._left -= 1.0
        self._last = now
        return True

    def handle(self, record: logging.LogRecord) -> None:
        """The line goes to whom it may concern, Dagster among them."""
        self._logger.handle(record)
