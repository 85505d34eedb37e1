"""When a document will be done: from what finished documents of this deployment took, never from an assumption.

The rates of its phases say what its size makes of it, the last few finished documents how fast this host is at the moment,
and the phases it has behind it how much it is like them. How far off forecasts have been here so far, made as the same phase
began, gives the p90. Before there are enough finished documents there is no forecast.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from fathom.status.duration_regression import Rate, rate_of, weights
from fathom.status.history import PHASES, Sample, Size, history_of, suffix_of
from fathom.status.liveness import DocumentEvents
from fathom.status.queue_position import QueuePosition
from fathom.uploads.upload import Upload

MIN_SAMPLES = 3  # finished documents before anything is forecast
MAX_CALIBRATED = 80  # of the newest, by whose forecasts the p90 and the published errors are made
MIN_CALIBRATED = 8
UNSURE = 1.8  # p90 over p50 while too few forecasts were judged
LOOKED_AT = 100  # finished documents that the rates are made from
PACED, TRUSTED, MOST_PACE = 5, 0.7, 4.0  # documents the pace is read from, how far it is trusted, its bounds
OWN_STAGE = 0.4  # how much what the document is done with says of the rest
ORDER = tuple(PHASES)
KEPT = 1000

__all__ = ["Forecast", "errors", "forecast", "history_of"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When it will be done, in seconds since 1970: as likely before as after, and nine times of ten before; None: unknown."""

    p50: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class PastForecast:
    """A finished document beside what was forecast as work on it began: by its size alone, and at the pace of the moment.

    `off` is how many times its p50 was left in truth, as each phase began.
    """

    ended_at: float
    by_size: float
    p50: float
    truth: float
    off: tuple[float, ...]


_on_the_way: dict[tuple[str, float, int, str, Size], Model] = {}
_worked_out: dict[tuple[str, float, int, float], tuple[tuple[Model, Size], ...]] = {}


@dataclass(frozen=True, slots=True)
class Model:
    """What the finished documents say of one: the rate of each phase; by what factor each was off, with its weight."""

    rates: dict[str, Rate]
    off: dict[str, tuple[tuple[float, float], ...]]

    @classmethod
    def of(cls, samples: Sequence[Sample], suffix: str, size: Size) -> Model:
        """The model for a document of this type, of which this size is known."""
        weight = weights(samples, suffix)
        rates = {phase: rate_of(phase, samples, weight, size) for phase in PHASES}
        off = {
            phase: tuple(
                (max(0.02, one.seconds(phase)) / rates[phase](one.size), w) for one, w in zip(samples, weight, strict=True)
            )
            for phase in PHASES
        }
        return cls(rates, off)

    def seconds(self, phase: str, size: Size) -> float:
        """Seconds of the phase, as likely more as less."""
        return self.rates[phase](size) * _middle(self.off[phase])


def forecast(
    history: Sequence[Sample],
    upload: Upload,
    told: DocumentEvents,
    queue: QueuePosition | None,
    now: float,
    until: float | None = None,
) -> Forecast:
    """When the document will be done, by these samples; unknown while there are fewer than MIN_SAMPLES.

    `until` is when it goes on by itself where something holds it now: a rate limit, a budget, a part that was away.
    """
    samples = _of_the_same_model(history)
    if len(samples) < MIN_SAMPLES:
        return Forecast()
    held = max(0.0, until - now) if until is not None else 0.0
    wait = 0.0
    if queue is not None:
        typical = statistics.median(one.total for one in samples)
        wait = typical * (queue.waiting_before + 0.5 * queue.in_hand) / max(1, queue.runs_at_once)
    size = _known(upload, told)
    judged = _judged(tuple(history))
    model = _model(samples[:LOOKED_AT], suffix_of(upload.document), size)
    phase, begun = _present(told)
    took = {name: seconds for name in ORDER if (seconds := _took(told, name)) is not None}
    expected = remaining_phase_seconds(model, size, phase, took, pace(judged))
    whole = wait + sum(expected)
    left = whole - expected[0] + _left(expected[0], now - begun, _share(told, phase)) if begun is not None else whole
    # of work that is half done more than half of the doubt is left
    doubt = (_factor([one.off[ORDER.index(phase)] for one in judged]) - 1.0) * math.sqrt(left * whole)
    return Forecast(now + held + left, now + held + left + doubt)


def remaining_phase_seconds(model: Model, size: Size, phase: str, took: Mapping[str, float], pace: float = 1.0) -> list[float]:
    """Seconds of this phase and of each after it, by the model at that pace; at the document's own where it has shown one."""
    log_pace = math.log(pace)
    at = ORDER.index(phase)
    if past := [name for name in ORDER[:at] if name in took]:
        expected = sum(model.seconds(name, size) for name in past)
        own = math.log(_within(sum(took[name] for name in past) / expected))
        log_pace += OWN_STAGE * (own - log_pace)
    return [model.seconds(name, size) * math.exp(log_pace) for name in ORDER[at:]]


def _left(expected: float, elapsed: float, share: float) -> float:
    """Seconds left of a stage that began so many seconds ago, of which that share is seen to be done."""
    if not share:
        return max(expected - elapsed, 0.15 * expected)
    left = expected * (1 - share)
    if share < 0.2:
        return left
    return elapsed * (1 - share) + (1 - share) * left  # its own pace counts the more, the more of it was seen


