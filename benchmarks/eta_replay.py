"""What documents of a recorded run would have been forecast by the present code: seconds, not half an hour.

BENCH_RECORD=run.db python -m benchmarks eta     records a run
python -m benchmarks.eta_replay run.db …         forecasts it again

A forecast is made from what was on record at each moment: documents that were done by then, events said by then.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benchmarks.figure import Figure
from fathom.database import open_database
from fathom.observability.event_store import Events
from fathom.status.forecast import forecast
from fathom.status.history import Sample, history_of
from fathom.status.liveness import DocumentEvents
from fathom.uploads.repository import find_upload as uploaded

WARM_UP = 30
PIECES = (0.0, 0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Guess:
    """One forecast beside the truth: seconds left."""

    document: str
    share: float
    truth: float
    p50: float
    p90: float


def replayed(file: Path) -> list[Guess]:
    """Forecasts of every document of the run but the first WARM_UP, as work on it begins and later."""
    engine = open_database(f"sqlite:///{file}")
    samples = history_of(engine)  # newest first
    return [guess for one in samples[: len(samples) - WARM_UP] for guess in _of(engine, samples, one)]


def _of(engine: sa.Engine, samples: list[Sample], one: Sample) -> list[Guess]:
    upload = uploaded(engine, one.document)
    said = [event for event in Events(engine).of_document(one.document) if event.event]
    began = min(
        (event.at for event in said if event.event == "docling.begun" and upload and event.run == upload.run_id), default=None
    )
    if upload is None or began is None:
        return []
    found = []
    for share in PIECES:
        now = began + 0.05 + share * (one.ended_at - began)
        told = DocumentEvents.of({event.event: event for event in said if event.event and event.at <= now}, upload)
        guess = forecast([other for other in samples if other.ended_at <= now], upload, told, None, now)
        if guess.p50 is not None and guess.p90 is not None and one.ended_at > now:
            found.append(Guess(one.document, share, one.ended_at - now, guess.p50 - now, guess.p90 - now))
    return found


def figures(guesses: list[Guess]) -> list[Figure]:
    """Median error and coverage at each share."""
    found = []
    for share in PIECES:
        some = [one for one in guesses if one.share == share]
        errors = [100 * abs(one.p50 - one.truth) / one.truth for one in some]
        when = "as work begins" if share == 0 else f"after {share:.0%} of its time"
        covered = 100 * statistics.mean(one.truth <= one.p90 for one in some)
        wide = statistics.median(one.p90 / one.p50 for one in some)
        found.append(Figure(f"ETA error, {when}", statistics.median(errors), "% median", note=f"{len(some)} documents"))
        found.append(Figure(f"done by the p90, {when}", covered, "%", note=f"the p90 is {wide:.2f} times the p50"))
    return found


if __name__ == "__main__":
    for recorded in map(Path, sys.argv[1:]):
        for figure in figures(replayed(recorded)):
            print(f"{recorded.name}: {figure.name} {figure.value:.1f} {figure.unit}; {figure.note}")
