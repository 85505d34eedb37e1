"""Logs a heartbeat for work that was silent for some seconds, by a thread that all work of the process shares.

The line proves that the process is alive, not that the work progresses: progress is derived from the other lines alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from fathom.observability.structured_logging import get_logger, on_log_line

SILENT_S = 3.0
LOOK_EVERY_S = 0.5

log = get_logger(__name__)


@dataclass(eq=False)
class _ActiveWork:
    """Work in progress: its logging context, its start, and the time of its last log line."""

    context: Context
    began: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    def touch(self) -> None:
        self.last = time.monotonic()

    def log_heartbeat(self) -> None:
        """Logs the heartbeat, which counts as the last line."""
        seconds = round(time.monotonic() - self.began, 1)
        self.context.run(log.info, f"Still working after {seconds:.0f} s", sub_stage="working", metrics={"seconds": seconds})
        self.touch()


class _ActivityMonitor:
    """Holds the work in progress of this process, and the thread that watches it."""

    def __init__(self) -> None:
        self._at_work: set[_ActiveWork] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, work: _ActiveWork) -> None:
        """Starts to watch the work; a forked process starts a thread of its own."""
        with self._lock:
            self._at_work.add(work)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="silence", daemon=True)
                self._thread.start()

    def end(self, work: _ActiveWork) -> None:
        """Stops watching the work."""
        with self._lock:
            self._at_work.discard(work)

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            with self._lock:
                if not self._at_work:
                    self._thread = None
                    return
                silent = [work for work in self._at_work if time.monotonic() - work.last >= SILENT_S]
            for work in silent:
                work.log_heartbeat()


_watch = _ActivityMonitor()


@contextmanager
def log_heartbeat() -> Iterator[None]:
    """Within the context, logs a heartbeat of the bound stage and document whenever SILENT_S pass without a line."""
    work = _ActiveWork(copy_context())
    token = on_log_line.set(work.touch)
    _watch.begin(work)
    try:
        yield
    finally:
        on_log_line.reset(token)
        _watch.end(work)
