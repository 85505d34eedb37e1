"""Components of a deployment: the interface to start, stop and check them, and components that are a single process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import psutil
from pydantic import BaseModel, ConfigDict, Field, computed_field

from fathom.errors import PartUnreachable
from fathom.processes.process import DetachedProcess, RunningProcess, family_of, process_state, suspended_of

ComponentState = Literal["healthy", "unhealthy", "stopped", "external"]


class ComponentStatus(BaseModel):
    """The status of a component."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: ComponentState = Field(description="external: it runs elsewhere and responds")
    pid: int | None = None
    port: int | None = None
    address: str | None = Field(None, description="its address")
    version: str | None = None
    uptime_s: float | None = None
    rss_mb: float | None = Field(None, description="memory of the process and its children, in MB")
    detail: str | None = Field(None, description="the problem, if any")
    log: str | None = Field(None, description="file of its output")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def healthy(self) -> bool:
        """Whether it works."""
        return self.state in ("healthy", "external")


class Component(Protocol):
    """A component of a deployment."""

    @property
    def name(self) -> str:
        """Its name in `fathom status`."""
        ...

    def start(self) -> str:
        """Starts it until it responds; returns "running", "started" or "restarted". Raises PartUnreachable, StoreFailed."""
        ...

    def stop(self) -> bool:
        """Stops it; returns whether it ran."""
        ...

    def status(self) -> ComponentStatus:
        """Returns its status; never raises."""
        ...

    def probe(self) -> ComponentStatus:
        """Returns its state and pid alone, which is far cheaper than the whole status; never raises."""
        ...


@dataclass(frozen=True)
class ProcessComponent:
    """A component that is a detached process; `healthy` probes it, `trouble` returns a problem such as a full disk."""

    process: DetachedProcess
    healthy: Callable[[RunningProcess], bool]
    version: Callable[[], str | None]
    address: str | None = None
    start_within_s: float = 180.0
    stop_within_s: float = 10.0
    tries: int = 1
    trouble: Callable[[], str | None] = lambda: None

    @property
    def name(self) -> str:
        """Its name in `fathom status`."""
        return self.process.spec.name

    def start(self) -> str:
        """Ensures that the process runs for the current settings and program, and responds."""
        for left in reversed(range(self.tries)):
            try:
                return self.process.ensure(ready=self._ready, within_s=self.start_within_s)
            except PartUnreachable:
                if not left:
                    raise
        raise AssertionError("a component is tried at least once")

    def stop(self) -> bool:
        """Ends the process and its children."""
        return self.process.stop(self.stop_within_s)

    def status(self) -> ComponentStatus:
        """Returns the status of the process."""
        running = self.process.running()
        log = str(self.process.spec.log)
        if running is None:
            return ComponentStatus(name=self.name, state="stopped", port=self.process.spec.port, log=log)
        family = family_of(running.identity.pid)
        wrong = self._wrong(running, suspended_of(family))
        return ComponentStatus(
            name=self.name,
            state="unhealthy" if wrong else "healthy",
            pid=running.identity.pid,
            port=running.port,
            address=self.address,
            version=self.version(),
            uptime_s=round(running.uptime_s, 1),
            rss_mb=memory_mb(family),
            detail=wrong,
            log=log,
        )

    def probe(self) -> ComponentStatus:
        """Returns whether the process works; processes below it are not looked at."""
        running = self.process.running()
        if running is None:
            return ComponentStatus(name=self.name, state="stopped")
        pid = running.identity.pid
        wrong = self._wrong(running, [pid] if process_state(pid) == psutil.STATUS_STOPPED else [])
        return ComponentStatus(name=self.name, state="unhealthy" if wrong else "healthy", pid=pid, detail=wrong)

    def _wrong(self, running: RunningProcess, suspended: Collection[int]) -> str | None:
        """Returns the component's problem; first that of a stopped process, which needs no wait for a response."""
        if suspended:
            return suspension(running.identity.pid, suspended)
        if trouble := self.trouble():
            return trouble
        return None if self.healthy(running) else f"It runs and does not answer; read {self.process.spec.log}."

    def _ready(self) -> bool:
        running = self.process.running()
        return running is not None and not suspended_of(family_of(running.identity.pid)) and self.healthy(running)


def suspension(pid: int, suspended: Collection[int]) -> str:
    """Returns a sentence about the component with this pid, of which these processes are stopped by a signal."""
    which = "It" if pid in suspended else f"Process {min(suspended)} of it"
    return f"{which} is stopped by a signal (SIGSTOP), and is replaced unless it goes on."


def memory_mb(family: Iterable[psutil.Process]) -> float | None:
    """Returns the resident memory of these processes, in MB; None if none of them is left."""
    found: list[int] = []
    for member in family:
        with contextlib.suppress(psutil.Error):
            found.append(member.memory_info().rss)
    return round(sum(found) / 1024**2, 1) if found else None
