"""The status of a document: each state by its right word, progress that tells the truth, no estimate before there is one."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from fathom.errors import DocumentLocked
from fathom.status.document_status import status_of
from fathom.status.forecast import errors, history_of
from fathom.tables import llm_calls, money_waits
from fathom.uploads.paused_collections import ALL, pause
from tests.fathom.status.conftest import Record


def test_nobody_uploaded_it_so_there_is_no_status(record: Record) -> None:
    assert status_of(record.settings, "a/nothing.md") is None


def test_what_waits_knows_its_place(record: Record) -> None:
    record.upload("a/first.md", "accepted", ago=20)
    record.upload("a/second.md", "accepted", ago=10)
    record.upload("b/other.md", "running", ago=30, run_id="r1")
    found = record.status("a/second.md")
    assert (found.status, found.state, found.stage, found.sub_stage) == ("pending", "queued", "upload", "queued")
    assert found.queue is not None
    assert (found.queue.position, found.queue.waiting_before, found.queue.in_hand) == (2, 1, 1)
    assert found.estimated_completion is None


@pytest.mark.parametrize("collection", ["a", ALL])
def test_what_is_paused_says_why(record: Record, collection: str) -> None:
    record.upload("a/x.md", "accepted")
    pause(record.engine, collection, reason="the budget is spent", by=None, now=record.now)
    found = record.status("a/x.md")
    assert found.state == "paused"
    assert "the budget is spent" in found.detail


def test_progress_never_goes_back_while_a_document_is_taken_up_and_validated(record: Record) -> None:
    record.upload("a/x.pdf", "running", run_id="r1", stage="docling")
    progress = []
    for age, event in enumerate(("docling.begun", "validation.started", "validation.complete", "docling.started")):
        record.said("a/x.pdf", event, 9 - age, **({"pages": 4} if event != "docling.begun" else {}))
        progress.append(record.status("a/x.pdf").progress)
    assert progress == sorted(progress)
    assert progress[0] < progress[-1]


def test_the_whole_object_in_the_middle_of_the_graph(record: Record) -> None:
    record.upload("a/x.pdf", "running", run_id="r1", stage="graphiti")
    record.said("a/x.pdf", "docling.begun", 60)
    record.said("a/x.pdf", "validation.started", 60)
    record.said("a/x.pdf", "validation.complete", 59.5, pages=4)
    record.said("a/x.pdf", "docling.started", 59.5, pages=4)
    record.said("a/x.pdf", "docling.complete", 14.5, pages=4, words=900)
    record.said("a/x.pdf", "chunking.begun", 14)
    record.said("a/x.pdf", "chunking.created", 12, chunks=10)
    record.said("a/x.pdf", "chunking.complete", 12, chunks=10)
    record.said("a/x.pdf", "graphiti.begun", 11)
    record.said("a/x.pdf", "graphiti.written", 1, chunk=3, chunks=10, entities=45, facts=23)
    found = record.status("a/x.pdf")
    assert (found.status, found.state, found.stage, found.sub_stage) == ("processing", "running", "graphiti", "written")
    assert found.progress_detail is not None
    assert found.progress_detail.model_dump() == {"current": 3, "total": 10, "unit": "chunks"}
    assert 45 < found.progress < 70
    assert found.durations == {"validation": 0.5, "docling": 45.0, "chunking": 2.0, "graphiti": None}
    assert (found.metrics["chunks_total"], found.metrics["entities_extracted"], found.metrics["pages"]) == (10, 45, 4)
    assert found.error is None


def test_a_run_that_is_silent_for_long_is_stalled(record: Record) -> None:
    record.upload("a/x.md", "running", run_id="r1")
    record.said("a/x.md", "graphiti.sending", 2, chunk=1, chunks=9)
    assert record.status("a/x.md").state == "running"
    assert record.status("a/x.md", later=300).state == "stalled"


def test_a_process_that_only_says_that_it_is_there_has_work_that_is_stalled(record: Record) -> None:
    record.upload("c/a.md", "running", run_id="r1", ago=200.0)
    record.said("c/a.md", "graphiti.begun", 130.0)
    record.said("c/a.md", "graphiti.sending", 120.0, chunk=1, chunks=2)
    record.said("c/a.md", "graphiti.working", 2.0, seconds=128.0)
    found = record.status("c/a.md")
    assert (found.state, found.sub_stage) == ("stalled", "sending")


def test_a_model_that_takes_far_longer_than_it_did_is_stalled_before_the_stage_is(record: Record) -> None:
    record.upload("c/a.md", "running", run_id="r1", ago=200.0)
    for ago in range(60, 54, -1):
        record.said("c/b.md", "llm.response", float(ago), seconds=1.5)
    record.said("c/a.md", "graphiti.begun", 9.0)
    record.said("c/a.md", "llm.request", 4.2)
    assert record.status("c/a.md").state == "running"
    found = record.status("c/a.md", later=0.6)
    assert (found.state, found.detail) == (
        "stalled",
        "The language model has not answered for 5 s; of late it took 1.5 s at most.",
    )
    record.said("c/a.md", "llm.response", 0.0, seconds=4.2)
    assert record.status("c/a.md", later=0.6).state == "running"


def test_a_document_that_waits_in_its_run_for_its_next_step_is_not_stalled(record: Record) -> None:
    record.upload("a/x.md", "running", run_id="r1")
    record.said("a/x.md", "chunking.complete", 500, chunks=9)
    assert record.status("a/x.md").state == "running"


def test_a_run_whose_process_is_gone_is_dead_at_once(record: Record) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record.upload("a/x.md", "running", run_id="r1")
    record.said("a/x.md", "docling.started", -5, pid=process.pid)
    assert record.status("a/x.md", later=6).state == "running"
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()
    assert record.status("a/x.md", later=6).state == "dead"


def test_a_limit_of_the_model_is_throttled_until_it_is_over(record: Record) -> None:
    record.upload("a/x.md", "running", run_id="r1")
    record.said("a/x.md", "graphiti.sending", 5, chunk=1, chunks=9)
    record.said("a/x.md", "llm.throttled", 5, seconds=30)
    found = record.status("a/x.md")
    assert found.state == "throttled"
    assert found.waits_until is not None
    assert record.status("a/x.md", later=26).state == "running"


def test_a_failure_says_what_where_and_what_to_do(record: Record) -> None:
    record.upload("a/x.pdf", "rejected", stage="docling", reason="DocumentLocked", detail="It wants a password.", run_id="r1")
    found = record.status("a/x.pdf")
    assert (found.status, found.state, found.stage) == ("failed", "failed", "docling")
    assert found.error == {
        "type": "DocumentLocked",
        "message": "It wants a password.",
        "stage": "docling",
        "hint": DocumentLocked.hint,
        "retryable": False,
    }


def test_a_second_try_does_not_show_the_progress_of_the_first(record: Record) -> None:
    record.upload("a/x.md", "running", run_id="r2", attempts=1)
    record.said("a/x.md", "graphiti.written", 50, run="r1", chunk=9, chunks=10)
    record.said("a/x.md", "docling.begun", 1, run="r2")
    found = record.status("a/x.md")
    assert (found.stage, found.progress_detail) == ("docling", None)


def test_what_is_done_is_at_100(record: Record) -> None:
    record.upload("a/x.md", "done", run_id="r1")
    found = record.status("a/x.md")
    assert (found.status, found.state, found.progress) == ("completed", "complete", 100)


def test_an_estimate_needs_history_and_then_grows_with_the_document(record: Record) -> None:
    record.upload("a/now.pdf", "running", run_id="now")
    record.said("a/now.pdf", "docling.begun", 0, run="now")
    record.said("a/now.pdf", "validation.complete", 0, run="now", pages=20)
    assert record.status("a/now.pdf").estimated_completion is None
    for number in range(5):
        name = f"a/{number}.pdf"
        record.finished(name, 200 + number, docling=10 + number, graphiti=20, pages=10, chunks=10, run=f"h{number}")
    found = record.status("a/now.pdf")
    assert found.estimated_completion is not None
    assert found.estimated_completion_p90 is not None
    left = found.estimated_completion.timestamp() - record.now
    assert 50 < left < 80  # twice the pages take twice the time
    assert found.estimated_completion_p90 >= found.estimated_completion
    record.said("a/now.pdf", "docling.page", -20, run="now", page=18, pages=20)
    later = record.status("a/now.pdf", later=20)
    assert later.estimated_completion is not None
    assert later.estimated_completion.timestamp() - record.now - 20 < left


def test_what_waits_is_estimated_with_what_is_before_it(record: Record) -> None:
    for number in range(4):
        record.finished(f"a/{number}.md", 300 + number, docling=5, graphiti=5, pages=0, chunks=4, run=f"h{number}")
    record.upload("a/first.md", "accepted", ago=20)
    record.upload("a/last.md", "accepted", ago=1)
    first, last = record.status("a/first.md").estimated_completion, record.status("a/last.md").estimated_completion
    assert first is not None
    assert last is not None
    assert last > first


def test_the_error_of_the_estimates_is_itself_measured(record: Record) -> None:
    assert errors(history_of(record.engine)) is None
    for number in range(8):
        record.finished(f"a/{number}.md", 900 - 50 * number, docling=4, graphiti=5, pages=0, chunks=4, run=f"h{number}")
    found = errors(history_of(record.engine))
    assert found is not None
    assert found[0] == pytest.approx(0.0, abs=0.01)


def test_what_is_recorded_after_the_last_write_is_in_the_estimate(record: Record) -> None:
    for number in range(10):
        name, run = f"a/{number}.md", f"h{number}"
        record.finished(name, 400 + number, docling=5, graphiti=5, pages=0, chunks=4, run=run)
        record.said(name, "upload.done", 400 + number - 10, run=run)
    record.upload("a/x.md", "running", run_id="now")
    for event, ago in (("docling.begun", 14), ("docling.complete", 9), ("chunking.begun", 9), ("graphiti.begun", 8)):
        record.said("a/x.md", event, ago, run="now")
    record.said("a/x.md", "graphiti.written", 3, run="now", chunk=4, chunks=4)
    written = record.status("a/x.md").estimated_completion
    record.said("a/x.md", "graphiti.complete", 3, run="now", written=4)
    found = record.status("a/x.md")
    assert written is not None
    assert found.estimated_completion is not None
    assert found.estimated_completion_p90 is not None
    assert 8 < written.timestamp() - record.now < 13
    assert 5 < found.estimated_completion.timestamp() - record.now < 9
    assert found.estimated_completion_p90 >= found.estimated_completion


def test_a_wait_for_a_rate_limit_is_in_the_estimate(record: Record) -> None:
    for number in range(4):
        record.finished(f"a/{number}.md", 300 + number, docling=5, graphiti=5, pages=0, chunks=4, run=f"h{number}")
    record.upload("a/x.md", "running", run_id="now")
    record.said("a/x.md", "docling.begun", 1, run="now")
    record.said("a/x.md", "graphiti.begun", 1, run="now")
    free = record.status("a/x.md").estimated_completion
    record.said("a/x.md", "llm.throttled", 0, run="now", seconds=120)
    held = record.status("a/x.md").estimated_completion
    assert free is not None
    assert held is not None
    assert (held - free).total_seconds() == pytest.approx(120, abs=2)


def test_a_wait_for_money_is_in_the_estimate_when_the_next_day_brings_it(record: Record) -> None:
    for number in range(4):
        record.finished(f"a/{number}.md", 300 + number, docling=5, graphiti=5, pages=0, chunks=4, run=f"h{number}")
    said = {"reason": "BudgetSpent", "detail": "The day's budget is spent.", "attempts": 0}
    record.upload("a/x.md", "accepted", ago=9, **said)
    record.upload("a/dear.md", "accepted", ago=8, **said)
    today = datetime.fromtimestamp(record.now, UTC)
    with record.engine.begin() as connection:
        connection.execute(money_waits.insert().values(document="a/x.md", needed_usd=0.5, since=record.now))
        connection.execute(money_waits.insert().values(document="a/dear.md", needed_usd=5.0, since=record.now))
        counts = dict.fromkeys(("tokens_in", "cache_read", "cache_write", "tokens_out", "saved_usd", "seconds"), 0)
        spent = {"at": record.now, "day": today.date().isoformat(), "model": "m", "prompt": "extract", "outcome": "answered"}
        connection.execute(llm_calls.insert().values(**spent, **counts, cost_usd=0.9))
    of = record.settings.model_copy(update={"budget_usd_per_day": 1.0})
    found, dear = status_of(of, "a/x.md", record.now), status_of(of, "a/dear.md", record.now)
    assert found is not None
    assert dear is not None
    assert (found.state, dear.state) == ("paused", "paused")
    tomorrow = datetime.combine(today.date() + timedelta(days=1), datetime.min.time(), UTC)
    assert found.waits_until == tomorrow
    assert found.estimated_completion is not None
    assert tomorrow < found.estimated_completion < tomorrow + timedelta(minutes=5)
    assert (dear.waits_until, dear.estimated_completion) == (None, None)


def test_a_host_that_became_slow_is_in_the_next_estimate(record: Record) -> None:
    for number in reversed(range(30)):
        slow = 3.0 if number < 6 else 1.0
        name = f"a/{number}.md"
        record.finished(name, 30 + 40.0 * number, docling=2 * slow, graphiti=4 * slow, pages=0, chunks=4, run=f"h{number}")
    record.upload("a/x.md", "running", run_id="now")
    record.said("a/x.md", "docling.begun", 0, run="now")
    found = record.status("a/x.md").estimated_completion
    assert found is not None
    assert 14 < found.timestamp() - record.now < 24  # 7 s as it was, 19 s as it is
