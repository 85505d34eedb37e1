"""How the converter process is doing, in figures."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WorkerStatus(BaseModel):
    """One worker of the converter."""

    model_config = ConfigDict(frozen=True)

    pid: int
    state: Literal["starting", "idle", "busy"]
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
        return any(worker.state != "starting" for worker in self.workers)
