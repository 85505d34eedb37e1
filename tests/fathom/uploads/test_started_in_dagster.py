"""A run that somebody starts in Dagster is kept beside the document's state, and decides of it where nobody else does."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from fathom.errors import ConversionFailed, DocumentLocked, RunCancelled
from fathom.tables import episodes
from fathom.uploads import hand_runs, repository
from fathom.uploads.hand_runs import MAX_KEPT, Origin, RunStart
from fathom.uploads.intake import Intake
from fathom.uploads.upload import PlannedRun, Upload
from tests.fathom.uploads.conftest import Desk

DOCUMENT = "law/a.txt"
WHOLE = RunStart("hand", ("documents", "chunks", "graph_episodes"))
LATER = 1000.0


@pytest.fixture
def intake(desk: Desk) -> Intake:
    return desk.intake()


def planned(desk: Desk, intake: Intake) -> PlannedRun:
    desk.drop(DOCUMENT, "text")
    intake.look()
    [run] = intake.plan_runs(0)
    return run


def done(desk: Desk, intake: Intake) -> str:
    """The version of a document that is done by a run of Fathom's."""
    run = planned(desk, intake)
    intake.mark_running(DOCUMENT, run_id="planned")
    intake.mark_done(DOCUMENT, run.versions[0], run_id="planned")
    return run.versions[0]


def row(intake: Intake) -> Upload:
    found = intake.state_of(DOCUMENT)
    assert found is not None
    return found


@pytest.mark.case(85)
@pytest.mark.parametrize(
    "assets", [("documents",), ("chunks",), ("documents", "chunks"), ("documents", "chunks", "graph_episodes")]
)
@pytest.mark.parametrize("origin", ["hand", "backfill", "re-execution"])
def test_a_run_over_some_assets_of_a_done_document_is_done_with_them_and_asks_for_no_other(
    desk: Desk, intake: Intake, assets: tuple[str, ...], origin: Origin
) -> None:
    done(desk, intake)
    for asset in assets:
        intake.mark_running(DOCUMENT, run_id="r1", stage="docling", by=RunStart(origin, assets))
        assert [one.state for one in intake.running_by_hand(DOCUMENT)] == ["running"]
        intake.made_by_hand(DOCUMENT, "r1", asset)
    found = intake.reconcile({"run:r1": "ended"})
    assert (found.requeued, found.failed, found.in_flight) == ([], [], 0)
    assert (row(intake).state, row(intake).attempts, row(intake).run_id) == ("done", 0, "planned")
    newest = hand_runs.newest(intake.engine, [DOCUMENT])[DOCUMENT]
    assert (newest.state, newest.origin, newest.assets, newest.reason) == ("done", origin, assets, None)
    assert intake.plan_runs(0, time.time() + LATER) == []


@pytest.mark.case(85)
def test_a_document_that_waits_still_has_its_planned_run_after_one_over_its_first_asset(desk: Desk, intake: Intake) -> None:
    desk.drop(DOCUMENT, "text")
    intake.look()
    intake.mark_running(DOCUMENT, run_id="r1", by=RunStart("hand", ("documents",)))
    assert row(intake).state == "accepted"
    intake.reconcile({"run:r1": "ended"})
    assert (row(intake).state, row(intake).attempts) == ("accepted", 0)
    assert len(intake.plan_runs(0)) == 1


def test_a_whole_run_by_hand_takes_a_waiting_document_so_that_no_other_does(desk: Desk, intake: Intake) -> None:
    desk.drop(DOCUMENT, "text")
    intake.look()
    at = intake.mark_running(DOCUMENT, run_id="r1", by=WHOLE)
    assert at.owned
    assert (row(intake).state, row(intake).run_key) == ("running", "run:r1")
    assert intake.plan_runs(0) == []
    assert intake.runs_in_flight() == 1
    assert intake.mark_done(DOCUMENT, at.version, run_id="r1")
    assert row(intake).state == "done"


@pytest.mark.parametrize("error", [ConversionFailed("It fell."), DocumentLocked("Locked."), ValueError("defect")])
def test_a_run_by_hand_that_fails_leaves_a_done_document_done_and_says_why(
    desk: Desk, intake: Intake, error: Exception
) -> None:
    done(desk, intake)
    assert not intake.mark_running(DOCUMENT, run_id="r1", by=WHOLE).owned
    intake.failed_by_hand(DOCUMENT, "r1", error, stage="docling")
    newest = hand_runs.newest(intake.engine, [DOCUMENT])[DOCUMENT]
    assert (newest.state, newest.reason, newest.stage) == ("failed", type(error).__name__, "docling")
    assert (row(intake).state, row(intake).reason) == ("done", None)


