"""Derives whether a document's work is alive (queued, throttled, paused, running, stalled, dead or ended), and why."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import psutil

from fathom.errors import RunLost
from fathom.observability.event_store import RecordedEvent
from fathom.status.queue_position import QueuePosition
from fathom.uploads.paused_collections import ALL, Pause
from fathom.uploads.provider_accounts import paused_for
from fathom.uploads.scheduler import retry_delay
from fathom.uploads.upload import Upload, UploadState

LivenessState = Literal["queued", "throttled", "paused", "running", "stalled", "dead", "failed", "partial", "complete"]
OVER: tuple[LivenessState, ...] = ("complete", "partial", "failed")  # nothing more happens without a request

# The maximum silence of a healthy stage in seconds, used until finished documents give a better bound.
SILENT_FOR_S = {"docling": 60.0, "chunking": 30.0, "graphiti": 60.0}
MIN_SILENCE_S = 10.0  # no stage counts as stalled before
MIN_ANSWER_S = 4.0  # no language model counts as hanging before
SILENT_TIMES = 3.0  # stalled after this multiple of the stage's longest duration for the type of document
PROBE_AFTER_S = 1.0  # the graph is probed after so much silence of a stage that writes to it
_AWAY = frozenset({"PartUnreachable", "GraphUnreachable", "ConverterUnreachable", "LanguageModelUnreachable", "ProxyRefused"})
CLOCK_S = 2.0
_WORK = ("validation", "docling", "chunking", "graphiti")
# Events that show no progress: those of the converter, and heartbeats.
_NO_PROGRESS = frozenset({"docling.converted", "docling.convert", *(f"{stage}.working" for stage in _WORK)})


@dataclass(frozen=True)
class DocumentEvents:
    """Holds the last event of each name since the document's version was accepted."""

    events: Mapping[str, RecordedEvent] = field(default_factory=dict[str, RecordedEvent])
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, events: Mapping[str, RecordedEvent], upload: Upload, counts: Mapping[str, int] | None = None) -> DocumentEvents:
        """Returns the events of the upload without those of runs before the last run."""
        run = upload.run_id
        mine = {name: event for name, event in events.items() if event.stage not in _WORK or event.run in (None, run)}
        return cls(mine, counts or {})

    def of_name(self, name: str) -> RecordedEvent | None:
        """Returns the last event of the name."""
        return self.events.get(name)

    def latest(self, *names: str) -> RecordedEvent | None:
        """Returns the newest of the events with these names."""
        return max((self.events[name] for name in names if name in self.events), key=lambda event: event.id, default=None)

    @property
    def newest(self) -> RecordedEvent | None:
        """The newest event of all."""
        return max(self.events.values(), key=lambda event: event.id, default=None)

    @property
    def newest_of_work(self) -> RecordedEvent | None:
        """The newest event that shows progress of a run, without those of the converter or the intake."""
        progress = (event for event in self.events.values() if event.stage in _WORK and event.event not in _NO_PROGRESS)
        return max(progress, key=lambda event: (event.at, event.id), default=None)

    @property
    def first_begun(self) -> float | None:
        """When its run began, in seconds since 1970."""
        begun = self.events.get("docling.begun")
        return begun.at if begun else None

    def duration(self, stage: str) -> float | None:
        """Returns the seconds of the stage; None until it has ended."""
        done = self.events.get(f"{stage}.complete")
        begun = self.events.get(f"{stage}.begun") or self.events.get(f"{stage}.started")
        if stage == "docling":  # validation is a stage of its own
            begun = self.events.get("docling.started") or begun
        if done is None or begun is None or done.at < begun.at:
            return None
        return round(done.at - begun.at, 3)


@dataclass(frozen=True)
class Liveness:
    """The state as a word and a sentence; `until` is when it continues by itself, in seconds since 1970."""

    state: LivenessState
    sentence: str
    until: float | None = None


@dataclass(frozen=True)
class ObservedDocument:
    """A document as observed at the time `now`, in seconds since 1970; `pause` is that of its collection."""

    upload: Upload
    events: DocumentEvents
    pause: Pause | None
    queue: QueuePosition | None
    now: float


@dataclass(frozen=True)
class LivenessProbes:
    """Facts about the document's surroundings; the functions are called only where the liveness depends on them.

    Attributes:
        usual: the longest duration of each stage for the type of document, in seconds.
        graph: returns the outage of the graph; called only for a silent document that is being written.
        money: returns when the budget or the account allows the next try.
        answers: returns the longest recent response time of the language model; called only during an LLM call.
    """

    usual: Mapping[str, float]
    graph: Callable[[], str | None]
    money: Callable[[], float | None]
    answers: Callable[[], float | None]


def liveness(observed: ObservedDocument, probes: LivenessProbes) -> Liveness:
    """Returns the liveness of the document when it was observed."""
    upload = observed.upload
    if upload.in_part:
        return Liveness("partial", upload.detail or "It is in the graph except for the chunks that were set aside.")
    if upload.state is UploadState.DONE:
        return Liveness("complete", "It is in the graph.")
    if upload.state in (UploadState.FAILED, UploadState.REJECTED, UploadState.REFUSED):
        return Liveness("failed", upload.detail or "It failed.")
    if upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED):
        return _waiting(observed, probes)
    return _working(observed.events, observed.now, probes)


