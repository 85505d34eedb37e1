"""Samples the log lines that are copied to Dagster's event log, so that their cost is bounded.

Dagster writes each line in a transaction of its own, at about a hundred times the cost of the line in its file. So a step
shows its warnings and errors, the result of each stage, and otherwise a line every few seconds, less often the longer it
works, to show progress. Every line is in the log files and the table `events` regardless.
"""

from __future__ import annotations

import logging
import time

LOGGER = "fathom.shown"  # the logger named in dagster.yaml: its lines also go to Dagster
EVERY_S = 5.0  # seconds between lines, or this share of the elapsed time, whichever is more
INTERVAL_SHARE = 0.05
MAX_BURST = 6  # ends of stages in a burst before they are rate-limited too: a backlog has many per second


class DagsterLogSampler:
    """A token bucket that decides for each line; it is reset with each step that listens."""

    def __init__(self) -> None:
        self._logger = logging.getLogger(LOGGER)
        self._listener: logging.Handler | None = None
        self._left = self._counted = self._last = self._began = 0.0

    def takes(self, level: int, event: str | None) -> bool:
        """Returns whether the line goes to Dagster; never without a listener."""
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
        """Passes the line to the listeners, including Dagster."""
        self._logger.handle(record)
