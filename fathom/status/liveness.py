"""Whether a document's work is alive: queued, throttled, paused, running, stalled, dead, or over, and why."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
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
OVER: tuple[LivenessState, ...] = ("complete", "partial", "failed")  # nothing more happens until somebody asks for it

# The longest a stage that goes well is silent, in seconds, as long as no finished document has shown what is usual.
SILENT_FOR_S = {"docling": 60.0, "chunking": 30.0, "graphiti": 60.0}
MIN_SILENCE_S = 10.0  # no stage is called stalled before that
MIN_ANSWER_S = 4.0  # no model is said to hang before that
SILENT_TIMES = 3.0  # so many times the longest its type of document took here for all of the stage
ASKED_AFTER_S = 1.0  # a graph is asked whether it is there after so much silence of a stage that writes to it
_AWAY = frozenset({"PartUnreachable", "GraphUnreachable", "ConverterUnreachable", "LanguageModelUnreachable", "ProxyRefused"})
CLOCK_S = 2.0
_WORK = ("validation", "docling", "chunking", "graphiti")
# What the converter says, and what a process says as long as it is there, whatever becomes of its work.
_NO_NEWS = frozenset({"docling.converted", "docling.convert", *(f"{stage}.working" for stage in _WORK)})


@dataclass(frozen=True)
class DocumentEvents:
    """The last event of each name since the document's version was accepted."""

    events: Mapping[str, RecordedEvent] = field(default_factory=dict[str, RecordedEvent])
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, events: Mapping[str, RecordedEvent], upload: Upload, counts: Mapping[str, int] | None = None) -> DocumentEvents:
        """What was told of the upload, without the work of runs before the last one."""
        run = upload.run_id
        mine = {name: one for name, one in events.items() if one.stage not in _WORK or one.run in (None, run)}
        return cls(mine, counts or {})

    def of_name(self, name: str) -> RecordedEvent | None:
        """The last event of that name."""
        return self.events.get(name)

    def latest(self, *names: str) -> RecordedEvent | None:
        """The newest of the events of these names."""
        return max((self.events[name] for name in names if name in self.events), key=lambda one: one.id, default=None)

    @property
    def newest(self) -> RecordedEvent | None:
        """The newest event of all."""
        return max(self.events.values(), key=lambda one: one.id, default=None)

    @property
    def newest_of_work(self) -> RecordedEvent | None:
        """The newest event by which a run told of something new, not the converter or the intake."""
        told = (one for one in self.events.values() if one.stage in _WORK and one.event not in _NO_NEWS)
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

    state: LivenessState
    sentence: str
    until: float | None = None


def liveness(
    upload: Upload,
    told: DocumentEvents,
    pause: Pause | None,
    queue: QueuePosition | None,
    now: float,
    *,
    usual: Mapping[str, float] = MappingProxyType({}),
    graph: Callable[[], str | None] = lambda: None,
    money: Callable[[], float | None] = lambda: None,
    answers: Callable[[], float | None] = lambda: None,
) -> Liveness:
    """How the document is doing at this moment.

    `usual` is the longest a stage took of documents of its type, in seconds; `graph` says what is wrong with the graph, and is
    asked only of a document that is being written and silent; `money` when there is enough for one that waits for it;
    `answers` the longest that the language model took of late for an answer, asked only while one is outstanding.
    """
    if upload.in_part:
        return Liveness("partial", upload.detail or "It is in the graph but for what was set aside.")
    if upload.state is UploadState.DONE:
        return Liveness("complete", "It is in the graph.")
    if upload.state in (UploadState.FAILED, UploadState.REJECTED, UploadState.REFUSED):
        return Liveness("failed", upload.detail or "It failed.")
    if upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED):
        return _waiting(upload, pause, queue, now, money)
    return _working(told, now, usual, graph, answers)


