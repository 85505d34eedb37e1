"""Every document ends with one outcome, of its last version, whatever became of the runs that worked on it."""

from __future__ import annotations

import time

import pytest

from fathom.errors import ConversionFailed, DocumentLocked, GraphUnreachable, UsageWrong
from fathom.uploads.intake import Intake
from fathom.uploads.transitions import RunState
from fathom.uploads.upload import PlannedRun, Upload
from tests.fathom.uploads.conftest import Desk

LATER = 10_000.0  # past every delay between tries


@pytest.fixture
def intake(desk: Desk) -> Intake:
    return desk.intake(attempts=3)


def _row(intake: Intake, document: str = "law/a.txt") -> Upload:
    row = intake.state_of(document)
    assert row is not None
    return row


def _planned(desk: Desk, intake: Intake, content: str = "one", *, now: float | None = None) -> PlannedRun:
    desk.drop("law/a.txt", content, age=3600 - 10 * len(intake.list()) - len(content))
    intake.look(now)
    [run] = intake.plan_runs(0, now)
    return run


def test_a_single_run_has_document_and_version_in_its_key(desk: Desk, intake: Intake) -> None:
    run = _planned(desk, intake)
    assert run.run_key == f"law/a.txt@{_row(intake).version}"
    assert (run.documents, run.versions, run.collection) == (("law/a.txt",), (_row(intake).version,), "law")
    assert _row(intake).state == "submitted"
    assert intake.plan_runs(0) == []


def test_the_way_to_done(desk: Desk, intake: Intake) -> None:
    run = _planned(desk, intake)
    at = intake.mark_running("law/a.txt", run_id="r1", stage="docling")
    assert (at.version, _row(intake).state, _row(intake).stage, _row(intake).run_id) == (
        run.versions[0],
        "running",
        "docling",
        "r1",
    )
    assert _row(intake).run_key == run.run_key
    assert intake.mark_done("law/a.txt", run.versions[0], run_id="r1")
    assert _row(intake).state == "done"
    assert intake.active_run_keys() == []


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (DocumentLocked("It wants a password."), "rejected", "DocumentLocked"),
        (ConversionFailed("Not today."), "accepted", "ConversionFailed"),
        (GraphUnreachable("No answer."), "accepted", "GraphUnreachable"),
        (KeyError("a defect"), "accepted", "KeyError"),
    ],
)
def test_an_error_says_whether_it_is_tried_again(desk: Desk, intake: Intake, error: Exception, state: str, reason: str) -> None:
    run = _planned(desk, intake)
    intake.mark_running("law/a.txt", run_id="r1")
    assert intake.mark_failed("law/a.txt", run.versions[0], error=error, run_id="r1", stage="docling") == state
    assert (_row(intake).state, _row(intake).reason, _row(intake).stage) == (state, reason, "docling")


def test_a_document_is_tried_so_often_each_time_under_a_new_key_and_then_failed_by_name(desk: Desk, intake: Intake) -> None:
    now = time.time()
    run = _planned(desk, intake, now=now)
    keys = []
    for attempt in range(3):
        keys.append(run.run_key)
        intake.mark_running("law/a.txt", run_id=f"r{attempt}", now=now)
        intake.mark_failed("law/a.txt", run.versions[0], error=ConversionFailed("No."), run_id=f"r{attempt}", now=now)
        assert intake.plan_runs(0, now) == [], "it is not tried again at once"
        now += LATER
        runs = intake.plan_runs(0, now)
        run = runs[0] if runs else run
    assert len(set(keys)) == 3
    assert (_row(intake).state, _row(intake).attempts, _row(intake).reason) == ("failed", 3, "ConversionFailed")
    assert intake.plan_runs(0, now + LATER) == []


def test_a_person_can_have_a_failed_document_tried_again(desk: Desk, intake: Intake) -> None:
    run = _planned(desk, intake)
    intake.mark_failed("law/a.txt", run.versions[0], error=DocumentLocked("Locked."))
    assert intake.retry("law/a.txt")
    [again] = intake.plan_runs(0)
    assert again.run_key != run.run_key
    assert not intake.retry("law/a.txt"), "it is in hand"
    assert not intake.retry("law/unknown.txt")


def test_working_on_what_nobody_uploaded_is_wrong_usage(intake: Intake) -> None:
    with pytest.raises(UsageWrong, match="law/nothing"):
        intake.mark_running("law/nothing", run_id="r1")


