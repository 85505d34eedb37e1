"""Work that says nothing for some seconds is said to go on, by a thread that all work of the process shares.

The line proves that the process is there, not that the work gets on: what became of it is told from its other lines alone.
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
    """Something being worked on: the context of its lines, when it began, and when something was last said of it."""

    context: Context
    began: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    def heard(self) -> None:
        self.last = time.monotonic()

    def goes_on(self) -> None:
        """A line says so; it is the last that was said."""
        seconds = round(time.monotonic() - self.began, 1)
        self.context.run(log.info, f"Still at it, for {seconds:.0f} s", sub_stage="working", metrics={"seconds": seconds})
        self.heard()


class _ActivityMonitor:
    """The work of this process, and the thread that looks at it as long as there is any."""

    def __init__(self) -> None:
        self._at_work: set[_ActiveWork] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, work: _ActiveWork) -> None:
        """The work is looked at from now on; a process that was forked makes a thread of its own."""
        with self._lock:
            self._at_work.add(work)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="silence", daemon=True)
                self._thread.start()

    def end(self, work: _ActiveWork) -> None:
        """The work is over."""
        with self._lock:
            self._at_work.discard(work)

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            with self._lock:
                if not self._at_work:
                    self._thread = None
                    return
                silent = [one for one in self._at_work if time.monotonic() - one.last >= SILENT_S]
            for one in silent:
                one.goes_on()


_watch = _ActivityMonitor()


@contextmanager
def log_heartbeat() -> Iterator[None]:
    """While inside, no SILENT_S pass without a line of the stage and document that `stage` bound."""
    work = _ActiveWork(copy_context())
    token = on_log_line.set(work.heard)
    _watch.begin(work)
    try:
        yield
    finally:
        on_log_line.reset(token)
        _watch.end(work)
