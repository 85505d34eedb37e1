"""Whether a document's work is alive: queued, throttled, paused, running, stalled, dead, failed or complete, and why."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import psutil

from fathom.control.progress.queue import QueuePlace
from fathom.observability.recorded import Recorded
from fathom.uploads.affording import waits_for_money
from fathom.uploads.pausing import ALL, Pause
from fathom.uploads.planning import retry_delay
from fathom.uploads.upload import Upload, UploadState

State = Literal["queued", "throttled", "paused", "running", "stalled", "dead", "failed", "complete"]

# The longest a stage that goes well is silent, in seconds; the double of what its document showed so far where that is more.
SILENT_FOR_S = {"docling": 60.0, "chunking": 30.0, "graphiti": 60.0}
CLOCK_S = 2.0
_WORK = ("validation", "docling", "chunking", "graphiti")


@dataclass(frozen=True)
class Told:
    """The last event of each name since the document's version was accepted."""

    events: Mapping[str, Recorded] = field(default_factory=dict[str, Recorded])
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, events: Mapping[str, Recorded], upload: Upload, counts: Mapping[str, int] | None = None) -> Told:
        """What was told of the upload, without the work of runs before the last one."""
        run = upload.run_id
        mine = {name: one for name, one in events.items() if one.stage not in _WORK or one.run in (None, run)}
        return cls(mine, counts or {})

    def of_name(self, name: str) -> Recorded | None:
        """The last event of that name."""
        return self.events.get(name)

    def latest(self, *names: str) -> Recorded | None:
        """The newest of the events of these names."""
        return max((self.events[name] for name in names if name in self.events), key=lambda one: one.id, default=None)

    @property
    def newest(self) -> Recorded | None:
        """The newest event of all."""
        return max(self.events.values(), key=lambda one: one.id, default=None)

    @property
    def newest_of_work(self) -> Recorded | None:
        """The newest event that a run told, not the converter or the intake."""
        told = (one for one in self.events.values() if one.stage in _WORK and one.event != "docling.converted")
        return max(told, key=lambda one: (one.at, one.id), default=None)

    @property
    def first_begun(self) -> float | None:
        """When its run took it up."""
        begun = self.events.get("docling.begun")
        return begun.at if begun else None

    def duration(self, stage: str) -> float | None:
        """Seconds the stage took; None while it is not over."""
        done = self.events.get(f"{stage}.complete")
        begun = self.events.get(f"{stage}.begun") or self.events.get(f"{stage}.started")
        if stage == "docling":  # the look at the bytes before it is counted on its own
            begun = self.events.get("docling.started") or begun
        if done is None or begun is None or done.at < begun.at:
            return None
        return round(done.at - begun.at, 3)


@dataclass(frozen=True)
class Liveness:
    """The state in a word and in a sentence; `until` is when it goes on by itself, in seconds since 1970."""

    state: State
    sentence: str
    until: float | None = None


def liveness(upload: Upload, told: Told, pause: Pause | None, queue: QueuePlace | None, now: float) -> Liveness:
    """How the document is doing at this moment."""
    if upload.state is UploadState.DONE:
        return Liveness("complete", "It is in the graph.")
    if upload.state in (UploadState.FAILED, UploadState.REJECTED, UploadState.REFUSED):
        return Liveness("failed", upload.detail or "It failed.")
    if upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED):
        return _waiting(upload, pause, queue, now)
    return _working(upload, told, now)


def _waiting(upload: Upload, pause: Pause | None, queue: QueuePlace | None, now: float) -> Liveness:
    if pause is not None and upload.state is UploadState.ACCEPTED:
        what = "Everything" if pause.collection == ALL else f"The collection {pause.collection}"
        return Liveness("paused", f"{what} is paused: {pause.reason or 'somebody asked for it'}.")
    if waits_for_money(upload):
        return Liveness("paused", f"paused: budget. {upload.detail}")
    again = upload.updated_at + retry_delay(upload.attempts, upload.reason)
    if upload.attempts and upload.state is UploadState.ACCEPTED and again > now:
        return Liveness("queued", f"It is tried again after {upload.reason}.", again)
    if upload.state is UploadState.SUBMITTED:
        return Liveness("queued", "Its run is starting.")
    before = queue.waiting_before if queue else 0
    in_hand = queue.in_hand if queue else 0
    said = f"{before:,} before it" if before else "It is next"
    return Liveness("queued", f"{said}, {in_hand:,} being worked on." if in_hand else f"{said}.")


def _working(upload: Upload, told: Told, now: float) -> Liveness:
    newest = told.newest_of_work
    if newest is None:
        return Liveness("running", "A run has it in hand.")
    if process_is_gone(newest):
        return Liveness("dead", "The process that worked on it is gone; it is tried again by itself.")
    throttled = told.of_name("llm.throttled")
    if throttled is not None and throttled.at + (throttled.number("seconds") or 0.0) > now:
        return Liveness("throttled", throttled.message, throttled.at + (throttled.number("seconds") or 0.0))
    silent = now - newest.at
    if newest.sub_stage == "complete" and newest.stage != "validation":
        return Liveness("running", f"{newest.message}; it waits for its next step.")
    if newest.event == "graphiti.waiting":
        return Liveness("running", newest.message)
    if silent > SILENT_FOR_S.get(newest.stage or "", 60.0):
        return Liveness("stalled", f"Nothing was heard of it for {silent:.0f} s; the last was: {newest.message}.")
    return Liveness("running", newest.message)


def process_is_gone(told: Recorded) -> bool:
    """Whether the process of this host that told the event lives no more; a pid that is used again is no life sign."""
    if told.pid is None or told.host != socket.gethostname():
        return False
    try:
        process = psutil.Process(told.pid)
        return bool(process.create_time() > told.at + CLOCK_S or process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
