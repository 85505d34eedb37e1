"""Looks at the parts again and again: starts those that ended, replaces those that do not answer or were stopped for long.

What hangs is left some time, since a part that is stopped for a moment, or is slow on a busy machine, goes on by itself. While
the disk is full nothing is replaced: it would hang again, and could not be started.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil

from fathom.deployment.components import SUPERVISOR, components_of, wanted
from fathom.observability.structured_logging import get_logger
from fathom.processes.component import Component, ComponentStatus
from fathom.processes.probes import disk_full_message
from fathom.processes.process import OWNER_ENV_VAR, end, kill, suspended
from fathom.settings import PROJECT_ROOT, Settings

LOOK_EVERY_S = 2.0
# A part that was well and does not answer for so long hangs.
HANGS_AFTER_S = 20.0
# The run server loads changed sources anew, the graph writes to its disk, the converter replaces workers before they answer.
PATIENCE_S: Mapping[str, float] = {"runs": 120.0, "graph": 60.0, "converter": 60.0}
# A part that was never healthy since its start may still be starting.
STARTS_WITHIN_S = 180.0
# A part that still does not answer so long after the full disk has room again is not waited for any longer.
HANGS_AFTER_ROOM_S = 12.0
# A process that is stopped (SIGSTOP) for longer does not go on by itself.
SUSPENDED_FOR_S = 15.0
# Longest backoff between two tries to start a part.
MAX_PAUSE_S = 15.0
PAUSE_S = 1.0

log = get_logger(__name__)

Start = Callable[[str, int | None], "subprocess.Popen[bytes]"]


@dataclass
class ComponentWatch:
    """Holds the state of one watched part: its last healthy pid, since when it is unhealthy, and the process that starts it."""

    well_pid: int | None = None
    unwell_since: float | None = None
    starting: subprocess.Popen[bytes] | None = None
    failed: int = 0
    again_at: float = 0.0


@dataclass
class Supervisor:
    """Keeps the parts of these names running, every one but itself by default."""

    settings: Settings
    parts: Sequence[Component]
    start: Start
    now: Callable[[], float] = time.monotonic
    _watched: dict[str, ComponentWatch] = field(default_factory=dict)
    _suspended: dict[int, float] = field(default_factory=dict)
    _full: bool = False
    _room_since: float | None = None

    def wanted(self) -> bool:
        """Whether the parts are to run: from `fathom up` to `fathom down`."""
        return wanted(self.settings)

    def look(self) -> None:
        """Looks once at every part, and starts what must be."""
        self._look_at_disk()
        self._end_suspended()
        with ThreadPoolExecutor(len(self.parts), thread_name_prefix="look") as pool:
            statuses = list(pool.map(lambda part: part.status(), self.parts))
        for status in statuses:
            self._mend(status)

    def _look_at_disk(self) -> None:
        full = disk_full_message(self.settings.home) is not None
        if full and not self._full:
            log.warning("The disk is full: hanging parts are not replaced before there is room", sub_stage="room")
        if self._full and not full:
            log.info("There is room again", sub_stage="room")
            self._room_since = self.now()
            for watched in self._watched.values():
                watched.unwell_since, watched.again_at, watched.failed = None, 0.0, 0
        self._full = full

    def _end_suspended(self) -> None:
        """Processes of the home that are stopped for long are ended; whoever has them in hand replaces them."""
        now = self.now()
        found = {process.pid: process for process in suspended(self.settings.home)}
        self._suspended = {pid: self._suspended.get(pid, now) for pid in found}
        for pid, since in self._suspended.items():
            if now - since > SUSPENDED_FOR_S:
                log.warning("A process is stopped for long and is ended", sub_stage="suspended", worker=pid)
                kill([found[pid]])

    def _mend(self, status: ComponentStatus) -> None:
        watched, now = self._watched.setdefault(status.name, ComponentWatch()), self.now()
        if self._being_started(watched, status.name):
            return
        if status.healthy:
            self._watched[status.name] = ComponentWatch(well_pid=status.pid)
            return
        watched.unwell_since = now if watched.unwell_since is None else watched.unwell_since
        if now < watched.again_at:
            return
        if status.state == "stopped":
            log.warning("A part ended and is started again", sub_stage="restart", part=status.name)
            watched.starting = self.start(status.name, None)
        elif not self._full and now - watched.unwell_since > self._patience(status, watched):
            log.warning("A part hangs and is replaced", sub_stage="restart", part=status.name, worker=status.pid)
            watched.starting = self.start(status.name, status.pid)

    def _patience(self, status: ComponentStatus, watched: ComponentWatch) -> float:
        if status.pid is not None and status.pid != watched.well_pid:
            return STARTS_WITHIN_S
        if self._room_since is not None and self.now() - self._room_since < HANGS_AFTER_S:
            return HANGS_AFTER_ROOM_S
        return PATIENCE_S.get(status.name, HANGS_AFTER_S)

    def _being_started(self, watched: ComponentWatch, name: str) -> bool:
        if watched.starting is None:
            return False
        if (code := watched.starting.poll()) is None:
            return True
        watched.starting = None
        watched.unwell_since = None
        if code:
            watched.failed += 1
            pause = min(MAX_PAUSE_S, PAUSE_S * 2**watched.failed)
            watched.again_at = self.now() + pause
            log.error("A part could not be started", sub_stage="restart", part=name, metrics={"again_in_s": pause})
        return False


def supervisor_of_others(settings: Settings) -> Supervisor:
    """Returns what keeps every part but the supervisor itself, and a graph that runs elsewhere."""
    others = {SUPERVISOR, "graph"} if settings.graph_uri else {SUPERVISOR}
    return Supervisor(settings, [part for part in components_of(settings) if part.name not in others], starting(settings))


def supervisor_of_supervisor(settings: Settings) -> Supervisor:
    """Returns what keeps the supervisor."""
    return Supervisor(settings, [part for part in components_of(settings) if part.name == SUPERVISOR], starting(settings))


def starting(settings: Settings) -> Start:
    """Returns what starts a part by a process of its own, of the program as it is by now; nobody waits for it meanwhile."""

    def start(name: str, hung: int | None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "fathom.deployment.supervision", "--start", name]
        command += ["--instead-of", str(hung)] if hung is not None else []
        environment = {**os.environ, OWNER_ENV_VAR: str(settings.home)}
        return subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdin=subprocess.DEVNULL)

    return start


def end_hung(pid: int, grace_s: float) -> None:
    """The process with this pid and its descendants are gone."""
    with contextlib.suppress(psutil.Error):
        end([psutil.Process(pid)], grace_s)
