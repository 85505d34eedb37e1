"""When a document will be done: from what finished documents of this deployment took, never from an assumption.

The stages' rates say what its size makes of it; each finished document says by how much such a figure was wrong, and the
forecast is the middle of what they say. How far off forecasts have been here so far gives the p90. Before there are enough
finished documents there is no forecast.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from fathom.control.progress.finished import STAGES, Sample, Size, history_of, suffix_of
from fathom.control.progress.liveness import Told
from fathom.control.progress.queue import QueuePlace
from fathom.control.progress.rates import Rate, rate_of, weights
from fathom.uploads.upload import Upload

LEAST = 3  # finished documents before anything is forecast
JUDGED = 80  # of the newest, by whose forecasts the p90 and the published errors are made
LEAST_JUDGED = 8
UNSURE = 1.8  # p90 over p50 while too few forecasts were judged

__all__ = ["Forecast", "errors", "forecast", "history_of"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When it will be done, in seconds since 1970: as likely before as after, and nine times of ten before; None: unknown."""

    p50: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """What the finished documents say of one: the rate of each stage; by what factor each was off, with its weight."""

    rates: dict[str, Rate]
    off: dict[str, tuple[tuple[float, float], ...]]

    @classmethod
    def of(cls, samples: Sequence[Sample], suffix: str, size: Size) -> Model:
        """The model for a document of this type, of which this size is known."""
        weight = weights(samples, suffix)
        rates = {stage: rate_of(stage, samples, weight, size) for stage in STAGES}
        off = {
            stage: tuple((one.seconds(stage) / rates[stage](one.size), w) for one, w in zip(samples, weight, strict=True))
            for stage in STAGES
        }
        return cls(rates, off)

    def seconds(self, stage: str, size: Size) -> float:
        """Seconds of the stage, as likely more as less."""
        return self.rates[stage](size) * _middle(self.off[stage])


def forecast(history: Sequence[Sample], upload: Upload, told: Told, queue: QueuePlace | None, now: float) -> Forecast:
    """When the document will be done, by these samples; unknown while there are fewer than LEAST."""
    samples = _of_the_same_model(history)
    if len(samples) < LEAST:
        return Forecast()
    wait = 0.0
    if queue is not None:
        typical = statistics.median(one.total for one in samples)
        wait = typical * (queue.waiting_before + 0.5 * queue.in_hand) / max(1, queue.runs_at_once)
    size = _known(upload, told)
    left = wait + remaining(Model.of(samples, suffix_of(upload.document), size), size, told, now)
    held = told.of_name("llm.throttled")
    if held is not None and (until := held.at + (held.number("seconds") or 0.0)) > now:
        left = max(left, until - now)
    return Forecast(now + left, now + left * _p90(tuple(history)))


def remaining(model: Model, size: Size, told: Told, now: float) -> float:
    """Seconds left for the document by the model; at its own pace where it has shown one."""
    stage, begun = _present(told)
    seconds = 0.0
    for name in STAGES[STAGES.index(stage) :]:
        expected = model.seconds(name, size)
        if name == stage and begun is not None:
            elapsed = now - begun
            share = _share(told, stage)
            expected = expected * (1 - share) if share else max(expected - elapsed, 0.15 * expected)
            if share >= 0.2:  # its own pace counts the more, the more of it was seen
                expected = share * elapsed * (1 - share) / share + (1 - share) * expected
        seconds += expected
    return seconds


def errors(history: Sequence[Sample]) -> tuple[float, float] | None:
    """Of forecasts made when work began, by the documents finished before: median relative error, share done by the p90."""
    judged = _judged(tuple(history))
    relative, covered = [], []
    for position, (p50, truth) in enumerate(judged):
        relative.append(abs(p50 - truth) / truth)
        covered.append(truth <= p50 * _factor([one / guess for guess, one in judged[position + 1 :]]))
    return (statistics.median(relative), statistics.mean(covered)) if relative else None


def _p90(history: tuple[Sample, ...]) -> float:
    return _factor([truth / p50 for p50, truth in _judged(history)])


def _factor(off: Sequence[float]) -> float:
    """How many times its p50 nine of ten documents took at most, the newest counting most."""
    if len(off) < LEAST_JUDGED:
        return UNSURE
    ordered = sorted(off[:JUDGED])
    return max(1.05, ordered[min(len(ordered) - 1, int(0.9 * (len(ordered) + 1)))])


@lru_cache(maxsize=4)
def _judged(history: tuple[Sample, ...]) -> tuple[tuple[float, float], ...]:
    """(seconds forecast as work began, seconds it took) of the newest, newest first, each by those finished before it began."""
    found = []
    for position, one in enumerate(history[:JUDGED]):
        before = [other for other in history[position + 1 :] if other.ended_at <= one.ended_at - one.total]
        before = _of_the_same_model(before)
        if len(before) < LEAST or one.total <= 0:
            continue
        size = Size(bytes=one.size.bytes)
        model = Model.of(before, one.suffix, size)
        found.append((sum(model.seconds(stage, size) for stage in STAGES), one.total))
    return tuple(found)


def _of_the_same_model(history: Sequence[Sample]) -> list[Sample]:
    """Samples of the language model that is at work now: another one takes other times."""
    now = history[0].model if history else None
    return [one for one in history if one.model == now]


def _known(upload: Upload, told: Told) -> Size:
    validated, converted, created = (
        told.of_name(name) for name in ("validation.complete", "docling.complete", "chunking.created")
    )
    return Size(
        bytes=float(upload.size),
        pages=validated.number("pages") if validated else None,
        words=converted.number("words") if converted else None,
        chunks=created.number("chunks") if created else None,
    )


def _present(told: Told) -> tuple[str, float | None]:
    for name in reversed(STAGES):
        if (begun := told.of_name(f"{name}.begun")) is not None:
            return name, begun.at
    return STAGES[0], None


def _share(told: Told, stage: str) -> float:
    event, done, total = {
        "docling": (told.of_name("docling.page"), "page", "pages"),
        "chunking": (None, "", ""),
        "graphiti": (told.of_name("graphiti.written"), "chunk", "chunks"),
    }[stage]
    if event is None or not event.number(total):
        return 0.0
    return min(1.0, (event.number(done) or 0.0) / (event.number(total) or 1.0))


def _middle(off: Sequence[tuple[float, float]]) -> float:
    """The weighted median."""
    half, seen = sum(w for _, w in off) / 2, 0.0
    for value, w in sorted(off):
        seen += w
        if seen >= half:
            return value
    return 1.0
