"""Lets loops of Dagster's daemon rest while nothing has happened that they could act on.

Dagster's sensors are evaluated every five seconds and its queue every second, whatever happened: in an idle deployment that was
most of the daemon's CPU. A look at what they read costs some hundred microseconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dagster._daemon.daemon import DagsterDaemon, SpanMarker

from fathom.database import ChangeWatch
from fathom.settings import Settings
from fathom.uploads.inbox.inbox_scan import state_of_inbox

LOOK_EVERY_S = 1.0
BEAT_EVERY_S = 5.0  # of a loop that rests for a fixed time
SENSORS_REST_S = 60.0  # at most; a sensor that is switched on in Dagster's pages waits so long for its next tick
QUEUE_RESTS_S = 10.0  # Dagster retries a failed launch after so long
# A look at a large inbox is repeated after this multiple of its duration, but not later than a tick of the sensor would be.
CALM, TICK_S = 1000.0, 5.0

_settled: dict[Path, int] = {}


def begin_tick(settings: Settings) -> int:
    """Marks the inbox as unsettled; returns its state now."""
    _settled.pop(settings.home, None)
    return state_of_inbox(settings.inbox_path)


def end_quiet_tick(settings: Settings, state: int) -> None:
    """Marks the inbox as settled in this state: nothing in it or in the table of uploads waits for the sensor."""
    _settled[settings.home] = state


class UploadNews:
    """Tells whether the sensor of uploads has something to do, where it is evaluated in this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changes = ChangeWatch(settings.operational_url)
        self._look_at = 0.0

    def any(self) -> bool:
        """Returns whether the last tick left work, or the inbox or the operational database has changed since."""
        settled = _settled.get(self._settings.home)
        if self._changes.changed() or settled is None:
            return True
        if (began := time.monotonic()) < self._look_at:
            return False
        state = state_of_inbox(self._settings.inbox_path)
        now = time.monotonic()
        self._look_at = now + min(TICK_S, CALM * (now - began))
        return state != settled


def nothing() -> bool:
    """Returns False: there is never news for a loop that only repeats."""
    return False


def add_rest(
    daemon: DagsterDaemon[Any], news: Callable[[], bool], at_most_s: float, *, look_every_s: float = LOOK_EVERY_S
) -> None:
    """Adds a rest to the end of each iteration of the daemon's loop, until there is news or `at_most_s` have passed."""
    loop = daemon.core_loop

    def core_loop(context: Any, shutdown: threading.Event) -> Iterator[Any]:
        for step in loop(context, shutdown):
            yield step
            if step is SpanMarker.END_SPAN:
                until = time.monotonic() + at_most_s
                while not (shutdown.is_set() or time.monotonic() > until or news()):
                    shutdown.wait(look_every_s)
                    yield None

    daemon.core_loop = core_loop  # type: ignore[method-assign,assignment]  # Dagster looks up each daemon's type by its class
