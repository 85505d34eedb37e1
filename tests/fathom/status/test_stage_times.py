"""The timeline: each stage with its time and what came of it; what failed stops there, what waits has not begun."""

from __future__ import annotations

from fathom.status.stage_times import timeline
from tests.fathom.status.conftest import Record


def steps(record: Record, document: str) -> dict[str, tuple[str, float | None, str]]:
    found = timeline(record.settings, document, record.now)
    return {
        one.stage: (one.state, None if one.began is None else round((one.ended or record.now) - one.began, 1), one.result)
        for one in found
    }


def converted(record: Record, document: str) -> None:
    record.said(document, "docling.begun", 60)
    record.said(document, "validation.started", 60)
    record.said(document, "validation.complete", 59.5, pages=4)
    record.said(document, "docling.started", 59.5)


def test_in_the_middle_one_stage_is_now_and_the_rest_to_come(record: Record) -> None:
    record.upload("a/x.pdf", "running", run_id="r1", stage="docling", ago=70)
    converted(record, "a/x.pdf")
    assert steps(record, "a/x.pdf") == {
        "upload": ("done", 10.0, ""),
        "validation": ("done", 0.5, "4 pages"),
        "docling": ("now", 59.5, ""),
        "chunking": ("to come", None, ""),
        "graphiti": ("to come", None, ""),
    }


def test_what_is_done_says_what_came_of_each_stage(record: Record) -> None:
    record.upload("a/x.pdf", "done", run_id="r1", ago=70)
    converted(record, "a/x.pdf")
    record.said("a/x.pdf", "docling.complete", 30, pages=4, words=900)
    record.said("a/x.pdf", "chunking.begun", 29)
    record.said("a/x.pdf", "chunking.created", 28, chunks=1, tokens=200)
    record.said("a/x.pdf", "chunking.complete", 28, chunks=1)
    record.said("a/x.pdf", "graphiti.begun", 27)
    record.said("a/x.pdf", "graphiti.complete", 7, written=1, unchanged=0, failed=1, entities=3, facts=1)
    found = steps(record, "a/x.pdf")
    assert found["docling"] == ("done", 29.5, "4 pages, 900 words")
    assert found["chunking"] == ("done", 1.0, "1 chunk, 200 tokens")
    assert found["graphiti"] == ("done", 20.0, "1 written, 1 failed; 3 entities, 1 fact")


def test_what_failed_stopped_at_its_stage(record: Record) -> None:
    record.upload("a/x.pdf", "failed", run_id="r1", stage="docling", ago=70)
    converted(record, "a/x.pdf")
    record.said("a/x.pdf", "docling.failed", 40, error="ConversionFailed")
    found = steps(record, "a/x.pdf")
    assert found["docling"] == ("failed", 19.5, "ConversionFailed")
    assert found["chunking"][0] == "to come"


def test_what_its_bytes_stopped_was_never_converted(record: Record) -> None:
    record.upload("a/x.pdf", "rejected", run_id="r1", stage="docling", reason="DocumentLocked", ago=70)
    record.said("a/x.pdf", "docling.begun", 60)
    record.said("a/x.pdf", "validation.started", 60)
    record.said("a/x.pdf", "docling.failed", 59, error="DocumentLocked")
    found = steps(record, "a/x.pdf")
    assert [found[stage][0] for stage in ("validation", "docling", "chunking")] == ["failed", "to come", "to come"]


def test_what_is_tried_again_waits_with_the_stages_that_a_try_finished(record: Record) -> None:
    record.upload("a/x.pdf", "accepted", run_id="r1", ago=70, attempts=1)
    converted(record, "a/x.pdf")
    assert {name: state for name, (state, _, _) in steps(record, "a/x.pdf").items()} == {
        "upload": "now", "validation": "done", "docling": "to come", "chunking": "to come", "graphiti": "to come",
    }  # fmt: skip


def test_what_is_paused_in_the_graph_stage_shows_that_it_was_converted(record: Record) -> None:
    record.upload("a/x.pdf", "accepted", run_id="r1", reason="CreditSpent", ago=70)
    converted(record, "a/x.pdf")
    record.said("a/x.pdf", "docling.complete", 30, pages=4, words=900)
    record.said("a/x.pdf", "graphiti.begun", 27)
    found = steps(record, "a/x.pdf")
    assert (found["docling"], found["graphiti"][0]) == (("done", 29.5, "4 pages, 900 words"), "to come")


def test_what_was_done_and_is_asked_for_again_has_every_stage_before_it(record: Record) -> None:
    record.upload("a/x.pdf", "accepted", ago=70)
    converted(record, "a/x.pdf")
    record.said("a/x.pdf", "graphiti.begun", 27)
    record.said("a/x.pdf", "graphiti.complete", 7, written=1)
    assert {state for name, (state, _, _) in steps(record, "a/x.pdf").items() if name != "upload"} == {"to come"}


def test_nobody_uploaded_it_so_there_is_no_timeline(record: Record) -> None:
    assert timeline(record.settings, "a/nothing.md") == []
