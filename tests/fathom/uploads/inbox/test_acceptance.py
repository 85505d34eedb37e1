"""A look accepts what is new, whole and within the limits, once, and says by name why the rest is not."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import time
from pathlib import Path

import pytest

from fathom.uploads import repository
from fathom.uploads.inbox import acceptance
from fathom.uploads.priorities import prioritize
from fathom.uploads.upload import UploadState
from tests.fathom.uploads.conftest import Desk


def _sha(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def test_a_new_file_is_accepted_with_its_bytes_in_the_store(desk: Desk) -> None:
    place = desk.drop("law/a.txt", "first")
    intake = desk.intake()
    assert intake.look().accepted == ["law/a.txt"]
    row = intake.state_of("law/a.txt")
    assert row is not None
    assert (row.state, row.version, row.size, row.collection, row.attempts) == ("accepted", _sha("first"), 5, "law", 0)
    place.write_text("changed after it was accepted")
    with intake.store.open_local(_sha("first")) as path:
        assert path.read_text() == "first"


def test_nothing_new_means_no_word_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.drop("law/a.txt")
    (desk.inbox / "law/link.txt").symlink_to("a.txt")
    intake = desk.intake()
    intake.look()
    before = intake.list()
    for name in ("accept", "update_times", "refuse", "reject_unread", "forget_refused"):
        monkeypatch.setattr(repository, name, lambda *_args: pytest.fail("something was written"))
    report = desk.intake().look()
    assert (report.known, report.accepted, report.touched) == (2, [], [])
    assert intake.list() == before


def test_a_changed_file_is_accepted_again_with_its_new_version(desk: Desk) -> None:
    desk.drop("law/a.txt", "one")
    intake = desk.intake()
    intake.look()
    desk.drop("law/a.txt", "two", age=30)
    assert intake.look().accepted == ["law/a.txt"]
    row = intake.state_of("law/a.txt")
    assert row is not None
    assert row.version == _sha("two")


def test_a_touched_file_with_the_same_bytes_is_no_new_work_and_not_read_again(desk: Desk) -> None:
    desk.drop("law/a.txt", "same")
    intake = desk.intake()
    intake.look()
    [run] = intake.plan_runs(0)
    intake.mark_running("law/a.txt", run_id="r")
    intake.mark_done("law/a.txt", run.versions[0], run_id="r")
    desk.drop("law/a.txt", "same", age=30)
    report = intake.look()
    assert (report.accepted, report.touched) == ([], ["law/a.txt"])
    row = intake.state_of("law/a.txt")
    assert row is not None
    assert row.state == UploadState.DONE
    assert intake.look().touched == []
    assert intake.plan_runs(0) == []


def test_a_failed_document_that_is_dropped_again_is_tried_again(desk: Desk) -> None:
    desk.drop("law/a.txt", "same")
    intake = desk.intake(attempts=1)
    intake.look()
    [run] = intake.plan_runs(0)
    intake.mark_running("law/a.txt", run_id="r")
    intake.mark_failed("law/a.txt", run.versions[0], error=RuntimeError("no"), run_id="r")
    desk.drop("law/a.txt", "same", age=30)
    intake.look()
    [again] = intake.plan_runs(0)
    assert again.documents == ("law/a.txt",)
    assert again.run_key != run.run_key


def test_a_young_file_is_waited_for_once_and_then_taken(desk: Desk) -> None:
    desk.drop("law/a.txt", age=0.05)
    desk.drop("law/b.txt", age=0.85)
    report = desk.intake().look()
    assert report.accepted == ["law/a.txt", "law/b.txt"]
    assert len(desk.waits) == 1
    assert 0.15 < desk.waits[0] <= 0.95  # until the younger one is old enough


def test_a_file_that_grew_while_it_was_waited_for_is_left_for_the_next_look(desk: Desk) -> None:
    place = desk.drop("law/a.txt", "half", age=0)
    desk.drop("law/old.txt")
    desk.while_waiting = lambda: place.write_text("half and more")
    assert desk.intake().look().accepted == ["law/old.txt"]
    desk.touch(place, age=5)
    assert desk.intake().look().accepted == ["law/a.txt"]
    assert len(desk.waits) == 1


@pytest.mark.parametrize("age", [-86400.0, -30.0])
def test_a_file_from_the_future_is_taken_after_one_wait(desk: Desk, age: float) -> None:
    desk.drop("law/a.txt", age=age)
    assert desk.intake().look().accepted == ["law/a.txt"]
    assert desk.waits == [1.0]


def test_a_file_renamed_in_is_taken_without_a_wait(desk: Desk) -> None:
    whole = desk.drop("law/a.txt.part")
    intake = desk.intake()
    assert intake.look().accepted == []
    whole.rename(whole.with_suffix(""))
    assert intake.look().accepted == ["law/a.txt"]
    assert desk.waits == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says whether a file has a writer")
def test_a_slow_writer_is_not_overtaken(desk: Desk) -> None:
    place = desk.drop("law/a.txt", "half")
    intake = desk.intake()
    with place.open("a") as writer:
        report = intake.look()
        assert (report.accepted, report.busy) == ([], ["law/a.txt"])
        writer.write(" and the rest")
    desk.touch(place, age=5)
    assert intake.look().accepted == ["law/a.txt"]
    row = intake.state_of("law/a.txt")
    assert row is not None
    assert row.version == _sha("half and the rest")


@pytest.mark.hostile
def test_a_file_over_the_limit_is_rejected_by_name_without_being_read(desk: Desk) -> None:
    place = desk.drop("law/big.pdf")
    os.truncate(place, 300 * 1024 * 1024)
    desk.touch(place, age=60)
    intake = desk.intake()
    report = intake.look()
    assert (report.accepted, report.rejected) == ([], ["law/big.pdf"])
    row = intake.state_of("law/big.pdf")
    assert row is not None
    assert (row.state, row.reason, row.version) == ("rejected", "DocumentTooLarge", None)
    assert "300 MB" in (row.detail or "")
    assert not (desk.settings.home / "store/uploads").exists()
    assert intake.look().rejected == []
    assert desk.intake(max_file_mb=400).look().accepted == ["law/big.pdf"]


def test_refused_entries_are_listed_by_name_until_they_are_gone(desk: Desk) -> None:
    link = desk.inbox / "law/link.txt"
    link.parent.mkdir()
    link.symlink_to("/etc/passwd")
    intake = desk.intake()
    assert [entry.path for entry in intake.look().refused] == ["law/link.txt"]
    row = intake.state_of("law/link.txt")
    assert row is not None
    assert (row.state, row.reason, row.version) == ("refused", "UnsafePath", None)
    link.unlink()
    desk.drop("law/link.txt", "a real file now")
    assert intake.look().accepted == ["law/link.txt"]
    (desk.inbox / "bad name").mkdir()
    intake.look()
    (desk.inbox / "bad name").rmdir()
    intake.look()
    assert [row.document for row in intake.list()] == ["law/link.txt"]


def test_a_link_in_the_place_of_a_known_document_leaves_what_is_known(desk: Desk) -> None:
    place = desk.drop("law/a.txt")
    intake = desk.intake()
    intake.look()
    before = intake.list()
    place.unlink()
    place.symlink_to("/etc/passwd")
    assert [entry.path for entry in intake.look().refused] == ["law/a.txt"]
    assert intake.list() == before


def test_a_full_disk_stops_the_look_by_name_and_the_next_one_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        desk.drop(f"law/{name}.txt", name)
    real, calls = os.fsync, []

    def fills_up(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 2:  # the file and its folder of the first upload
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    intake = desk.intake()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fills_up)
        report = intake.look()
    assert report.accepted == ["law/a.txt"]
    assert "room left to keep law/b.txt" in (report.stopped or "")
    assert list((desk.settings.home / "store/tmp").iterdir()) == []
    assert desk.intake().look().accepted == ["law/b.txt", "law/c.txt"]


def test_one_file_that_cannot_be_read_does_not_hold_back_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.drop("law/a.txt", "a")
    desk.drop("law/b.txt", "b")
    real = os.open

    def unreadable(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == "a.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", unreadable)
    report = desk.intake().look()
    assert report.accepted == ["law/b.txt"]
    assert [entry.path for entry in report.refused] == ["law/a.txt"]


def test_a_look_that_has_much_to_copy_ends_in_time_and_the_next_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        desk.drop(f"law/{n}.txt", str(n))
    intake = desk.intake()
    ticks = iter(range(1000))
    with monkeypatch.context() as patch:
        patch.setattr(acceptance.time, "monotonic", lambda: next(ticks) * acceptance.BUDGET_S / 3)
        report = intake.look()
    assert report.left > 0
    assert len(report.accepted) + report.left == 5
    assert len(intake.look().accepted) == report.left


def test_known_files_cost_one_query_and_not_one_file_is_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(300):
        desk.drop(f"c{n % 3}/{n}.txt", str(n))
    intake = desk.intake()
    intake.look()
    statements: list[str] = []
    from sqlalchemy import event

    event.listen(intake.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    monkeypatch.setattr(acceptance, "open_whole", lambda *_args: pytest.fail("a known file was opened"))
    assert intake.look(time.time()).known == 300
    assert len(statements) == 1


def test_the_row_of_a_file_with_an_impossible_name_can_be_written_and_listed(desk: Desk) -> None:
    desk.drop(b"law/\xff\xfe\n.txt")
    intake = desk.intake()
    assert intake.look().accepted == ["law/%FF%FE%0A.txt"]
    assert [row.path for row in intake.list()] == ["law/%FF%FE%0A.txt"]
    assert Path(intake.store.url_of(intake.list()[0].version or "")).is_file()


def test_two_looks_at_once_accept_a_file_once(desk: Desk) -> None:
    place = desk.drop("law/a.txt", "one", age=0.5)
    keys: list[str] = []

    def another_look() -> None:
        desk.while_waiting = lambda: None
        desk.touch(place, age=0.5)  # as young as it was, so that the first look still takes it for the same
        desk.intake().look(time.time() + 60)
        keys.extend(run.run_key for run in desk.intake().plan_runs(0))

    stat = place.stat()
    desk.while_waiting = lambda: (another_look(), os.utime(place, ns=(stat.st_mtime_ns, stat.st_mtime_ns)))
    desk.intake().look()
    row = desk.intake().state_of("law/a.txt")
    assert row is not None
    assert (row.state, row.run_key) == ("submitted", keys[0])
    assert desk.intake().plan_runs(0) == []


def test_what_is_urgent_does_not_wait_for_a_backlog_to_end(desk: Desk) -> None:
    for name in "abc":
        desk.drop(f"law/{name}.txt", name)
    intake = desk.intake(runs_at_once=2)
    intake.look()
    assert intake.plan_runs(2) == []
    prioritize(intake.engine, ["law/b.txt"], 10, by="me", now=time.time())
    assert intake.plan_runs(3) == [], "one run beside the others, and no more"
    [urgent] = intake.plan_runs(2)
    assert (urgent.documents, urgent.priority) == (("law/b.txt",), 10)
    assert {one for run in intake.plan_runs(0) for one in run.documents} == {"law/a.txt", "law/c.txt"}
