"""Pausing and cancelling: what is held back gets no run, what was cancelled gets no further, and both go on when asked."""

from __future__ import annotations

import pytest

from fathom.errors import RunCancelled
from fathom.uploads.paused_collections import ALL, pause, paused, resume
from fathom.uploads.upload import UploadState
from tests.fathom.uploads.conftest import Desk


@pytest.mark.parametrize("collection", ["c", ALL])
def test_a_paused_collection_gets_no_run_until_it_is_resumed(desk: Desk, collection: str) -> None:
    desk.drop("c/a.md")
    intake = desk.intake()
    intake.look()
    assert pause(intake.engine, collection, reason="the model is dear", by="k", now=1.0).reason == "the model is dear"
    assert intake.plan_runs(0) == []
    assert resume(intake.engine, collection)
    assert not resume(intake.engine, collection)
    assert paused(intake.engine) == {}
    assert [run.documents for run in intake.plan_runs(0)] == [("c/a.md",)]


def test_others_go_on_while_one_is_paused(desk: Desk) -> None:
    desk.drop("c/a.md")
    desk.drop("d/a.md", b"other")
    intake = desk.intake()
    intake.look()
    pause(intake.engine, "c", reason="", by=None, now=1.0)
    assert [run.documents for run in intake.plan_runs(0)] == [("d/a.md",)]


def test_what_waits_is_cancelled_and_can_be_tried_again(desk: Desk) -> None:
    desk.drop("c/a.md")
    intake = desk.intake()
    intake.look()
    assert intake.cancel("c/a.md")
    assert not intake.cancel("c/a.md")
    assert intake.plan_runs(0) == []
    row = intake.state_of("c/a.md")
    assert row is not None
    assert (row.state, row.reason) == (UploadState.FAILED, "RunCancelled")
    assert intake.retry("c/a.md")
    assert len(intake.plan_runs(0)) == 1


def test_a_run_finds_out_at_its_next_step_that_its_document_was_cancelled(desk: Desk) -> None:
    desk.drop("c/a.md")
    intake = desk.intake()
    intake.look()
    intake.plan_runs(0)
    taken = intake.mark_running("c/a.md", run_id="r1", stage="docling")
    assert intake.cancel("c/a.md")
    with pytest.raises(RunCancelled):
        intake.mark_running("c/a.md", taken.version, run_id="r1", stage="chunking")
    assert intake.mark_failed("c/a.md", taken.version, run_id="r1", error=ValueError("late")) is None
    assert intake.retry("c/a.md")
    [again] = intake.plan_runs(0)
    assert again.documents == ("c/a.md",)
    intake.mark_running("c/a.md", run_id="r2", stage="docling")
