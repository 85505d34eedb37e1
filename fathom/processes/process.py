"""Manages a detached process: started once, identified by pid and start time, stopped with all its descendants."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from fathom.errors import PartUnreachable, StoreFailed, StoreFull
from fathom.home import UMASK
from fathom.processes.ports import raise_if_taken

# Environment variable inherited by all processes of `fathom up`, by which `fathom down` finds all of them.
OWNER_ENV_VAR = "_FATHOM_PART_OF"
# A start time is relative to the system's clock, which may be set while the process lives.
BIRTH_TOLERANCE_S = 2.0
DESCENDANTS_GRACE_S = 1.5
MAX_LOG_BYTES = 10 * 1024**2

# Kept so that ended children are reaped and cause no ResourceWarning.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class ProcessSpec:
    """The process to start: `command` in `cwd`, its output in `log`; `fingerprint` identifies settings and program."""

    name: str
    command: tuple[str, ...]
    cwd: Path
    log: Path
    fingerprint: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    port: int | None = None
    port_setting: str = ""


@dataclass(frozen=True)
class ProcessIdentity:
    """Identifies a process by pid and start time in seconds since 1970, since pids are reused."""

    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """Returns the live process, or None if it is gone, a zombie, or its pid was reused."""
        if (child := _children.get(self.pid)) is not None and child.poll() is not None:
            del _children[self.pid]
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < BIRTH_TOLERANCE_S
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


@dataclass(frozen=True)
class RunningProcess:
    """A process that was started: its identity and what it was started for."""

    identity: ProcessIdentity
    fingerprint: str
    port: int | None

    @property
    def uptime_s(self) -> float:
        """Seconds since it was started."""
        return max(0.0, time.time() - self.identity.created)


class DetachedProcess:
    """A process that outlives its starter and is found through its record in `folder`."""

    def __init__(self, folder: Path, spec: ProcessSpec) -> None:
        self.spec = spec
        self._record = folder / f"{spec.name}.json"
        self._lock = folder / f".{spec.name}.lock"

    def running(self) -> RunningProcess | None:
        """Returns the process if it is alive; ignores the record of a process that is gone."""
        try:
            record = json.loads(self._record.read_text())
            running = RunningProcess(
                ProcessIdentity(int(record["pid"]), float(record["created"])), record["fingerprint"], record["port"]
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return running if running.identity.process() is not None else None

    def is_for_another(self) -> bool:
        """Returns whether it runs for another fingerprint."""
        running = self.running()
        return running is not None and running.fingerprint != self.spec.fingerprint

    def ensure(self, *, ready: Callable[[], bool], within_s: float) -> str:
        """Ensures that the process runs for this fingerprint and is ready; returns "running", "started" or "restarted".

        A lock lets a single caller start it. Raises PortTaken, StoreFull, StoreFailed, and PartUnreachable, with the last
        line of its log, if it ends or is not ready in time.
        """
        try:
            self._record.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock, timeout=within_s):
                return self._ensure(ready, within_s)
        except Timeout as error:
            raise PartUnreachable(f"Another process has been starting the {self.spec.name} for too long.") from error
        except OSError as error:
            raise disk_error(error, self._record.parent) from error

    def stop(self, grace_s: float = 10.0) -> bool:
        """Ends the process and its descendants; returns whether it was running."""
        running = self.running()
        process = running.identity.process() if running else None
        if process is not None:
            end([process], grace_s)
        self._record.unlink(missing_ok=True)
        return process is not None

    def _ensure(self, ready: Callable[[], bool], within_s: float) -> str:
        running = self.running()
        if running and (running.fingerprint, running.port) == (self.spec.fingerprint, self.spec.port):
            patience = within_s if running.uptime_s < within_s else 5.0
            if self._becomes_ready(running.identity, ready, patience):
                return "running"
        verb = "restarted" if running else "started"
        if running:
            self.stop()
        if self.spec.port is not None:
            raise_if_taken(self.spec.port, part=self.spec.name, setting=self.spec.port_setting)
        identity = self._spawn()
        if not self._becomes_ready(identity, ready, within_s):
            gone = identity.process() is None
            self.stop()
            how = "ended as it started" if gone else f"was not ready after {within_s:.0f} s"
            raise PartUnreachable(f"The {self.spec.name} {how}: {log_tail(self.spec.log)}", hint=f"Read {self.spec.log}.")
        return verb

    def _becomes_ready(self, identity: ProcessIdentity, ready: Callable[[], bool], within_s: float) -> bool:
        deadline, pause = time.monotonic() + within_s, 0.02
        while identity.process() is not None:
            if ready():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(0.25, pause * 1.3)  # frequent probes would slow its start down
        return False

    def _spawn(self) -> ProcessIdentity:
        self.spec.log.parent.mkdir(parents=True, exist_ok=True)
        rotate(self.spec.log)
        with self.spec.log.open("ab") as output:
            child = subprocess.Popen(
                self.spec.command,
                cwd=self.spec.cwd,
                env={**os.environ, **self.spec.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=UMASK,
            )
        _children[child.pid] = child
        identity = ProcessIdentity(child.pid, _created(child.pid))
        record = {
            "pid": identity.pid,
            "created": identity.created,
            "fingerprint": self.spec.fingerprint,
            "port": self.spec.port,
        }
        whole = self._record.with_suffix(".tmp")
        whole.write_text(json.dumps(record))
        whole.replace(self._record)
        return identity


def processes_of_home(home: Path) -> list[psutil.Process]:
    """Returns the live processes that were started for this home, whatever their parents, without the current process."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(OWNER_ENV_VAR) == str(home):
                found.append(process)
    return [process for process in found if _lives(process)]


