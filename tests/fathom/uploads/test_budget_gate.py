"""A document whose money is spent waits, uncounted, and goes on by itself when there is enough for its next question."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.errors import BudgetSpent
from fathom.operations.document_rows import documents_by_id
from fathom.tables import llm_calls, llm_reservations, money_waits
from fathom.uploads.intake import Intake

DAY = 86_400.0
NOON = (time.time() // DAY) * DAY + DAY / 2


@pytest.fixture
def stopped(desk: Any) -> Intake:
    """A document that spent 90 cents and whose next question may cost 20."""
    desk.drop("law/a.txt")
    intake: Intake = desk.intake()
    intake.look(NOON)
    (run,) = intake.plan_runs(0, NOON)
    intake.mark_running("law/a.txt", run_id="r1", now=NOON)
    row = {
        "at": NOON,
        "day": time.strftime("%Y-%m-%d", time.gmtime(NOON)),
        "document": "law/a.txt",
        "model": "m",
        "prompt": "p",
    }
    figures = dict.fromkeys(("tokens_in", "cache_read", "cache_write", "tokens_out", "saved_usd", "seconds"), 0)
    with intake.engine.begin() as connection:
        connection.execute(llm_calls.insert().values(**row, **figures, outcome="complete", cost_usd=0.9))
        connection.execute(money_waits.insert().values(document="law/a.txt", needed_usd=0.2, since=NOON))
    error = BudgetSpent("No money.", document="law/a.txt")
    intake.mark_failed("law/a.txt", run.versions[0], error=error, run_id="r1", stage="graphiti", now=NOON)
    return intake


def planned(intake: Intake, now: float) -> list[tuple[str, ...]]:
    return [run.documents for run in intake.plan_runs(0, now)]


def test_it_is_shown_as_paused_and_no_try_is_counted(desk: Any, stopped: Intake) -> None:
    (row,) = documents_by_id(desk.settings, ["law/a.txt"])
    assert (row.state, row.reason, row.attempts) == ("paused: budget", "BudgetSpent", 0)


def test_it_waits_for_the_next_day(desk: Any, stopped: Intake) -> None:
    intake = desk.intake(budget_usd_per_day=1.0)
    assert planned(intake, NOON + 3600) == []
    assert planned(intake, NOON + DAY) == [("law/a.txt",)]


@pytest.mark.parametrize(("limit", "goes_on"), [(1.0, False), (1.2, True), (None, True)])
def test_it_goes_on_when_the_days_budget_is_raised_enough(desk: Any, stopped: Intake, limit: float, goes_on: bool) -> None:
    assert bool(planned(desk.intake(budget_usd_per_day=limit), NOON + 60)) is goes_on


@pytest.mark.parametrize(("limit", "goes_on"), [(1.0, False), (1.2, True), (None, True)])
def test_it_goes_on_when_its_own_budget_is_raised_enough(desk: Any, stopped: Intake, limit: float, goes_on: bool) -> None:
    assert bool(planned(desk.intake(budget_usd_per_document=limit), NOON + DAY)) is goes_on


def test_another_document_is_not_held_back(desk: Any, stopped: Intake) -> None:
    intake = desk.intake(budget_usd_per_day=1.0)
    desk.drop("law/b.txt")
    intake.look(NOON)
    assert planned(intake, NOON + 60) == [("law/b.txt",)]


@pytest.mark.parametrize("batch", [False, True])
def test_what_a_run_that_died_held_is_held_no_longer(desk: Any, batch: bool) -> None:
    """But for message batches, where the question goes on without it."""
    desk.drop("law/a.txt")
    intake: Intake = desk.intake(llm_batch=batch)
    intake.look(NOON)
    (run,) = intake.plan_runs(0, NOON)
    intake.mark_running("law/a.txt", run_id="r1", now=NOON)
    held = {"day": "2026-01-01", "model": "m", "prompt": "p", "usd": 0.2, "expected_usd": 0.1, "expires_at": NOON + DAY}
    with intake.engine.begin() as connection:
        for document in ("law/a.txt", "law/b.txt"):
            connection.execute(llm_reservations.insert().values(id=document, document=document, **held))
    intake.reconcile({run.run_key: "ended"}, NOON + 60)
    with intake.engine.connect() as connection:
        until = dict(connection.execute(sa.select(llm_reservations.c.document, llm_reservations.c.expires_at)).tuples().all())
    assert until == {"law/a.txt": NOON + (DAY if batch else 60), "law/b.txt": NOON + DAY}