def _waiting(observed: ObservedDocument, probes: LivenessProbes) -> Liveness:
    upload, pause, queue = observed.upload, observed.pause, observed.queue
    if pause is not None and upload.state is UploadState.ACCEPTED:
        scope = "Everything" if pause.collection == ALL else f"The collection {pause.collection}"
        return Liveness("paused", f"{scope} is paused: {pause.reason or 'somebody asked for it'}.")
    if (cause := paused_for(upload)) is not None:
        return Liveness("paused", f"paused: {cause}. {upload.detail}", probes.money())
    again = upload.updated_at + retry_delay(upload.attempts, upload.reason)
    if upload.attempts and upload.state is UploadState.ACCEPTED and again > observed.now:
        if upload.reason == RunLost.__name__:
            return Liveness("dead", "The process that worked on it is gone; it is tried again.", again)
        if upload.reason in _AWAY:
            return Liveness("paused", f"paused: {upload.detail or upload.reason} It is tried again.", again)
        return Liveness("queued", f"It is tried again after {upload.reason}.", again)
    if upload.state is UploadState.SUBMITTED:
        return Liveness("queued", "Its run is starting.")
    before = queue.waiting_before if queue else 0
    in_hand = queue.in_hand if queue else 0
    position = f"{before:,} before it" if before else "It is next"
    return Liveness("queued", f"{position}, {in_hand:,} being worked on." if in_hand else f"{position}.")


def _working(events: DocumentEvents, now: float, probes: LivenessProbes) -> Liveness:
    newest = events.newest_of_work
    if newest is None:
        return Liveness("running", "A run has it in hand.")
    process = process_of(newest)
    if process == "gone":
        return Liveness("dead", "The process that worked on it is gone; it is tried again.")
    if process == "stopped":
        return Liveness("stalled", f"The process that works on it is stopped; the last was: {newest.message}.")
    throttled = events.of_name("llm.throttled")
    if throttled is not None and (until := throttled.at + (throttled.number("seconds") or 0.0)) > now:
        return Liveness("throttled", f"{throttled.message}, {until - now:.0f} s more.", until)
    if mute := _failed_call(events) or _slow_call(events, now, probes.answers):
        return Liveness("stalled", mute)
    silent = now - newest.at
    if newest.sub_stage == "complete" and newest.stage != "validation":
        return Liveness("running", f"{newest.message}; it waits for its next step.")
    if newest.stage == "graphiti" and silent > PROBE_AFTER_S and (wrong := probes.graph()):
        return Liveness("stalled", wrong)
    if newest.event == "graphiti.waiting":
        return Liveness("running", newest.message)
    if silent > longest_silence(newest.stage or "", probes.usual):
        return Liveness("stalled", f"Nothing was heard of it for {silent:.0f} s; the last was: {newest.message}.")
    return Liveness("running", newest.message)


def longest_silence(stage: str, usual: Mapping[str, float]) -> float:
    """Returns the seconds after which a silent stage is stalled: a multiple of its usual duration, within bounds."""
    limit = SILENT_FOR_S.get(stage, 60.0)
    return min(limit, max(MIN_SILENCE_S, SILENT_TIMES * usual[stage])) if stage in usual else limit


def _failed_call(events: DocumentEvents) -> str | None:
    """Returns a sentence if the last LLM call failed."""
    error, answer = events.of_name("llm.error"), events.of_name("llm.response")
    if error is None or (answer is not None and answer.id > error.id):
        return None
    later = events.latest("graphiti.extracted", "graphiti.writing", "graphiti.written", "graphiti.complete")
    if later is not None and later.at > error.at:  # a cached response was used
        return None
    return f"The language model gives no answer ({error.metrics.get('error') or 'no reason given'}); it is asked again."


def _slow_call(events: DocumentEvents, now: float, answers: Callable[[], float | None]) -> str | None:
    """Returns a sentence if the current LLM call takes far longer than recent ones."""
    request = events.of_name("llm.request")
    later = events.latest("llm.response", "llm.error", "llm.batched", "graphiti.extracted")
    if request is None or (later is not None and later.id > request.id):
        return None
    silent = now - request.at
    if silent <= MIN_ANSWER_S or (longest := answers()) is None or silent <= SILENT_TIMES * longest:
        return None
    return f"The language model has not answered for {silent:.0f} s; of late it took {longest:.1f} s at most."


def process_of(event: RecordedEvent) -> Literal["gone", "stopped", "alive"]:
    """Returns the state of the process of this host that logged the event; a reused pid does not count as alive."""
    if event.pid is None or event.host != socket.gethostname():
        return "alive"
    try:
        process = psutil.Process(event.pid)
        status = process.status()
        if process.create_time() > event.at + CLOCK_S or status == psutil.STATUS_ZOMBIE:
            return "gone"
    except psutil.NoSuchProcess:
        return "gone"
    except psutil.Error:
        return "alive"
    return "stopped" if status == psutil.STATUS_STOPPED else "alive"