def _waiting(
    upload: Upload, pause: Pause | None, queue: QueuePosition | None, now: float, money: Callable[[], float | None]
) -> Liveness:
    if pause is not None and upload.state is UploadState.ACCEPTED:
        what = "Everything" if pause.collection == ALL else f"The collection {pause.collection}"
        return Liveness("paused", f"{what} is paused: {pause.reason or 'somebody asked for it'}.")
    if (cause := paused_for(upload)) is not None:
        return Liveness("paused", f"paused: {cause}. {upload.detail}", money())
    again = upload.updated_at + retry_delay(upload.attempts, upload.reason)
    if upload.attempts and upload.state is UploadState.ACCEPTED and again > now:
        if upload.reason == RunLost.__name__:
            return Liveness("dead", "The process that worked on it is gone; it is tried again.", again)
        if upload.reason in _AWAY:
            return Liveness("paused", f"paused: {upload.detail or upload.reason} It is tried again.", again)
        return Liveness("queued", f"It is tried again after {upload.reason}.", again)
    if upload.state is UploadState.SUBMITTED:
        return Liveness("queued", "Its run is starting.")
    before = queue.waiting_before if queue else 0
    in_hand = queue.in_hand if queue else 0
    said = f"{before:,} before it" if before else "It is next"
    return Liveness("queued", f"{said}, {in_hand:,} being worked on." if in_hand else f"{said}.")


def _working(
    told: DocumentEvents,
    now: float,
    usual: Mapping[str, float],
    graph: Callable[[], str | None],
    answers: Callable[[], float | None],
) -> Liveness:
    newest = told.newest_of_work
    if newest is None:
        return Liveness("running", "A run has it in hand.")
    process = process_of(newest)
    if process == "gone":
        return Liveness("dead", "The process that worked on it is gone; it is tried again.")
    if process == "stopped":
        return Liveness("stalled", f"The process that works on it is stopped; the last was: {newest.message}.")
    throttled = told.of_name("llm.throttled")
    if throttled is not None and (until := throttled.at + (throttled.number("seconds") or 0.0)) > now:
        return Liveness("throttled", f"{throttled.message}, {until - now:.0f} s more.", until)
    if mute := _without_answers(told) or _unanswered(told, now, answers):
        return Liveness("stalled", mute)
    silent = now - newest.at
    if newest.sub_stage == "complete" and newest.stage != "validation":
        return Liveness("running", f"{newest.message}; it waits for its next step.")
    if newest.stage == "graphiti" and silent > ASKED_AFTER_S and (wrong := graph()):
        return Liveness("stalled", wrong)
    if newest.event == "graphiti.waiting":
        return Liveness("running", newest.message)
    if silent > longest_silence(newest.stage or "", usual):
        return Liveness("stalled", f"Nothing was heard of it for {silent:.0f} s; the last was: {newest.message}.")
    return Liveness("running", newest.message)


def longest_silence(stage: str, usual: Mapping[str, float]) -> float:
    """Seconds after which a silent stage is stalled: by what finished documents showed, within bounds."""
    most = SILENT_FOR_S.get(stage, 60.0)
    return min(most, max(MIN_SILENCE_S, SILENT_TIMES * usual[stage])) if stage in usual else most


def _without_answers(told: DocumentEvents) -> str | None:
    """What to say where the language model's last word was that it has none."""
    error, answer = told.of_name("llm.error"), told.of_name("llm.response")
    if error is None or (answer is not None and answer.id > error.id):
        return None
    later = told.latest("graphiti.extracted", "graphiti.writing", "graphiti.written", "graphiti.complete")
    if later is not None and later.at > error.at:  # what was kept from before answered
        return None
    return f"The language model gives no answer ({error.metrics.get('error') or 'no reason given'}); it is asked again."


def _unanswered(told: DocumentEvents, now: float, answers: Callable[[], float | None]) -> str | None:
    """What to say where the language model takes far longer for its answer than it used to."""
    asked = told.of_name("llm.request")
    later = told.latest("llm.response", "llm.error", "llm.batched", "graphiti.extracted")
    if asked is None or (later is not None and later.id > asked.id):
        return None
    silent = now - asked.at
    if silent <= MIN_ANSWER_S or (longest := answers()) is None or silent <= SILENT_TIMES * longest:
        return None
    return f"The language model has not answered for {silent:.0f} s; of late it took {longest:.1f} s at most."


def process_of(told: RecordedEvent) -> Literal["gone", "stopped", "alive"]:
    """What became of the process of this host that told the event; a pid that is used again is no life sign."""
    if told.pid is None or told.host != socket.gethostname():
        return "alive"
    try:
        process = psutil.Process(told.pid)
        status = process.status()
        if process.create_time() > told.at + CLOCK_S or status == psutil.STATUS_ZOMBIE:
            return "gone"
    except psutil.NoSuchProcess:
        return "gone"
    except psutil.Error:
        return "alive"
    return "stopped" if status == psutil.STATUS_STOPPED else "alive"