def errors(history: Sequence[Sample]) -> tuple[float, float] | None:
    """Of forecasts made when work began, by the documents finished before: median relative error, share done by the p90."""
    judged = _judged(tuple(history))
    relative, covered = [], []
    for position, one in enumerate(judged):
        relative.append(abs(one.p50 - one.truth) / one.truth)
        covered.append(one.truth <= one.p50 * _factor([before.off[0] for before in judged[position + 1 :]]))
    return (statistics.median(relative), statistics.mean(covered)) if relative else None


def pace(judged: Sequence[PastForecast], began: float = math.inf) -> float:
    """How many times what their sizes say the last documents took, of those that were done before `began`; newest first.

    A host that others use is slow for minutes: what all of a size took this hour says less than the last few of any size.
    """
    last = [math.log(_within(one.truth / one.by_size)) for one in judged if one.ended_at <= began][:PACED]
    return math.exp(TRUSTED * statistics.median(last)) if last else 1.0


def _within(ratio: float) -> float:
    return min(MOST_PACE, max(1 / MOST_PACE, ratio))


def _factor(off: Sequence[float]) -> float:
    """How many times its p50 nine of ten documents took at most."""
    if len(off) < MIN_CALIBRATED:
        return UNSURE
    ordered = sorted(off[:MAX_CALIBRATED])
    return max(1.05, ordered[min(len(ordered) - 1, int(0.9 * (len(ordered) + 1)))])


@lru_cache(maxsize=4)
def _judged(history: tuple[Sample, ...]) -> tuple[PastForecast, ...]:
    """The newest, newest first, each with what would have been forecast as work on it began."""
    found: list[PastForecast] = []  # oldest first, as the pace of one needs those before it
    for position, one in reversed(list(enumerate(history[:MAX_CALIBRATED]))):
        began = one.ended_at - one.total
        before = [other for other in history[position + 1 : position + 1 + LOOKED_AT] if other.ended_at <= began]
        before = _of_the_same_model(before)
        if len(before) < MIN_SAMPLES or one.total <= 0:
            continue
        models, now = _models(one, before), pace(found[::-1], began)
        took = dict(zip(ORDER, one.took, strict=True))
        guessed = [
            sum(remaining_phase_seconds(model, known, phase, took, now))
            for phase, (model, known) in zip(ORDER, models, strict=True)
        ]
        truths = [sum(one.took[at:]) for at in range(len(ORDER))]
        off = tuple(max(0.02, truth) / guess for truth, guess in zip(truths, guessed, strict=True))
        found.append(PastForecast(one.ended_at, guessed[0] / now, guessed[0], one.total, off))
    return tuple(reversed(found))


def _model(samples: Sequence[Sample], suffix: str, size: Size) -> Model:
    """The model of a document that is on its way, which stays the same until another one is finished."""
    key = (samples[0].document, samples[0].ended_at, len(samples), suffix, size)
    if key not in _on_the_way:
        while len(_on_the_way) >= KEPT // 10:
            _on_the_way.pop(next(iter(_on_the_way)), None)
        _on_the_way[key] = Model.of(samples, suffix, size)
    return _on_the_way[key]


def _models(one: Sample, before: Sequence[Sample]) -> tuple[tuple[Model, Size], ...]:
    """As each phase of it began: the model of those before it, which never change, and its size as far as that was known."""
    key = (one.document, one.ended_at, len(before), before[0].ended_at)
    if key not in _worked_out:
        while len(_worked_out) >= KEPT:
            _worked_out.pop(next(iter(_worked_out)), None)
        whole = one.size
        first, looked_at = Size(whole.bytes), Size(whole.bytes, whole.pages, whole.words)
        models = {known: Model.of(before, one.suffix, known) for known in (first, looked_at, whole)}
        _worked_out[key] = tuple((models[known], known) for known in (first, looked_at, looked_at, whole, whole))
    return _worked_out[key]


def _of_the_same_model(history: Sequence[Sample]) -> list[Sample]:
    """Samples of the language model that is at work now: another one takes other times."""
    now = history[0].model if history else None
    return [one for one in history if one.model == now]


def _known(upload: Upload, told: DocumentEvents) -> Size:
    validated, converted, created = (
        told.of_name(name) for name in ("validation.complete", "docling.complete", "chunking.created")
    )
    return Size(
        bytes=float(upload.size),
        pages=validated.number("pages") if validated else None,
        words=converted.number("words") if converted else None,
        chunks=created.number("chunks") if created else None,
    )


def _took(told: DocumentEvents, phase: str) -> float | None:
    """Seconds from the begin of the phase to that of the next, as samples count them."""
    following = dict(pairwise(ORDER)).get(phase)
    begun, ended = told.of_name(PHASES[phase]), told.of_name(PHASES[following]) if following else None
    return max(0.0, ended.at - begun.at) if begun and ended else None


def _present(told: DocumentEvents) -> tuple[str, float | None]:
    for phase in reversed(ORDER):
        if (begun := told.of_name(PHASES[phase])) is not None:
            return phase, begun.at
    return ORDER[0], None


def _share(told: DocumentEvents, phase: str) -> float:
    counted = {"converting": ("docling.page", "page", "pages"), "writing": ("graphiti.written", "chunk", "chunks")}
    if phase not in counted:
        return 0.0
    name, done, total = counted[phase]
    event = told.of_name(name)
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
