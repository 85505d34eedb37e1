"""Looking often costs no more false alarms than the yearly budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from fathom.quality.drift import DriftMethod, Look, compare_categories, compare_values, look_level
from fathom.quality.drift.look_budget import DAY_S, MAX_INTERVAL_S, MIN_INTERVAL_S, YEAR_S
from fathom.thresholds import THRESHOLDS

PER_YEAR = THRESHOLDS.drift.max_false_alarms_a_year
YEARS, LOOKS, BUDGET = 14, 15, 0.2  # `python -m benchmarks drift` shows the same over years of daily looks


@pytest.mark.parametrize("interval", [DAY_S, 7 * DAY_S, MIN_INTERVAL_S, DAY_S / 3])
def test_a_year_of_looks_spends_the_budget_whatever_their_interval(interval: float) -> None:
    levels = [look_level(interval, PER_YEAR)] * round(YEAR_S / interval)
    assert sum(level for level in levels if level) == pytest.approx(PER_YEAR, rel=0.01)


def test_looks_at_irregular_times_spend_no_more() -> None:
    times = np.sort(np.random.default_rng(1).uniform(0, YEAR_S, 500))
    spent, last = 0.0, 0.0
    for at in times:
        if level := look_level(float(at - last), PER_YEAR):
            spent, last = spent + level, float(at)
    assert 0 < spent <= PER_YEAR


def test_nobody_saves_up_for_a_lenient_look() -> None:
    assert look_level(YEAR_S, PER_YEAR) == look_level(MAX_INTERVAL_S, PER_YEAR)


@pytest.mark.parametrize("since", [0.0, MIN_INTERVAL_S - 1, -DAY_S, float("nan")])
def test_it_is_too_early_for_a_look_soon_after_the_last_and_where_the_clock_went_back(since: float) -> None:
    assert look_level(since, PER_YEAR) is None


def rolling(seed: int) -> tuple[Sequence[float], list[Sequence[float]]]:
    """A reference, and the newest thirty values at each look, half of them new; all of one distribution with a heavy tail."""
    values = np.random.default_rng(seed).standard_t(3, size=60 + 15 * LOOKS).tolist()
    return values[:30], [values[30 + 15 * look : 60 + 15 * look] for look in range(LOOKS)]


def years_with_alarms(level: float) -> dict[DriftMethod, int]:
    found = dict.fromkeys((DriftMethod.KS, DriftMethod.PSI), 0)
    for year in range(YEARS):
        reference, windows = rolling(year)
        alarmed = set()
        for window in windows:
            results = compare_values("entities", reference, window, Look(level))
            alarmed |= {result.method for result in results if result.drifted}
        for method in alarmed:
            found[method] += 1
    return found


def test_looking_again_and_again_raises_no_more_false_alarms_than_the_budget() -> None:
    """Half of the budget is for each of two methods; a twentieth at each look, as is usual, is far above it."""
    corrected = years_with_alarms(BUDGET / LOOKS)
    assert all(years <= 0.5 * BUDGET * YEARS + 2 for years in corrected.values())
    uncorrected = years_with_alarms(2 * 0.05)
    assert sum(uncorrected.values()) >= 2 * BUDGET * YEARS


def test_documents_of_clustered_entities_raise_no_false_alarms_either() -> None:
    alarms = 0
    for year in range(20):
        rng = np.random.default_rng(year)
        documents = [dict(enumerate_counts(rng)) for _ in range(80 + 10 * 10)]
        windows = (documents[40 + 10 * look : 80 + 10 * look] for look in range(10))
        alarms += any(compare_categories("types", documents[:40], window, Look(BUDGET / 10)).drifted for window in windows)
    assert alarms <= 20 * BUDGET + 4


def enumerate_counts(rng: np.random.Generator) -> list[tuple[str, int]]:
    """The entities of a document, most of them of a type of its own."""
    shares = rng.dirichlet([0.3] * 5)
    return [(f"type {number}", int(count)) for number, count in enumerate(rng.multinomial(200, shares))]
