"""Checks the components periodically: starts those that ended, replaces those that hang or are stopped by a signal.

A hanging component gets some time first, since it may only be stopped for a moment or slow on a busy machine. While the disk
is full no component is replaced: it could not start again.
"""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from fathom.deployment.components import SUPERVISOR, component_named, components_of, wanted
from fathom.observability.structured_logging import get_logger
from fathom.processes.component import Component, ComponentStatus
from fathom.processes.probes import disk_full_message
from fathom.processes.process import OWNER_ENV_VAR, end, is_alive, kill, suspended
from fathom.settings import PROJECT_ROOT, Settings

LOOK_EVERY_S = 2.0
# A healthy component whose process lives is probed less often: probes are most of the CPU of an idle deployment.
PROBE_EVERY_S = 6.0
# A component that was healthy and does not respond for so long hangs.
HANGS_AFTER_S = 20.0
# Longer limits: the run server reloads changed sources, the graph writes to its disk, the converter replaces workers.
PATIENCE_S: Mapping[str, float] = {"runs": 120.0, "graph": 60.0, "converter": 60.0}
# A component that was never healthy since its start may still be starting.
STARTS_WITHIN_S = 180.0
# The limit for components that hung while the disk was full, once it has free space again.
HANGS_AFTER_ROOM_S = 12.0
# A process that is stopped (SIGSTOP) for longer does not go on by itself.
SUSPENDED_FOR_S = 15.0
# Maximum backoff between two tries to start a component.
MAX_PAUSE_S = 15.0
PAUSE_S = 1.0

log = get_logger(__name__)

Start = Callable[[str, int | None], "subprocess.Popen[bytes]"]


@dataclass
class ComponentWatch:
    """The state of a watched component: its last healthy pid, the start of its failure, and the process that starts it."""

    well_pid: int | None = None
    unwell_since: float | None = None
    starting: subprocess.Popen[bytes] | None = None
    failed: int = 0
    again_at: float = 0.0


@dataclass
class Supervisor:
    """Keeps the given components running."""

    settings: Settings
    parts: Sequence[Component]
    start: Start
    now: Callable[[], float] = time.monotonic
    stopped: Callable[[Path], list[psutil.Process]] = suspended
    _watched: dict[str, ComponentWatch] = field(default_factory=dict)
    _suspended: dict[int, float] = field(default_factory=dict)
    _full: bool = False
    _room_since: float | None = None
    _probed_at: float = -math.inf

    def wanted(self) -> bool:
        """Returns whether the components are wanted: from `fathom up` to `fathom down`."""
        return wanted(self.settings)

    def look(self) -> None:
        """Checks the components that ended, are not well or were not probed lately; starts or replaces those that need it."""
        self._check_disk()
        due = self.now() - self._probed_at >= PROBE_EVERY_S
        if due or self._suspended:
            self._end_suspended()
        if due:
            self._probed_at = self.now()
        parts = [part for part in self.parts if due or not self._was_well(part.name)]
        if not parts:
            return
        with ThreadPoolExecutor(len(parts), thread_name_prefix="look") as pool:
            statuses = list(pool.map(lambda part: part.probe(), parts))
        for status in statuses:
            self._recover(status)

    def _was_well(self, name: str) -> bool:
        """Returns whether the component was healthy at its last probe and its process lives."""
        watched = self._watched.get(name, ComponentWatch())
        return watched.unwell_since is None and watched.well_pid is not None and is_alive(watched.well_pid)

    def _check_disk(self) -> None:
        full = disk_full_message(self.settings.home) is not None
        if full and not self._full:
            log.warning("The disk is full: hanging components are not replaced", sub_stage="room")
        if self._full and not full:
            log.info("The disk has free space again", sub_stage="room")
            self._room_since = self.now()
            self._probed_at = -math.inf
            for watched in self._watched.values():
                watched.unwell_since, watched.again_at, watched.failed = None, 0.0, 0
        self._full = full

    def _end_suspended(self) -> None:
        """Kills processes of the home that are stopped by a signal for too long; their owners replace them."""
        now = self.now()
        found = {process.pid: process for process in self.stopped(self.settings.home)}
        self._suspended = {pid: self._suspended.get(pid, now) for pid in found}
        for pid, since in self._suspended.items():
            if now - since > SUSPENDED_FOR_S:
                log.warning("A process is stopped by a signal for too long and is killed", sub_stage="suspended", worker=pid)
                kill([found[pid]])

    def _recover(self, status: ComponentStatus) -> None:
        watched, now = self._watched.setdefault(status.name, ComponentWatch()), self.now()
        if self._is_starting(watched, status.name):
            return
        if status.healthy:
            self._watched[status.name] = ComponentWatch(well_pid=status.pid)
            return
        watched.unwell_since = now if watched.unwell_since is None else watched.unwell_since
        if now < watched.again_at:
            return
        if status.state == "stopped":
            log.warning("A component ended and is restarted", sub_stage="restart", part=status.name)
            watched.starting = self.start(status.name, None)
        elif not self._full and now - watched.unwell_since > self._patience(status, watched):
            log.warning("A component hangs and is replaced", sub_stage="restart", part=status.name, worker=status.pid)
            watched.starting = self.start(status.name, status.pid)

    def _patience(self, status: ComponentStatus, watched: ComponentWatch) -> float:
        if status.pid is not None and status.pid != watched.well_pid:
            return STARTS_WITHIN_S
        if self._room_since is not None and self.now() - self._room_since < HANGS_AFTER_S:
            return HANGS_AFTER_ROOM_S
        return PATIENCE_S.get(status.name, HANGS_AFTER_S)

    def _is_starting(self, watched: ComponentWatch, name: str) -> bool:
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
            log.error("A component could not be started", sub_stage="restart", part=name, metrics={"again_in_s": pause})
        return False


def supervisor_of_others(settings: Settings) -> Supervisor:
    """Returns the supervisor of all components except itself and an external graph."""
    others = {SUPERVISOR, "graph"} if settings.graph_uri else {SUPERVISOR}
    return Supervisor(
        settings, [part for part in components_of(settings) if part.name not in others], component_starter(settings)
    )


def supervisor_of_supervisor(settings: Settings) -> Supervisor:
    """Returns a supervisor of the supervisor, to run in another process."""
    part = component_named(settings, SUPERVISOR)

    def stopped(_home: Path) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            if (pid := part.probe().pid) is not None and (process := psutil.Process(pid)).status() == psutil.STATUS_STOPPED:
                return [process]
        return []

    return Supervisor(settings, [part], component_starter(settings), stopped=stopped)


def component_starter(settings: Settings) -> Start:
    """Returns a function that starts a component by a new process, which runs the current program, without waiting for it."""

    def start(name: str, hung: int | None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "fathom.deployment.supervision", "--start", name]
        command += ["--instead-of", str(hung)] if hung is not None else []
        environment = {**os.environ, OWNER_ENV_VAR: str(settings.home)}
        return subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdin=subprocess.DEVNULL)

    return start


def end_hung(pid: int, grace_s: float) -> None:
    """Ends the process with this pid and its descendants."""
    with contextlib.suppress(psutil.Error):
        end([psutil.Process(pid)], grace_s)
