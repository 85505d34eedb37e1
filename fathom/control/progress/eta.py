"""When a document will be done: from what finished documents of this deployment took, never from an assumption.

Each finished document is one sample of how long its stages took, by page, chunk and byte. The document in question is
forecast once with each sample, which keeps what belongs together together; p50 and p90 are read from these forecasts.
Before there are enough samples there is no forecast.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.engine import Engine

from fathom.control.progress.liveness import Told
from fathom.control.progress.queue import QueuePlace
from fathom.observability.recorded import Events, Recorded
from fathom.uploads.upload import Upload

LEAST = 3  # finished documents before anything is forecast
MOST = 200
ALIKE = 5  # so many of the same suffix, and the others don't count
_NAMES = ("docling.begun", "docling.complete", "chunking.begun", "chunking.created", "graphiti.begun", "graphiti.complete")
_ORDER = ("docling", "chunking", "graphiti")


@dataclass(frozen=True, slots=True)
class Sample:
    """What one finished document took: seconds from the begin of each stage to that of the next, and how large it was."""

    document: str
    ended_at: float
    docling: float
    chunking: float
    graphiti: float
    pages: int
    chunks: int

    @property
    def total(self) -> float:
        """Seconds from its first step to its end."""
        return self.docling + self.chunking + self.graphiti


@dataclass(frozen=True, slots=True)
class Forecast:
    """When it will be done, in seconds since 1970: as likely before as after, and nine times of ten before; None: unknown."""

    p50: float | None = None
    p90: float | None = None


def history_of(engine: Engine) -> list[Sample]:
    """The documents that were finished last, newest first; those that had nothing to write do not count."""
    newest = Events(engine).newest("graphiti.complete", 1)
    return list(_history(engine, newest[0].id)) if newest else []


@lru_cache(maxsize=4)
def _history(engine: Engine, _newest: int) -> tuple[Sample, ...]:
    """As `history_of`; what is on record up to an event never changes, so it is read once a process."""
    events = Events(engine)
    done = [one for one in events.newest("graphiti.complete", MOST) if one.document and one.run]
    by_work: dict[tuple[str, str], dict[str, Recorded]] = {}
    for one in events.of_documents(list({one.document: None for one in done if one.document}), _NAMES):
        by_work.setdefault((one.document or "", one.run or ""), {})[one.event or ""] = one
    samples = (_sample(by_work.get((one.document or "", one.run or ""), {})) for one in done if one.number("written"))
    return tuple(one for one in samples if one is not None)


def forecast(history: Sequence[Sample], upload: Upload, told: Told, queue: QueuePlace | None, now: float) -> Forecast:
    """When the document will be done, by these samples; unknown while there are fewer than LEAST."""
    alike = [one for one in history if _suffix(one.document) == _suffix(upload.document)]
    samples = alike if len(alike) >= ALIKE else list(history)
    if len(samples) < LEAST:
        return Forecast()
    wait = 0.0
    if queue is not None:
        typical = statistics.median(one.total for one in history)
        wait = typical * (queue.waiting_before + queue.in_hand) / max(1, queue.runs_at_once)
    left = sorted(wait + remaining(sample, told, now) for sample in samples)
    return Forecast(now + _quantile(left, 0.5), now + _quantile(left, 0.9))


def remaining(sample: Sample, told: Told, now: float) -> float:
    """Seconds left for the document if it went on as the sample did; at its own pace where it has shown one."""
    stage, begun = _present(told)
    seconds = 0.0
    for name in _ORDER[_ORDER.index(stage) :]:
        expected = _expected(sample, name, told)
        if name == stage and begun is not None:
            elapsed = now - begun
            share = _share(told, stage)
            expected = expected * (1 - share) if share else max(expected - elapsed, 0.1 * expected)
            if share >= 0.2:  # its own pace is known by now; the sample says only how sure that is
                expected = (elapsed * (1 - share) / share + expected) / 2
        seconds += expected
    return seconds


def errors(history: Sequence[Sample]) -> tuple[float, float] | None:
    """Of forecasts made when work began, by the documents finished before: median relative error, share done by the p90."""
    relative, covered = [], []
    for position, one in enumerate(history):
        before = [other for other in history[position + 1 :] if other.ended_at < one.ended_at]
        alike = [other for other in before if _suffix(other.document) == _suffix(one.document)]
        samples = alike if len(alike) >= ALIKE else before
        if len(samples) < LEAST or one.total <= 0:
            continue
        totals = sorted(other.total for other in samples)
        relative.append(abs(_quantile(totals, 0.5) - one.total) / one.total)
        covered.append(one.total <= _quantile(totals, 0.9))
    return (statistics.median(relative), statistics.mean(covered)) if relative else None


def _sample(events: dict[str, Recorded]) -> Sample | None:
    if any(name not in events for name in _NAMES):
        return None
    begun = {name: events[f"{name}.begun"].at for name in _ORDER}
    end = events["graphiti.complete"]
    return Sample(
        document=end.document or "",
        ended_at=end.at,
        docling=begun["chunking"] - begun["docling"],
        chunking=begun["graphiti"] - begun["chunking"],
        graphiti=end.at - begun["graphiti"],
        pages=int(events["docling.complete"].number("pages") or 0),
        chunks=int(events["chunking.created"].number("chunks") or 0),
    )


def _present(told: Told) -> tuple[str, float | None]:
    for name in reversed(_ORDER):
        if (begun := told.of_name(f"{name}.begun")) is not None:
            return name, begun.at
    return _ORDER[0], None


def _expected(sample: Sample, stage: str, told: Told) -> float:
    """The sample's seconds of the stage, for a document of this size where its size is known."""
    seconds = {"docling": sample.docling, "chunking": sample.chunking, "graphiti": sample.graphiti}[stage]
    validated, created = told.of_name("validation.complete"), told.of_name("chunking.created")
    pages = validated.number("pages") if validated else None
    if stage == "graphiti" and created is not None and sample.chunks:
        return seconds * (created.number("chunks") or 1.0) / sample.chunks
    return seconds * pages / sample.pages if pages and sample.pages else seconds


def _share(told: Told, stage: str) -> float:
    event, done, total = {
        "docling": (told.of_name("docling.page"), "page", "pages"),
        "chunking": (None, "", ""),
        "graphiti": (told.of_name("graphiti.written"), "chunk", "chunks"),
    }[stage]
    if event is None or not event.number(total):
        return 0.0
    return min(1.0, (event.number(done) or 0.0) / (event.number(total) or 1.0))


def _quantile(ordered: Sequence[float], share: float) -> float:
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _suffix(document: str) -> str:
    return document.rsplit("/", 1)[-1].rpartition(".")[2].lower()
