"""The status of the converter process, in figures."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

# hung: it does not react and is about to be killed; dead: its process is gone and about to be replaced
WorkerState = Literal["starting", "idle", "busy", "hung", "dead"]


class WorkerStatus(BaseModel):
    """The status of a worker of the converter."""

    model_config = ConfigDict(frozen=True)

    pid: int
    state: WorkerState
    rss_bytes: int
    documents: int = Field(description="documents it was given since it started")
    busy_s: float | None = Field(None, description="seconds on its present document")
    document: str | None = Field(None, description="the document it is at work on, where the caller named it")


class ConverterStatus(BaseModel):
    """The converter process and its workers."""

    model_config = ConfigDict(frozen=True)

    pid: int
    version: str = Field(description="what converts, with versions; empty until the first worker is warm")
    fingerprint: str = Field(description="changes with the settings, the code and Docling's version")
    uptime_s: float
    warm_up_s: float | None = Field(None, description="seconds the first worker took from its start to warm")
    loaded: list[str] = Field(default_factory=list[str], description="libraries a warm worker holds, with versions")
    workers: list[WorkerStatus] = Field(default_factory=list[WorkerStatus])
    wanted_workers: int
    waiting: int = Field(description="documents waiting for a worker")
    documents: int = Field(description="documents converted since the start")
    rejected: int = Field(description="documents rejected since the start")
    failed: int = Field(description="conversions that failed since the start")
    restarts: int = Field(description="workers that died or were killed, and were replaced")
    recycled: int = Field(description="workers replaced because of their age or size")
    rss_bytes: int = Field(description="memory of the process and its workers")
    trouble: str | None = Field(None, description="why no worker can be started, if so")

    @property
    def warm(self) -> bool:
        """Whether a document would be converted at once."""
        return any(worker.state in ("idle", "busy") for worker in self.workers)

    @property
    def live_workers(self) -> int:
        """Workers that do their work or will do so when they are warm."""
        return sum(worker.state in ("starting", "idle", "busy") for worker in self.workers)

    @computed_field(description="what is wrong, if something is")  # type: ignore[prop-decorator]
    @property
    def problem(self) -> str | None:
        """The fault, if there is any: no worker can be had, or fewer live than the settings ask for."""
        if self.trouble:
            return self.trouble
        if self.live_workers >= self.wanted_workers:
            return None
        others = [f"process {worker.pid} is {worker.state}" for worker in self.workers if worker.state in ("hung", "dead")]
        return f"{self.live_workers} of {self.wanted_workers} workers live{''.join(f', {other}' for other in others)}."
