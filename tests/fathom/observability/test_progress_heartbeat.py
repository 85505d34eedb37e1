"""Silence: work that takes longer than a few seconds is said to go on, and what speaks or is over is left alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fathom.observability import progress_heartbeat
from fathom.observability.json_lines_handler import keep_logs_at
from fathom.observability.progress_heartbeat import log_heartbeat
from fathom.observability.structured_logging import get_logger, stage

log = get_logger("fathom.test")
Said = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    monkeypatch.setattr(progress_heartbeat, "SILENT_S", 0.2)
    monkeypatch.setattr(progress_heartbeat, "LOOK_EVERY_S", 0.01)
    file = tmp_path / "x.jsonl"
    keep_logs_at(file, "INFO")
    return lambda: [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_says_nothing_is_said_to_go_on_again_and_again_with_its_document_and_run(said: Said) -> None:
    with stage("graphiti", document="a/b.md", run="r"), log_heartbeat():
        until(lambda: len(said()) >= 2)
    line = said()[0]
    assert (line["event"], line["document"], line["run"]) == ("graphiti.working", "a/b.md", "r")
    assert said()[1]["metrics"]["seconds"] > line["metrics"]["seconds"] >= 0.2


def test_what_speaks_is_left_alone_and_each_work_is_looked_at_for_itself(said: Said) -> None:
    heard = threading.Event()

    def speaks() -> None:
        with stage("docling", document="a/loud.md"), log_heartbeat():
            while not heard.wait(0.01):
                log.info("Page", sub_stage="page")

    thread = threading.Thread(target=speaks)
    thread.start()
    with stage("chunking", document="a/silent.md"), log_heartbeat():
        until(lambda: any(one["event"] == "chunking.working" for one in said()))
    heard.set()
    thread.join()
    assert {one["document"] for one in said() if one["event"].endswith(".working")} == {"a/silent.md"}


def test_nothing_is_said_of_work_that_is_over_and_the_thread_is_gone(said: Said) -> None:
    with stage("docling", document="a/b.md"), log_heartbeat():
        pass
    until(lambda: all(thread.name != "silence" for thread in threading.enumerate()))
    assert said() == []
