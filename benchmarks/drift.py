"""False alarms of drift in years of daily looks, beside a test at 5 % a look; and the days until a shift is found.

Five new documents a day; each look compares the newest fifty with the fifty of the reference. `python -m benchmarks drift 20`
takes so many years of each kind of data.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices this small take ten times as long in several threads

import numpy as np

from benchmarks.figure import Figure
from fathom.quality.drift import DriftResult, Look, compare_categories, compare_embeddings, compare_values, look_level
from fathom.quality.drift.look_budget import DAY_S
from fathom.thresholds import THRESHOLDS

YEARS = 100
DAYS, NEW, WINDOW = 365, 5, 50
# A year's budget of a metric that makes false alarms countable: at the .05 of the product, 100 years would have five at most.
BUDGET = 0.5
USUAL = 0.05  # of each look, as a test is used without a correction
SHIFTED_RUNS = 20
TYPES = tuple("ABCDEF")

Make = Callable[[np.random.Generator, int], Sequence[Any]]
Compare = Callable[[Sequence[Any], Sequence[Any], Look], list[DriftResult]]


def values(draw: Callable[[np.random.Generator, int], Any]) -> Make:
    """A value a document."""
    return lambda rng, count: draw(rng, count).tolist()


def clustered(rng: np.random.Generator, count: int) -> Sequence[Any]:
    """Documents of two hundred entities each, most of them of a type or two."""
    return [
        dict(zip(TYPES, rng.multinomial(200, rng.dirichlet([0.4] * len(TYPES))).tolist(), strict=True)) for _ in range(count)
    ]


def vectors(rng: np.random.Generator, count: int) -> Sequence[Any]:
    """Embeddings of some subjects: documents of a subject resemble each other."""
    subjects = np.random.default_rng(0).normal(size=(8, 96))
    return list(subjects[rng.integers(0, 8, count)] + rng.normal(size=(count, 96)))


def by_vectors(reference: Sequence[Any], current: Sequence[Any], look: Look) -> list[DriftResult]:
    """Both methods for embeddings."""
    return compare_embeddings("embeddings", np.array(reference), np.array(current), look)


def by_values(reference: Sequence[Any], current: Sequence[Any], look: Look) -> list[DriftResult]:
    """Both methods for values."""
    return compare_values("value", reference, current, look)


def by_types(reference: Sequence[Any], current: Sequence[Any], look: Look) -> list[DriftResult]:
    """The one method for categories."""
    return [compare_categories("types", reference, current, look)]


KINDS: dict[str, tuple[Make, Compare]] = {
    "normal": (values(lambda rng, count: rng.normal(size=count)), by_values),
    "t3": (values(lambda rng, count: rng.standard_t(3, size=count)), by_values),
    "lognormal": (values(lambda rng, count: rng.lognormal(size=count)), by_values),
    "counts with ties": (values(lambda rng, count: rng.poisson(2, size=count)), by_values),
    "entities clustered by document": (clustered, by_types),
    "embeddings": (vectors, by_vectors),
}
SHIFTS: dict[str, tuple[Callable[[Sequence[Any]], Sequence[Any]], str]] = {
    "normal": (lambda some: [value + 1.0 for value in some], "a standard deviation"),
    "entities clustered by document": (lambda some: [{**one, "A": one["A"] + 200} for one in some], "half of the entities"),
    "embeddings": (lambda some: [one + 0.3 for one in some], ".3 in each dimension"),
}


def windows(make: Make, seed: int, days: int) -> tuple[Sequence[Any], Iterator[Sequence[Any]]]:
    """A reference, and the newest documents of each day."""
    documents = make(np.random.default_rng(seed), 2 * WINDOW + NEW * days)
    return documents[:WINDOW], (documents[WINDOW + NEW * day : 2 * WINDOW + NEW * day] for day in range(days))


def alarmed(kind: str, level: float, year: int, days: int) -> bool:
    """Whether any day of a year without drift has an alarm."""
    make, compare = KINDS[kind]
    reference, current = windows(make, year, days)
    return any(result.drifted for window in current for result in compare(reference, window, Look(level)))


def days_until_found(kind: str, run: int) -> int:
    """The days from a shift of every new document until it is found, at the level of daily looks of the product."""
    make, compare = KINDS[kind]
    reference, current = windows(make, run, 3 * WINDOW // NEW)
    shifted = SHIFTS[kind][0]
    level = look_level(DAY_S, THRESHOLDS.drift.max_false_alarms_a_year)
    assert level is not None
    for day, window in enumerate(current):
        new = min(NEW * day, WINDOW)
        mixed = [*window[: WINDOW - new], *shifted(window[WINDOW - new :])]
        if any(result.drifted for result in compare(reference, mixed, Look(level))):
            return day
    return 3 * WINDOW // NEW


def measure(years: int) -> list[Figure]:
    """Years with a false alarm, corrected and not, and the delay of true ones."""
    level = look_level(DAY_S, BUDGET)
    assert level is not None
    figures = []
    for kind in KINDS:
        ours = sum(alarmed(kind, level, year, DAYS) for year in range(years)) / years
        # a twentieth of the days is enough to see what no correction gives
        theirs = sum(alarmed(kind, USUAL, year, DAYS // 5) for year in range(years // 3)) / (years // 3)
        note = f"{years} years; the peer's: {years // 3} of {DAYS // 5} days"
        figures.append(Figure(f"years with a false alarm, {kind}", ours, "", "5 % a look", theirs, f"≤ {BUDGET}", note))
    for kind, (_, size) in SHIFTS.items():
        days = float(np.median([days_until_found(kind, run) for run in range(SHIFTED_RUNS)]))
        figures.append(Figure(f"days until found, {kind}", days, "days", note=f"shift by {size}; {NEW} of {WINDOW} new a day"))
    return figures


def main() -> int:
    """Prints the figures; exit code 1 where a kind of data has more false alarms than the budget."""
    figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else YEARS)
    print(json.dumps([figure.as_dict() for figure in figures]))
    return int(any(figure.value > BUDGET for figure in figures if figure.peer))


if __name__ == "__main__":
    sys.exit(main())
