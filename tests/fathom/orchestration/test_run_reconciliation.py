"""Documents of a run that is over without an outcome wait for their next try, whoever told Dagster of its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from fathom.orchestration import run_submission
from fathom.orchestration.dagster_home import write_dagster_home
from fathom.orchestration.run_reconciliation import RUN_KEY_TAG, DeadRunWatch
from fathom.settings import Settings
from fathom.uploads.intake import open_intake


@dg.job
def nothing() -> None:
    """A job that a run can be of."""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a home with a document in the inbox."""
    made = Settings(home=tmp_path / "h")
    write_dagster_home(made)
    place = made.inbox_path / "a" / "b.md"
    place.parent.mkdir(parents=True)
    place.write_text("# Harbour")
    yield made
    run_submission._instance.cache_clear()


def started(settings: Settings) -> tuple[dg.DagsterInstance, dg.DagsterRun]:
    """Dagster's instance, and a run that has the document in hand."""
    intake = open_intake(settings)
    while intake.state_of("a/b.md") is None:
        intake.look()
    [planned] = intake.plan_runs(0)
    instance = run_submission.open_instance(settings)
    run = instance.create_run_for_job(nothing, tags={RUN_KEY_TAG: planned.run_key}, status=dg.DagsterRunStatus.STARTED)
    intake.mark_running("a/b.md", run_id=run.run_id)
    return instance, run


def test_a_run_that_dagster_was_told_has_failed_gives_its_documents_back(settings: Settings) -> None:
    instance, run = started(settings)
    watch = DeadRunWatch(settings)
    instance.report_run_failed(run, "Run execution process unexpectedly exited.")
    assert watch.look() == ["a/b.md"]
    row = open_intake(settings).state_of("a/b.md")
    assert row is not None
    assert (row.state, row.attempts) == ("accepted", 1)
    assert watch.look() == []


def test_a_run_that_goes_on_keeps_its_documents(settings: Settings) -> None:
    started(settings)
    assert DeadRunWatch(settings).look() == []


def test_a_run_is_looked_after_from_its_start_by_a_watch_that_had_none_before(settings: Settings) -> None:
    open_intake(settings)
    watch = DeadRunWatch(settings)
    assert [watch.look() for _ in range(3)] == [[], [], []]
    instance, run = started(settings)
    assert watch.look() == []
    instance.report_run_failed(run, "Run execution process unexpectedly exited.")  # in Dagster's database alone
    assert watch.look() == ["a/b.md"]


def test_without_runs_an_unchanged_database_is_not_queried(settings: Settings) -> None:
    open_intake(settings)
    watch = DeadRunWatch(settings)
    watch.look()
    queries: list[str] = []
    sa.event.listen(open_intake(settings).engine, "before_cursor_execute", lambda *given: queries.append(given[2]))
    watch.look()
    assert queries == []
    started(settings)
    queries.clear()
    watch.look()
    assert queries
