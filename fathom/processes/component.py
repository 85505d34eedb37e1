"""What a part is to those who start, stop and ask it, and the parts that are one process of ours."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, computed_field

from fathom.errors import PartUnreachable
from fathom.processes.process import DetachedProcess, RunningProcess, suspended_of

ComponentState = Literal["healthy", "unhealthy", "stopped", "external"]


class ComponentStatus(BaseModel):
    """How one part is doing."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: ComponentState = Field(description="external: it runs elsewhere and answers")
    pid: int | None = None
    port: int | None = None
    address: str | None = Field(None, description="where it is reached")
    version: str | None = None
    uptime_s: float | None = None
    rss_mb: float | None = Field(None, description="memory of the process and its children, in MB")
    detail: str | None = Field(None, description="what is wrong, if something is")
    log: str | None = Field(None, description="file its output goes to")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def healthy(self) -> bool:
        """Whether it does its work."""
        return self.state in ("healthy", "external")


class Component(Protocol):
    """A part of a deployment."""

    @property
    def name(self) -> str:
        """The name it has in `fathom status`."""
        ...

    def start(self) -> str:
        """It runs and answers; answers "running", "started" or "restarted". Raises PartUnreachable, StoreFailed."""
        ...

    def stop(self) -> bool:
        """It does not run; answers whether it did."""
        ...

    def status(self) -> ComponentStatus:
        """How it is doing; never raises."""
        ...


@dataclass(frozen=True)
class ProcessComponent:
    """A part that is a detached process; `healthy` asks it, given the process; `trouble` is what it cannot mend itself."""

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
        """The name it has in `fathom status`."""
        return self.process.spec.name

    def start(self) -> str:
        """The process runs for the present settings and program, and answers."""
        for left in reversed(range(self.tries)):
            try:
                return self.process.ensure(ready=self._ready, within_s=self.start_within_s)
            except PartUnreachable:
                if not left:
                    raise
        raise AssertionError("a part is tried at least once")

    def stop(self) -> bool:
        """The process and its children are gone."""
        return self.process.stop(self.stop_within_s)

    def status(self) -> ComponentStatus:
        """How it is doing."""
        running = self.process.running()
        log = str(self.process.spec.log)
        if running is None:
            return ComponentStatus(name=self.name, state="stopped", port=self.process.spec.port, log=log)
        wrong = self._wrong(running)
        return ComponentStatus(
            name=self.name,
            state="unhealthy" if wrong else "healthy",
            pid=running.birth.pid,
            port=running.port,
            address=self.address,
            version=self.version(),
            uptime_s=round(running.uptime_s, 1),
            rss_mb=memory_mb(running.birth.pid),
            detail=wrong,
            log=log,
        )

    def _wrong(self, running: RunningProcess) -> str | None:
        """Returns the part's trouble: a stopped process first, which is seen without waiting for an answer."""
        if pids := suspended_of(running.birth.pid):
            return suspension(running.birth.pid, pids)
        if trouble := self.trouble():
            return trouble
        return None if self.healthy(running) else f"It runs and does not answer; read {self.process.spec.log}."

    def _ready(self) -> bool:
        running = self.process.running()
        return running is not None and not suspended_of(running.birth.pid) and self.healthy(running)


def suspension(pid: int, suspended: Collection[int]) -> str:
    """Returns a sentence about a part, with that pid, of which these processes are stopped by a signal."""
    which = "It" if pid in suspended else f"Process {min(suspended)} of it"
    return f"{which} is stopped by a signal (SIGSTOP), and is replaced unless it goes on."


def memory_mb(pid: int) -> float | None:
    """Resident memory of the process and its descendants, in MB; None when it is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return float(round(sum(one.memory_info().rss for one in family) / 1024**2, 1))
    except psutil.Error:
        return None