@pytest.mark.parametrize("outcome", ["done", "failed"])
@pytest.mark.parametrize("begun", [True, False])
def test_the_outcome_of_an_older_version_does_not_touch_a_newer_acceptance(
    desk: Desk, intake: Intake, outcome: str, begun: bool
) -> None:
    old = _planned(desk, intake, "one")
    if begun:
        intake.mark_running("law/a.txt", old.versions[0], run_id="r1")
    desk.drop("law/a.txt", "another", age=5)
    intake.look()
    assert intake.plan_runs(0) == [], "two runs never have one document in hand"
    if outcome == "done":
        assert not intake.mark_done("law/a.txt", old.versions[0], run_id="r1")
    else:
        assert intake.mark_failed("law/a.txt", old.versions[0], error=ConversionFailed("No."), run_id="r1") is None
    assert (_row(intake).state, _row(intake).attempts) == ("accepted", 0)
    [new] = intake.plan_runs(0)
    assert new.run_key == f"law/a.txt@{_row(intake).version}"
    assert new.versions != old.versions


@pytest.mark.parametrize("state", ["ended", "missing", "cancelled"])
def test_a_newer_version_is_planned_once_the_older_run_is_over_without_a_word(
    desk: Desk, intake: Intake, state: RunState
) -> None:
    old = _planned(desk, intake, "one")
    desk.drop("law/a.txt", "another", age=5)
    intake.look()
    found = intake.reconcile({old.run_key: "in_progress"})
    assert (found.in_flight, intake.plan_runs(0)) == (1, [])
    found = intake.reconcile({old.run_key: state})
    assert (found.again, found.failed, found.in_flight) == ([], [], 0)
    [new] = intake.plan_runs(0)
    assert new.versions == (_row(intake).version,)


def test_a_document_that_becomes_what_it_was_before_is_new_work_under_a_new_key(desk: Desk, intake: Intake) -> None:
    keys = []
    for content in ("one", "three", "one"):
        run = _planned(desk, intake, content)
        keys.append(run.run_key)
        intake.mark_running("law/a.txt", run_id=run.run_key)
        assert intake.mark_done("law/a.txt", run.versions[0], run_id=run.run_key)
        desk.settings.inbox_path.joinpath("law/a.txt").unlink()
    assert len(set(keys)) == 3
    assert keys[2] == f"{keys[0]}#1"


def test_a_run_that_was_planned_and_never_started_is_requested_again_under_its_key(desk: Desk, intake: Intake) -> None:
    for n in range(6):
        desk.drop(f"law/{n}.txt", str(n))
    intake.look()
    [batch] = intake.plan_runs(0)
    found = desk.intake().reconcile({batch.run_key: "missing"})
    assert found.again == [batch]
    assert found.in_flight == 1
    assert desk.intake().reconcile({batch.run_key: "missing"}).again == [batch]


def test_of_a_killed_batch_only_those_it_had_begun_are_blamed(desk: Desk, intake: Intake) -> None:
    for n in range(6):
        desk.drop(f"law/{n}.txt", str(n))
    intake.look()
    [batch] = intake.plan_runs(0)
    versions = dict(zip(batch.documents, batch.versions, strict=True))
    for document in ("law/0.txt", "law/1.txt", "law/2.txt"):
        intake.mark_running(document, run_id="r1")
    intake.mark_done("law/0.txt", versions["law/0.txt"], run_id="r1")
    intake.mark_failed("law/1.txt", versions["law/1.txt"], error=DocumentLocked("Locked."), run_id="r1")
    found = intake.reconcile({batch.run_key: "ended"})
    assert found.requeued == [f"law/{n}.txt" for n in (2, 3, 4, 5)]
    assert [(row.state, row.attempts) for row in intake.list()] == [
        ("done", 0),
        ("rejected", 1),
        ("accepted", 1),
        ("accepted", 0),
        ("accepted", 0),
        ("accepted", 0),
    ]
    [*runs] = intake.plan_runs(0)
    assert "law/2.txt" not in {document for run in runs for document in run.documents}, "its time has not come"
    later = intake.plan_runs(1, time.time() + LATER)
    assert [run.documents for run in later] == [("law/2.txt",)]


