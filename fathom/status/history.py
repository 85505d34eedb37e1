"""What finished documents of this deployment took: seconds a stage, beside the sizes that a stage's time grows with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sqlalchemy.engine import Engine

from fathom.observability.event_store import Events, RecordedEvent

MAX_SAMPLES = 200
ALIKE = 5
# The parts of the work, each with the event it begins with; what is kept and recorded of a stage takes a time of its own.
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
    """How large a document is, as far as that is known: bytes at once, pages once looked at, then words, then chunks."""

    bytes: float | None = None
    pages: float | None = None
    words: float | None = None
    chunks: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What one finished document took: seconds of each of PHASES in its order, and how large it was."""

    document: str
    ended_at: float
    took: tuple[float, ...]
    size: Size
    model: str | None = None

    @property
    def suffix(self) -> str:
        """The type of file by its name."""
        return suffix_of(self.document)

    @property
    def total(self) -> float:
        """Seconds from its first step to its end."""
        return sum(self.took)

    def seconds(self, phase: str) -> float:
        """Seconds of the phase."""
        return self.took[_PLACE[phase]]


def longest_of(history: Sequence[Sample], suffix: str) -> dict[str, float]:
    """The longest each stage took of finished documents of the type, in seconds; empty before there are ALIKE of them."""
    alike = [one for one in history if one.suffix == suffix]
    if len(alike) < ALIKE:
        return {}
    return {stage: max(sum(one.seconds(phase) for phase in phases) for one in alike) for stage, phases in STAGES.items()}


def suffix_of(document: str) -> str:
    """The type of a file by its document's id, without the dot."""
    return document.rsplit("/", 1)[-1].rpartition(".")[2].lower()


def history_of(engine: Engine) -> list[Sample]:
    """The documents that were finished last, newest first; those that had nothing to write do not count."""
    events = Events(engine)
    newest = [one.id for name in ("graphiti.complete", "upload.done") for one in events.newest(name, 1)]
    return list(_history(engine, max(newest))) if newest else []


@lru_cache(maxsize=4)
def _history(engine: Engine, _newest: int) -> tuple[Sample, ...]:
    """As `history_of`; what is on record up to an event never changes, so it is read once a process."""
    events = Events(engine)
    done = [one for one in events.newest("graphiti.complete", MAX_SAMPLES) if one.document and one.run]
    by_work: dict[tuple[str, str], dict[str, RecordedEvent]] = {}
    received: dict[str, float] = {}
    for one in events.of_documents(list({one.document: None for one in done if one.document}), _NAMES):
        if one.event == "upload.received":
            received[one.document or ""] = one.number("bytes") or 0.0
            continue
        work = by_work.setdefault((one.document or "", one.run or ""), {})
        if one.event == "graphiti.sending" and one.event in work:
            continue  # the first is when its turn came
        work[one.event or ""] = one
    samples = (
        _sample(by_work.get((one.document or "", one.run or ""), {}), received.get(one.document or ""))
        for one in done
        if one.number("written")
    )
    return tuple(one for one in samples if one is not None)


def _sample(events: dict[str, RecordedEvent], received: float | None) -> Sample | None:
    if any(name not in events for name in _NEEDED):
        return None
    end, validated = events["graphiti.complete"], events.get("validation.complete")
    done = events.get("upload.done") or end  # what is recorded after the last write is part of the wait for it
    waited = 0.0  # for another writer of the collection, which is no time of its own
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
