"""Forecasts when a document will be done, from the durations of finished documents of this deployment only.

The regression of each phase gives the time for the document's size, the last few finished documents give the current pace of
the host, and the document's finished phases its own pace. The errors of past forecasts made at the start of the same phase
give the p90. There is no forecast before enough documents are finished.
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

MIN_SAMPLES = 3  # finished documents before there is a forecast
MAX_CALIBRATED = 80  # newest documents whose forecast errors give the p90 and the published errors
MIN_CALIBRATED = 8
DEFAULT_P90_RATIO = 1.8  # p90 over p50 while too few past forecasts are known
MAX_FITTED = 100  # finished documents that the rates are fitted to
MAX_PACED, PACE_EXPONENT, MAX_PACE = 5, 0.7, 4.0  # documents that give the pace, the exponent that damps it, its bounds
OWN_STAGE = 0.4  # weight of the document's own pace in its finished phases
ORDER = tuple(PHASES)
KEPT = 1000

__all__ = ["Forecast", "errors", "forecast", "history_of"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The median and the 90th percentile of the completion time, in seconds since 1970; None: unknown."""

    p50: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class PastForecast:
    """A finished document and its past forecasts in seconds: by size alone (`by_size`), and at the pace of that time (`p50`).

    `off` is the ratio of the true to the forecast remaining time at the start of each phase.
    """

    ended_at: float
    by_size: float
    p50: float
    truth: float
    off: tuple[float, ...]


_models_in_progress: dict[tuple[str, float, int, str, Size], Model] = {}
_models_at_start: dict[tuple[str, float, int, float], tuple[tuple[Model, Size], ...]] = {}


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted model: the rate of each phase, and the ratio of each sample to it, with the sample's weight."""

    rates: dict[str, Rate]
    off: dict[str, tuple[tuple[float, float], ...]]

    @classmethod
    def of(cls, samples: Sequence[Sample], suffix: str, size: Size) -> Model:
        """Fits the model for a document of this type and known size."""
        weight = weights(samples, suffix)
        rates = {phase: rate_of(phase, samples, weight, size) for phase in PHASES}
        off = {
            phase: tuple(
                (max(0.02, sample.seconds(phase)) / rates[phase](sample.size), w)
                for sample, w in zip(samples, weight, strict=True)
            )
            for phase in PHASES
        }
        return cls(rates, off)

    def seconds(self, phase: str, size: Size) -> float:
        """Returns the median seconds of the phase."""
        return self.rates[phase](size) * _middle(self.off[phase])


def forecast(
    history: Sequence[Sample],
    upload: Upload,
    events: DocumentEvents,
    queue: QueuePosition | None,
    now: float,
    until: float | None = None,
) -> Forecast:
    """Forecasts when the document will be done; unknown with fewer than MIN_SAMPLES samples.

    `until` is when a document that is held back (rate limit, budget, outage of a component) continues by itself.
    """
    samples = _of_the_same_model(history)
    if len(samples) < MIN_SAMPLES:
        return Forecast()
    held = max(0.0, until - now) if until is not None else 0.0
    wait = 0.0
    if queue is not None:
        typical = statistics.median(sample.total for sample in samples)
        wait = typical * (queue.waiting_before + 0.5 * queue.in_hand) / max(1, queue.runs_at_once)
    size = _known(upload, events)
    past_forecasts = _past_forecasts(tuple(history))
    model = _model(samples[:MAX_FITTED], suffix_of(upload.document), size)
    phase, begun = _present(events)
    took = {name: seconds for name in ORDER if (seconds := _took(events, name)) is not None}
    expected = remaining_phase_seconds(model, size, phase, took, pace(past_forecasts))
    whole = wait + sum(expected)
    left = whole - expected[0] + _left(expected[0], now - begun, _share(events, phase)) if begun is not None else whole
    # the uncertainty shrinks more slowly than the remaining work
    doubt = (_factor([known.off[ORDER.index(phase)] for known in past_forecasts]) - 1.0) * math.sqrt(left * whole)
    return Forecast(now + held + left, now + held + left + doubt)


def remaining_phase_seconds(model: Model, size: Size, phase: str, took: Mapping[str, float], pace: float = 1.0) -> list[float]:
    """Returns the seconds of this phase and each later one, by the model at this pace and the document's own pace, if known."""
    log_pace = math.log(pace)
    at = ORDER.index(phase)
    if past := [name for name in ORDER[:at] if name in took]:
        expected = sum(model.seconds(name, size) for name in past)
        own = math.log(_within(sum(took[name] for name in past) / expected))
        log_pace += OWN_STAGE * (own - log_pace)
    return [model.seconds(name, size) * math.exp(log_pace) for name in ORDER[at:]]


def _left(expected: float, elapsed: float, share: float) -> float:
    """Returns the remaining seconds of a phase that has run for `elapsed` seconds and is done to this share."""
    if not share:
        return max(expected - elapsed, 0.15 * expected)
    left = expected * (1 - share)
    if share < 0.2:
        return left
    return elapsed * (1 - share) + (1 - share) * left  # the weight of its own pace grows with the share


def errors(history: Sequence[Sample]) -> tuple[float, float] | None:
    """Returns the median relative error of past forecasts made at the start, and the share done by their p90."""
    past_forecasts = _past_forecasts(tuple(history))
    relative, covered = [], []
    for position, past in enumerate(past_forecasts):
        relative.append(abs(past.p50 - past.truth) / past.truth)
        covered.append(past.truth <= past.p50 * _factor([before.off[0] for before in past_forecasts[position + 1 :]]))
    return (statistics.median(relative), statistics.mean(covered)) if relative else None