def test_a_run_that_ends_before_it_begins_anything_counts_against_all_so_that_it_ends(desk: Desk, intake: Intake) -> None:
    for n in range(6):
        desk.drop(f"law/{n}.txt", str(n))
    now = time.time()
    intake.look(now)
    for _ in range(100):
        now += LATER
        for run in intake.plan_runs(0, now):
            intake.reconcile({run.run_key: "ended"}, now)
        if not intake.counts().get("accepted"):
            break
    rows = intake.list()
    assert {(row.state, row.attempts, row.reason) for row in rows} == {("failed", 3, "RunLost")}
    assert all("without an outcome" in (row.detail or "") for row in rows)


def test_a_document_that_kills_its_runs_fails_alone_and_the_others_are_done(desk: Desk, intake: Intake) -> None:
    for n in range(20):
        desk.drop(f"law/{n:02}.txt", str(n))
    now = time.time()
    intake.look(now)
    ticks = 0
    while not set(intake.counts()) <= {"done", "failed"} and ticks < 20:
        ticks += 1
        now += LATER
        for run in intake.plan_runs(0, now):
            for document, version in zip(run.documents, run.versions, strict=True):
                intake.mark_running(document, version, run_id=run.run_key, now=now)
            if "law/07.txt" not in run.documents:
                for document, version in zip(run.documents, run.versions, strict=True):
                    intake.mark_done(document, version, run_id=run.run_key, now=now)
            intake.reconcile({run.run_key: "ended"}, now)
    assert intake.counts() == {"done": 19, "failed": 1}
    assert (_row(intake, "law/07.txt").reason, _row(intake, "law/07.txt").attempts) == ("RunLost", 3)


def test_a_cancelled_run_is_not_started_again_by_itself(desk: Desk, intake: Intake) -> None:
    run = _planned(desk, intake)
    intake.mark_running("law/a.txt", run_id="r1")
    assert intake.reconcile({run.run_key: "cancelled"}).failed == ["law/a.txt"]
    assert (_row(intake).state, _row(intake).reason) == ("failed", "RunCancelled")


def test_a_run_somebody_started_by_hand_is_followed_by_its_id(desk: Desk, intake: Intake) -> None:
    run = _planned(desk, intake)
    intake.mark_running("law/a.txt", run_id="r1")
    intake.mark_done("law/a.txt", run.versions[0], run_id="r1")
    intake.mark_running("law/a.txt", run_id="by-hand")
    assert intake.active_run_keys() == ["run:by-hand"]
    assert intake.reconcile({"run:by-hand": "ended"}).requeued == ["law/a.txt"]


def test_a_run_that_was_given_up_for_dead_does_not_undo_what_a_later_one_does(desk: Desk, intake: Intake) -> None:
    now = time.time()
    run = _planned(desk, intake, now=now)
    intake.mark_running("law/a.txt", run_id="slow", now=now)
    intake.reconcile({run.run_key: "ended"}, now)
    [again] = intake.plan_runs(0, now + LATER)
    intake.mark_running("law/a.txt", run_id="second", now=now)
    assert intake.mark_failed("law/a.txt", run.versions[0], error=ConversionFailed("Late."), run_id="slow") is None
    assert not intake.mark_done("law/a.txt", run.versions[0], run_id="slow")
    assert (_row(intake).state, _row(intake).run_key) == ("running", again.run_key)
    assert intake.mark_done("law/a.txt", run.versions[0], run_id="second")


def test_no_more_runs_are_in_flight_than_the_settings_allow(desk: Desk) -> None:
    intake = desk.intake(runs_at_once=2, batch_documents=10)
    for n in range(50):
        desk.drop(f"c{n % 3}/{n}.txt", str(n))
    intake.look()
    assert [len(run.documents) for run in intake.plan_runs(0)] == [10, 10]
    assert intake.plan_runs(2) == []
    assert len(intake.plan_runs(1)) == 1


def test_documents_are_listed_by_state_and_collection_page_by_page(desk: Desk, intake: Intake) -> None:
    for n in range(5):
        desk.drop(f"law/{n}.txt", str(n))
    desk.drop("art/x.txt", "x")
    intake.look()
    assert intake.counts() == {"accepted": 6}
    assert [row.document for row in intake.list(collection="law", limit=2)] == ["law/0.txt", "law/1.txt"]
    assert [row.document for row in intake.list(collection="law", after="law/1.txt", limit=2)] == ["law/2.txt", "law/3.txt"]
    assert intake.list(states=["done"]) == []