@pytest.mark.case(90)
@pytest.mark.parametrize(
    ("state", "told", "reason"), [("cancelled", "cancelled", "RunCancelled"), ("ended", "failed", "RunLost")]
)
def test_a_run_by_hand_that_was_cancelled_or_killed_leaves_a_done_document_done(
    desk: Desk, intake: Intake, state: str, told: str, reason: str
) -> None:
    done(desk, intake)
    intake.mark_running(DOCUMENT, run_id="r1", by=WHOLE)
    assert intake.active_run_keys() == ["run:r1"]
    intake.reconcile({"run:r1": "cancelled" if state == "cancelled" else "ended"})
    newest = hand_runs.newest(intake.engine, [DOCUMENT])[DOCUMENT]
    assert (newest.state, newest.reason) == (told, reason)
    assert (row(intake).state, row(intake).reason, row(intake).run_id) == ("done", None, "planned")
    assert intake.active_run_keys() == []


@pytest.mark.case(90)
def test_a_done_document_that_lost_chunks_by_a_cancelled_run_is_done_in_part(desk: Desk, intake: Intake) -> None:
    version = done(desk, intake)
    intake.mark_running(DOCUMENT, run_id="r1", by=WHOLE)
    makers = dict.fromkeys(("chunker", "prompt", "model", "embedder"), "m")
    one = {"uuid": "u", "collection": "law", "document": DOCUMENT, "version": version, "chunk": "c", "position": 0}
    with intake.engine.begin() as connection:
        connection.execute(sa.insert(episodes).values(**one, **makers, state="planned", planned_at=1.0, updated_at=1.0))
    intake.failed_by_hand(DOCUMENT, "r1", RunCancelled("It was cancelled."))
    assert row(intake).in_part
    assert "1 of its chunks is not in the graph" in (row(intake).detail or "")
    assert intake.retry(DOCUMENT)


@pytest.mark.case(85)
def test_a_success_ends_the_count_of_tries(desk: Desk, intake: Intake) -> None:
    run = planned(desk, intake)
    intake.mark_running(DOCUMENT, run_id="r1")
    intake.reconcile({run.run_key: "ended"})
    assert row(intake).attempts == 1
    [again] = intake.plan_runs(0, time.time() + LATER)
    intake.mark_running(DOCUMENT, run_id="r2")
    assert intake.mark_done(DOCUMENT, again.versions[0], run_id="r2")
    assert row(intake).attempts == 0


def test_a_run_by_hand_beside_the_planned_one_takes_nothing_from_it(desk: Desk, intake: Intake) -> None:
    run = planned(desk, intake)
    intake.mark_running(DOCUMENT, run_id="planned")
    assert not intake.mark_running(DOCUMENT, run_id="r1", by=WHOLE).owned
    assert (row(intake).run_id, row(intake).run_key) == ("planned", run.run_key)
    intake.failed_by_hand(DOCUMENT, "r1", ConversionFailed("It fell."))
    assert row(intake).state == "running"
    assert intake.mark_done(DOCUMENT, run.versions[0], run_id="planned")


def test_a_cancelled_document_may_be_taken_up_by_hand(desk: Desk, intake: Intake) -> None:
    planned(desk, intake)
    assert intake.cancel(DOCUMENT)
    with pytest.raises(RunCancelled):
        intake.mark_running(DOCUMENT, run_id="planned")
    assert intake.mark_running(DOCUMENT, run_id="r1", by=WHOLE).owned
    assert row(intake).state == "running"


def test_runs_by_hand_count_among_those_in_flight_each_once(desk: Desk) -> None:
    intake = desk.intake(runs_at_once=2)
    version = done(desk, intake)
    intake.mark_running(DOCUMENT, version, run_id="r1", by=WHOLE)
    intake.mark_running(DOCUMENT, version, run_id="r2", by=WHOLE)
    assert intake.runs_in_flight() == 2
    desk.drop("law/b.txt", "more")
    intake.look()
    assert intake.plan_runs(intake.runs_in_flight()) == []
    assert intake.reconcile({"run:r1": "in_progress", "run:r2": "in_progress"}).in_flight == 2


def test_only_the_newest_runs_of_a_document_are_remembered_and_none_of_one_that_is_removed(desk: Desk, intake: Intake) -> None:
    done(desk, intake)
    for number in range(MAX_KEPT + 5):
        intake.mark_running(DOCUMENT, run_id=f"r{number}", by=RunStart("hand", ("documents",)), now=float(number))
        intake.made_by_hand(DOCUMENT, f"r{number}", "documents", now=float(number))
    assert hand_runs.newest(intake.engine, [DOCUMENT])[DOCUMENT].run_id == f"r{MAX_KEPT + 4}"
    with intake.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(hand_runs.hand_runs)) == MAX_KEPT
    repository.forget(intake.engine, DOCUMENT)
    assert hand_runs.newest(intake.engine, [DOCUMENT]) == {}
