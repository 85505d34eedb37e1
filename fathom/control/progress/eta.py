"""When a document will be done: from what finished documents of this deployment took, never from an assumption.

The stages' rates say what its size makes of it, the last few finished documents how fast this host is at the moment, and the
stages it has behind it how much it is like them. How far off forecasts have been here so far gives the p90. Before there are
enough finished documents there is no forecast.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from fathom.control.progress.finished import STAGES, Sample, Size, history_of, suffix_of
from fathom.control.progress.liveness import Told
from fathom.control.progress.queue import QueuePlace
from fathom.control.progress.rates import Rate, rate_of, weights
from fathom.uploads.upload import Upload

LEAST = 3  # finished documents before anything is forecast
JUDGED = 80  # of the newest, by whose forecasts the p90 and the published errors are made
LEAST_JUDGED = 8
UNSURE = 1.8  # p90 over p50 while too few forecasts were judged
LOOKED_AT = 100  # finished documents that the rates are made from
PACED, TRUSTED, MOST_PACE = 5, 0.7, 4.0  # documents the pace is read from, how far it is trusted, its bounds
OWN_STAGE = 0.4  # how much a stage the document is done with says of its next
KEPT = 1000

__all__ = ["Forecast", "errors", "forecast", "history_of"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When it will be done, in seconds since 1970: as likely before as after, and nine times of ten before; None: unknown."""

    p50: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A finished document beside what was forecast as work on it began: by its size alone, and at the pace of the moment."""

    ended_at: float
    by_size: float
    p50: float
    truth: float

    @property
    def off(self) -> float:
        """How many times its p50 it took."""
        return self.truth / self.p50


_worked_out: dict[tuple[str, float, int, float], float] = {}


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


def forecast(
    history: Sequence[Sample], upload: Upload, told: Told, queue: QueuePlace | None, now: float, until: float | None = None
) -> Forecast:
    """When the document will be done, by these samples; unknown while there are fewer than LEAST.

    `until` is when it goes on by itself where something holds it now: a rate limit, a budget, a part that was away.
    """
    samples = _of_the_same_model(history)
    if len(samples) < LEAST:
        return Forecast()
    held = max(0.0, until - now) if until is not None else 0.0
    wait = 0.0
    if queue is not None:
        typical = statistics.median(one.total for one in samples)
        wait = typical * (queue.waiting_before + 0.5 * queue.in_hand) / max(1, queue.runs_at_once)
    size = _known(upload, told)
    judged = _judged(tuple(history))
    model = Model.of(samples[:LOOKED_AT], suffix_of(upload.document), size)
    left = wait + remaining(model, size, told, now, pace(judged))
    return Forecast(now + held + left, now + held + left * _factor([one.off for one in judged]))


def remaining(model: Model, size: Size, told: Told, now: float, pace: float = 1.0) -> float:
    """Seconds left for the document by the model at that pace; at its own where it has shown one."""
    stage, begun = _present(told)
    seconds, log_pace = 0.0, math.log(pace)
    for name in STAGES[: STAGES.index(stage)]:
        if (took := _took(told, name)) is not None:
            own = math.log(_within(took / model.seconds(name, size)))
            log_pace += OWN_STAGE * (own - log_pace)
    for name in STAGES[STAGES.index(stage) :]:
        expected = model.seconds(name, size) * math.exp(log_pace)
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
    for position, one in enumerate(judged):
        relative.append(abs(one.p50 - one.truth) / one.truth)
        covered.append(one.truth <= one.p50 * _factor([before.off for before in judged[position + 1 :]]))
    return (statistics.median(relative), statistics.mean(covered)) if relative else None


def pace(judged: Sequence[Judged], began: float = math.inf) -> float:
    """How many times what their sizes say the last documents took, of those that were done before `began`; newest first.

    A host that others use is slow for minutes: what all of a size took this hour says less than the last few of any size.
    """
    last = [math.log(_within(one.truth / one.by_size)) for one in judged if one.ended_at <= began][:PACED]
    return math.exp(TRUSTED * statistics.median(last)) if last else 1.0


def _within(ratio: float) -> float:
    return min(MOST_PACE, max(1 / MOST_PACE, ratio))


def _factor(off: Sequence[float]) -> float:
    """How many times its p50 nine of ten documents took at most."""
    if len(off) < LEAST_JUDGED:
        return UNSURE
    ordered = sorted(off[:JUDGED])
    return max(1.05, ordered[min(len(ordered) - 1, int(0.9 * (len(ordered) + 1)))])


@lru_cache(maxsize=4)
def _judged(history: tuple[Sample, ...]) -> tuple[Judged, ...]:
    """The newest, newest first, each with what would have been forecast as work on it began."""
    found: list[Judged] = []  # oldest first, as the pace of one needs those before it
    for position, one in reversed(list(enumerate(history[:JUDGED]))):
        began = one.ended_at - one.total
        before = [other for other in history[position + 1 : position + 1 + LOOKED_AT] if other.ended_at <= began]
        before = _of_the_same_model(before)
        if len(before) < LEAST or one.total <= 0:
            continue
        by_size = _by_size(one, before)
        found.append(Judged(one.ended_at, by_size, by_size * pace(found[::-1], began), one.total))
    return tuple(reversed(found))


def _by_size(one: Sample, before: Sequence[Sample]) -> float:
    """Seconds by its size and those before it, which never change: worked out once a process."""
    key = (one.document, one.ended_at, len(before), before[0].ended_at)
    if key not in _worked_out:
        while len(_worked_out) >= KEPT:
            _worked_out.pop(next(iter(_worked_out)), None)
        size = Size(bytes=one.size.bytes)
        model = Model.of(before, one.suffix, size)
        _worked_out[key] = sum(model.seconds(stage, size) for stage in STAGES)
    return _worked_out[key]


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


def _took(told: Told, stage: str) -> float | None:
    """Seconds from the begin of the stage to that of the next, as samples count them."""
    following = dict(pairwise(STAGES)).get(stage)
    begun, ended = told.of_name(f"{stage}.begun"), told.of_name(f"{following}.begun")
    return max(0.0, ended.at - begun.at) if begun and ended else None


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
