"""Reading log lines back: by document, stage, level and time, across files, and as they come."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fathom.observability.log_reader import Follower, LogFilter, read_lines


def write(home: Path, name: str, *found: dict[str, object]) -> Path:
    file = home / "logs" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as stream:
        for line in found:
            stream.write(json.dumps(line) + "\n")
    return file


def line(second: int, message: str, document: str = "a/b", **more: object) -> dict[str, object]:
    return {
        "timestamp": f"2026-01-01T00:00:{second:02}+00:00",
        "level": "info",
        "document": document,
        "message": message,
        **more,
    }


def messages(home: Path, **wanted: object) -> list[object]:
    return [one["message"] for one in read_lines(home, "a/b", **wanted)]  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write(tmp_path, "runs.jsonl.1", line(1, "first"))
    write(tmp_path, "runs.jsonl", line(4, "fourth", stage="graphiti", level="error"), line(5, "of another", document="a/c"))
    write(tmp_path, "converter.jsonl", line(2, "second", stage="docling"), line(3, "third", level="warning"))
    return tmp_path


def test_lines_of_all_processes_come_in_the_order_of_time(home: Path) -> None:
    assert messages(home) == ["first", "second", "third", "fourth"]


def test_lines_are_chosen_by_stage_level_and_time(home: Path) -> None:
    assert messages(home, stage="docling") == ["second"]
    assert messages(home, level="warning") == ["third", "fourth"]
    assert messages(home, since=datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC)) == ["third", "fourth"]


def test_what_is_no_line_is_passed_over(home: Path) -> None:
    with (home / "logs" / "runs.jsonl").open("a") as stream:
        stream.write('Traceback, perhaps\n[1]\n{"torn": ')
    assert messages(home) == ["first", "second", "third", "fourth"]


def test_a_home_without_logs_has_no_lines(tmp_path: Path) -> None:
    assert read_lines(tmp_path, "a/b") == []


def test_a_follower_gives_each_new_line_once_also_over_a_rotation(home: Path) -> None:
    follower = Follower(home, LogFilter("a/b"))
    assert follower.new_lines() == []
    current = write(home, "runs.jsonl", line(6, "sixth"))
    current.rename(current.with_name("runs.jsonl.2"))
    write(home, "runs.jsonl", line(7, "seventh"), line(7, "not asked for", document="x/y"))
    assert [one["message"] for one in follower.new_lines()] == ["sixth", "seventh"]
    assert follower.new_lines() == []


def test_a_follower_waits_for_the_end_of_a_line(home: Path) -> None:
    follower = Follower(home, LogFilter())
    whole = json.dumps(line(8, "eighth")) + "\n"
    with (home / "logs" / "runs.jsonl").open("a") as stream:
        stream.write(whole[:20])
        stream.flush()
        assert follower.new_lines() == []
        stream.write(whole[20:])
    assert [one["message"] for one in follower.new_lines()] == ["eighth"]


def test_following_ends_with_all_that_was_written_before_the_end(home: Path) -> None:
    follower = Follower(home, LogFilter("a/b"))
    write(home, "runs.jsonl", line(9, "last"))
    assert [one["message"] for one in follower.follow(until=lambda: True)] == ["last"]
