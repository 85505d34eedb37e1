"""A document is compared with documents alike: what is far from usual fails, and too few of them judge nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from checks.usual_episodes import USUAL_CHECKS, ComparedWrite
from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.quality.usual_figures import MIN_ALIKE, UsualFigures, usual_figures
from tests.checks.test_each_check_can_fail import GOOD_WRITE

USUAL = UsualFigures(facts=4.0, entities=6.0, cost_usd=0.01, seconds=0.5)
WRITE = GOOD_WRITE.model_copy(update={"facts": 8, "cost_usd": 0.01, "seconds_extracting": 0.4, "seconds_writing": 0.1})
BROKEN = {
    "yield_is_usual": {"facts": 1},
    "cost_is_usual": {"cost_usd": 0.05},
    "time_is_usual": {"seconds_extracting": 9.0},
}


@pytest.mark.parametrize("check", USUAL_CHECKS, ids=lambda check: check.name)
def test_what_is_far_from_usual_fails_and_only_that(check) -> None:
    assert check.evaluate(ComparedWrite(WRITE, USUAL)).outcome.passed
    odd = ComparedWrite(WRITE.model_copy(update=BROKEN[check.name]), USUAL)
    failed = check.evaluate(odd)
    assert not failed.outcome.passed
    assert (failed.measured, failed.threshold, failed.blocks) != (None, None, True)
    assert all(other.evaluate(odd).outcome.passed for other in USUAL_CHECKS if other is not check)
    assert check.evaluate(ComparedWrite(odd.report, UsualFigures())).outcome.passed


def test_documents_alike_are_of_the_collection_and_type_then_of_the_type_then_all(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/fathom.db")
    history, now = MetricHistory(engine), time.time() - 120

    def measured(count: int, value: float, collection: str, kind: str) -> None:
        labels = {"collection": collection, "file_type": kind}
        history.record(MetricSample("facts_per_chunk", value, now - 60 * number, labels) for number in range(count))

    assert usual_figures(engine, "c/a.pdf").facts is None
    measured(MIN_ALIKE, 2.0, "other", "docx")
    assert usual_figures(engine, "c/a.pdf").facts == 2.0
    measured(3 * MIN_ALIKE, 5.0, "other", "pdf")
    assert usual_figures(engine, "c/a.pdf").facts == 5.0
    measured(MIN_ALIKE, 9.0, "c", "pdf")
    assert usual_figures(engine, "c/a.pdf") == UsualFigures(facts=9.0)