def pace(past_forecasts: Sequence[PastForecast], began: float = math.inf) -> float:
    """Returns the ratio of the true to the modelled duration of the last documents that ended before `began`, damped.

    `past_forecasts` is newest first. The load of a shared host lasts for minutes, so the last few documents of any size
    predict it better than all documents of the same size.
    """
    last = [math.log(_within(past.truth / past.by_size)) for past in past_forecasts if past.ended_at <= began][:MAX_PACED]
    return math.exp(PACE_EXPONENT * statistics.median(last)) if last else 1.0


def _within(ratio: float) -> float:
    return min(MAX_PACE, max(1 / MAX_PACE, ratio))


def _factor(off: Sequence[float]) -> float:
    """Returns the ratio of p90 to p50: the 90th percentile of the ratios `off`."""
    if len(off) < MIN_CALIBRATED:
        return DEFAULT_P90_RATIO
    ordered = sorted(off[:MAX_CALIBRATED])
    return max(1.05, ordered[min(len(ordered) - 1, int(0.9 * (len(ordered) + 1)))])


@lru_cache(maxsize=4)
def _past_forecasts(history: tuple[Sample, ...]) -> tuple[PastForecast, ...]:
    """Returns the newest documents, newest first, each with the forecast that would have been made at its start."""
    found: list[PastForecast] = []  # oldest first, as the pace needs the documents before
    for position, sample in reversed(list(enumerate(history[:MAX_CALIBRATED]))):
        began = sample.ended_at - sample.total
        before = [other for other in history[position + 1 : position + 1 + MAX_FITTED] if other.ended_at <= began]
        before = _of_the_same_model(before)
        if len(before) < MIN_SAMPLES or sample.total <= 0:
            continue
        models, now = _models(sample, before), pace(found[::-1], began)
        took = dict(zip(ORDER, sample.took, strict=True))
        guessed = [
            sum(remaining_phase_seconds(model, known, phase, took, now))
            for phase, (model, known) in zip(ORDER, models, strict=True)
        ]
        truths = [sum(sample.took[at:]) for at in range(len(ORDER))]
        off = tuple(max(0.02, truth) / guess for truth, guess in zip(truths, guessed, strict=True))
        found.append(PastForecast(sample.ended_at, guessed[0] / now, guessed[0], sample.total, off))
    return tuple(reversed(found))


def _model(samples: Sequence[Sample], suffix: str, size: Size) -> Model:
    """Returns the cached model for a document in progress, which is valid until another document is finished."""
    key = (samples[0].document, samples[0].ended_at, len(samples), suffix, size)
    if key not in _models_in_progress:
        while len(_models_in_progress) >= KEPT // 10:
            _models_in_progress.pop(next(iter(_models_in_progress)), None)
        _models_in_progress[key] = Model.of(samples, suffix, size)
    return _models_in_progress[key]


def _models(sample: Sample, before: Sequence[Sample]) -> tuple[tuple[Model, Size], ...]:
    """Returns, for the start of each phase, the cached model of the earlier documents and the size known by then."""
    key = (sample.document, sample.ended_at, len(before), before[0].ended_at)
    if key not in _models_at_start:
        while len(_models_at_start) >= KEPT:
            _models_at_start.pop(next(iter(_models_at_start)), None)
        whole = sample.size
        first, validated = Size(whole.bytes), Size(whole.bytes, whole.pages, whole.words)
        models = {known: Model.of(before, sample.suffix, known) for known in (first, validated, whole)}
        _models_at_start[key] = tuple((models[known], known) for known in (first, validated, validated, whole, whole))
    return _models_at_start[key]


def _of_the_same_model(history: Sequence[Sample]) -> list[Sample]:
    """Returns the samples of the current language model: others have other durations."""
    now = history[0].model if history else None
    return [sample for sample in history if sample.model == now]


def _known(upload: Upload, events: DocumentEvents) -> Size:
    validated, converted, created = (
        events.of_name(name) for name in ("validation.complete", "docling.complete", "chunking.created")
    )
    return Size(
        bytes=float(upload.size),
        pages=validated.number("pages") if validated else None,
        words=converted.number("words") if converted else None,
        chunks=created.number("chunks") if created else None,
    )


def _took(events: DocumentEvents, phase: str) -> float | None:
    """Returns the seconds from the start of the phase to that of the next."""
    following = dict(pairwise(ORDER)).get(phase)
    begun, ended = events.of_name(PHASES[phase]), events.of_name(PHASES[following]) if following else None
    return max(0.0, ended.at - begun.at) if begun and ended else None


def _present(events: DocumentEvents) -> tuple[str, float | None]:
    for phase in reversed(ORDER):
        if (begun := events.of_name(PHASES[phase])) is not None:
            return phase, begun.at
    return ORDER[0], None


def _share(events: DocumentEvents, phase: str) -> float:
    counted = {"converting": ("docling.page", "page", "pages"), "writing": ("graphiti.written", "chunk", "chunks")}
    if phase not in counted:
        return 0.0
    name, done, total = counted[phase]
    event = events.of_name(name)
    if event is None or not event.number(total):
        return 0.0
    return min(1.0, (event.number(done) or 0.0) / (event.number(total) or 1.0))


def _middle(off: Sequence[tuple[float, float]]) -> float:
    """Returns the weighted median."""
    half, seen = sum(w for _, w in off) / 2, 0.0
    for value, w in sorted(off):
        seen += w
        if seen >= half:
            return value
    return 1.0