def suspended(home: Path) -> list[psutil.Process]:
    """Returns the processes of this home that are stopped by a signal (SIGSTOP)."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_STOPPED and process.environ().get(OWNER_ENV_VAR) == str(home):
                found.append(process)
    return found


def is_alive(pid: int) -> bool:
    """Returns whether a process with this pid runs; False for a zombie."""
    return process_state(pid) not in (None, psutil.STATUS_ZOMBIE)


def process_state(pid: int) -> str | None:
    """Returns the state of the process as psutil names it, such as "sleeping"; None if it is gone."""
    try:
        return str(psutil.Process(pid).status())
    except psutil.Error:
        return None


def family_of(pid: int) -> list[psutil.Process]:
    """Returns the process and its descendants, the process first; empty if it is gone. Reads all processes of the host."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def suspended_of(family: Iterable[psutil.Process]) -> list[int]:
    """Returns the pids of those that are stopped by a signal (SIGSTOP)."""
    found: list[int] = []
    for member in family:
        with contextlib.suppress(psutil.Error):
            if member.status() == psutil.STATUS_STOPPED:
                found.append(member.pid)
    return found


def end(processes: Iterable[psutil.Process], grace_s: float) -> None:
    """Terminates the processes, and kills those of them and their descendants that are still alive after `grace_s`.

    Descendants get no SIGTERM: a Dagster run among them would be recorded as cancelled, while a killed run is retried.
    """
    first = list(processes)
    family: dict[int, psutil.Process] = {process.pid: process for process in first}
    for process in first:
        with contextlib.suppress(psutil.Error):
            family |= {child.pid: child for child in process.children(recursive=True)}
            process.terminate()
    _wait(first, grace_s)
    kill(_wait(family.values(), DESCENDANTS_GRACE_S))


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kills the processes and waits for their end."""
    left = list(processes)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _wait(left, 5.0)


def rotate(log: Path, *, largest: int = MAX_LOG_BYTES, keep: int = 3) -> bool:
    """Rotates a large log by copying and truncating it, so that its writer can go on; keeps at most `keep` copies."""
    try:
        if log.stat().st_size < largest:
            return False
        for number in range(keep, 1, -1):
            newer = log.with_name(f"{log.name}.{number - 1}")
            if newer.exists():
                newer.replace(log.with_name(f"{log.name}.{number}"))
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
    except OSError:  # a log that cannot be rotated stops nothing
        return False
    return True


def log_tail(log: Path) -> str:
    """Returns the last non-empty line of the log, shortened."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return f"{lines[-1][:300].rstrip('.')}." if lines else "it said nothing."


def disk_error(error: OSError, folder: Path) -> StoreFailed:
    """Returns the FathomError for a folder that cannot be written."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"There is no room left in {folder}.")
    return StoreFailed(
        f"{folder} cannot be written: {error.strerror or type(error).__name__}.",
        hint="Make it writable, or set FATHOM_HOME to a folder that is.",
    )


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _wait(processes: Iterable[Any], within_s: float) -> list[psutil.Process]:
    """Waits for the end of the processes; returns those still alive after `within_s`."""
    deadline = time.monotonic() + within_s
    left = list(processes)
    while left and time.monotonic() < deadline:
        for child in list(_children.values()):
            child.poll()
        left = [process for process in left if _lives(process)]
        if left:
            time.sleep(0.05)
    return left


def _created(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:  # it ended at once
        return time.time()
