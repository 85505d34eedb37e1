"""Reads the durations of finished documents of this deployment, with the sizes that they depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sqlalchemy.engine import Engine

from fathom.observability.event_store import Events, RecordedEvent

MAX_SAMPLES = 200
MIN_OF_TYPE = 5
# The phases of the work, each with its first event; storing and recording a stage are phases of their own.
PHASES = {
    "converting": "docling.begun",
    "keeping": "docling.complete",
    "chunking": "chunking.begun",
    "writing": "graphiti.begun",
    "recording": "graphiti.complete",
}
STAGES = {"docling": ("converting", "keeping"), "chunking": ("chunking",), "graphiti": ("writing", "recording")}
_PLACE = {phase: at for at, phase in enumerate(PHASES)}
_NEEDED = ("docling.begun", "docling.complete", "chunking.begun", "chunking.created", "graphiti.begun", "graphiti.complete")
_NAMES = (*_NEEDED, "upload.received", "upload.done", "validation.complete", "graphiti.waiting", "graphiti.sending")


@dataclass(frozen=True, slots=True)
class Size:
    """The known sizes of a document: bytes at first, pages after validation, then words, then chunks."""

    bytes: float | None = None
    pages: float | None = None
    words: float | None = None
    chunks: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A finished document: the seconds of each of PHASES in its order, and its sizes."""

    document: str
    ended_at: float
    took: tuple[float, ...]
    size: Size
    model: str | None = None

    @property
    def suffix(self) -> str:
        """The file type by the name."""
        return suffix_of(self.document)

    @property
    def total(self) -> float:
        """Seconds from the first step to the end."""
        return sum(self.took)

    def seconds(self, phase: str) -> float:
        """Returns the seconds of the phase."""
        return self.took[_PLACE[phase]]


def longest_of(history: Sequence[Sample], suffix: str) -> dict[str, float]:
    """Returns the longest duration of each stage for the type, in seconds; empty with fewer than MIN_OF_TYPE documents."""
    alike = [sample for sample in history if sample.suffix == suffix]
    if len(alike) < MIN_OF_TYPE:
        return {}
    return {stage: max(sum(sample.seconds(phase) for phase in phases) for sample in alike) for stage, phases in STAGES.items()}


def suffix_of(document: str) -> str:
    """Returns the file type by the document's id, without the dot."""
    return document.rsplit("/", 1)[-1].rpartition(".")[2].lower()


def history_of(engine: Engine) -> list[Sample]:
    """Returns the documents that were finished last, newest first, without those that wrote nothing."""
    events = Events(engine)
    newest = [event.id for name in ("graphiti.complete", "upload.done") for event in events.newest(name, 1)]
    return list(_history(engine, max(newest))) if newest else []


@lru_cache(maxsize=4)
def _history(engine: Engine, _newest: int) -> tuple[Sample, ...]:
    """Reads the history up to an event, which never changes, so that it is cached."""
    events = Events(engine)
    done = [event for event in events.newest("graphiti.complete", MAX_SAMPLES) if event.document and event.run]
    by_work: dict[tuple[str, str], dict[str, RecordedEvent]] = {}
    received: dict[str, float] = {}
    for event in events.of_documents(list({event.document: None for event in done if event.document}), _NAMES):
        if event.event == "upload.received":
            received[event.document or ""] = event.number("bytes") or 0.0
            continue
        work = by_work.setdefault((event.document or "", event.run or ""), {})
        if event.event == "graphiti.sending" and event.event in work:
            continue  # the first of these ends the wait for the lease
        work[event.event or ""] = event
    samples = (
        _sample(by_work.get((event.document or "", event.run or ""), {}), received.get(event.document or ""))
        for event in done
        if event.number("written")
    )
    return tuple(sample for sample in samples if sample is not None)


def _sample(events: dict[str, RecordedEvent], received: float | None) -> Sample | None:
    if any(name not in events for name in _NEEDED):
        return None
    end, validated = events["graphiti.complete"], events.get("validation.complete")
    done = events.get("upload.done") or end  # recording after the last write is part of the duration
    waited = 0.0  # for another writer of the collection: not part of the duration
    if (waiting := events.get("graphiti.waiting")) and (turn := events.get("graphiti.sending")):
        waited = max(0.0, turn.at - waiting.at)
    times = [events[begin].at for begin in PHASES.values()] + [done.at]
    times[: _PLACE["recording"]] = [at + waited for at in times[: _PLACE["recording"]]]
    model = end.metrics.get("model")
    return Sample(
        document=end.document or "",
        ended_at=done.at,
        took=tuple(max(0.0, later - earlier) for earlier, later in pairwise(times)),
        size=Size(
            bytes=received,
            pages=(validated or events["docling.complete"]).number("pages"),
            words=events["docling.complete"].number("words"),
            chunks=events["chunking.created"].number("chunks"),
        ),
        model=str(model) if model else None,
    )
