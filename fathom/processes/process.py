"""One detached process of Fathom: started once, known again by pid and birth, stopped with everything it started."""

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

# Carried by everything that `fathom up` starts and by what that starts in turn, so that `fathom down` leaves none of it.
OWNER_ENV_VAR = "_FATHOM_PART_OF"
# A process's birth is read from the system's clock, which may be set while it lives.
BIRTH_TOLERANCE_S = 2.0
DESCENDANTS_GRACE_S = 1.5
MAX_LOG_BYTES = 10 * 1024**2

# Kept, so that children which end while this process lives are taken leave of, and none is warned about.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class ProcessSpec:
    """What to start: `command` in `cwd`, its output in `log`; `fingerprint` says what it was started for."""

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
    """Which process it is: its pid, and when it was born in seconds since 1970, since pids are used again."""

    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """The living process, or None when it is gone, a zombie, or another one with its pid."""
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
    """A process that was started: who it is and what for."""

    birth: ProcessIdentity
    fingerprint: str
    port: int | None

    @property
    def uptime_s(self) -> float:
        """Seconds since it was born."""
        return max(0.0, time.time() - self.birth.created)


class DetachedProcess:
    """A process that outlives its starter and is found again through its record in `folder`."""

    def __init__(self, folder: Path, spec: ProcessSpec) -> None:
        self.spec = spec
        self._record = folder / f"{spec.name}.json"
        self._lock = folder / f".{spec.name}.lock"

    def running(self) -> RunningProcess | None:
        """The process, if it lives; a record of one that is gone counts for nothing."""
        try:
            record = json.loads(self._record.read_text())
            running = RunningProcess(
                ProcessIdentity(int(record["pid"]), float(record["created"])), record["fingerprint"], record["port"]
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return running if running.birth.process() is not None else None

    def is_for_another(self) -> bool:
        """Whether it runs, and for another fingerprint."""
        running = self.running()
        return running is not None and running.fingerprint != self.spec.fingerprint

    def ensure(self, *, ready: Callable[[], bool], within_s: float) -> str:
        """The process runs for this fingerprint and is ready; answers "running", "started" or "restarted".

        Of several callers at once, one starts it. Raises PortTaken, StoreFull, StoreFailed, and PartUnreachable when it
        ends or is not ready in time, with the last line it said.
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
        """The process and all that it started are gone; answers whether it was there."""
        running = self.running()
        process = running.birth.process() if running else None
        if process is not None:
            end([process], grace_s)
        self._record.unlink(missing_ok=True)
        return process is not None

    def _ensure(self, ready: Callable[[], bool], within_s: float) -> str:
        running = self.running()
        if running and (running.fingerprint, running.port) == (self.spec.fingerprint, self.spec.port):
            patience = within_s if running.uptime_s < within_s else 5.0
            if self._becomes_ready(running.birth, ready, patience):
                return "running"
        verb = "restarted" if running else "started"
        if running:
            self.stop()
        if self.spec.port is not None:
            raise_if_taken(self.spec.port, part=self.spec.name, setting=self.spec.port_setting)
        birth = self._spawn()
        if not self._becomes_ready(birth, ready, within_s):
            gone = birth.process() is None
            self.stop()
            how = "ended as it started" if gone else f"was not ready after {within_s:.0f} s"
            raise PartUnreachable(f"The {self.spec.name} {how}: {log_tail(self.spec.log)}", hint=f"Read {self.spec.log}.")
        return verb

    def _becomes_ready(self, birth: ProcessIdentity, ready: Callable[[], bool], within_s: float) -> bool:
        deadline, pause = time.monotonic() + within_s, 0.02
        while birth.process() is not None:
            if ready():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(0.25, pause * 1.3)  # asking too often would take from it the time it starts in
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
        birth = ProcessIdentity(child.pid, _created(child.pid))
        record = {
            "pid": birth.pid,
            "created": birth.created,
            "fingerprint": self.spec.fingerprint,
            "port": self.spec.port,
        }
        whole = self._record.with_suffix(".tmp")
        whole.write_text(json.dumps(record))
        whole.replace(self._record)
        return birth


def processes_of_home(home: Path) -> list[psutil.Process]:
    """Every living process of this user that was started for this home, whoever its parent is now; not this one."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(OWNER_ENV_VAR) == str(home):
                found.append(process)
    return [process for process in found if _lives(process)]


def suspended(home: Path) -> list[psutil.Process]:
    """Every process started for this home that a signal (SIGSTOP) keeps from going on."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_STOPPED and process.environ().get(OWNER_ENV_VAR) == str(home):
                found.append(process)
    return found


def suspended_of(pid: int) -> list[int]:
    """Which of the process and its descendants a signal (SIGSTOP) keeps from going on, the process itself first."""
    found: list[int] = []
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                if one.status() == psutil.STATUS_STOPPED:
                    found.append(one.pid)
    return found


def end(processes: Iterable[psutil.Process], grace_s: float) -> None:
    """The processes and their descendants are gone: the processes are asked, what is left of the family is killed.

    A run of Dagster's is among the descendants and must not be asked: it would be on record as cancelled, where one that
    was killed is taken up again.
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
    """The processes are gone, at once."""
    left = list(processes)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _wait(left, 5.0)


def rotate(log: Path, *, largest: int = MAX_LOG_BYTES, keep: int = 3) -> bool:
    """A log that grew large is copied aside and emptied, `keep` copies at most; its writer, which appends, goes on in it."""
    try:
        if log.stat().st_size < largest:
            return False
        for number in range(keep, 1, -1):
            newer = log.with_name(f"{log.name}.{number - 1}")
            if newer.exists():
                newer.replace(log.with_name(f"{log.name}.{number}"))
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
    except OSError:  # a log that cannot be put aside stops nothing
        return False
    return True


def log_tail(log: Path) -> str:
    """The last line the process said that tells something, shortened."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return f"{lines[-1][:300].rstrip('.')}." if lines else "it said nothing."


def disk_error(error: OSError, folder: Path) -> StoreFailed:
    """The error of a folder that cannot be written, by its name."""
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
    """Those that still live when the time is over."""
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
