"""Events: a log call is one where the catalogue says so; what was said is on record whatever happens to who said it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fathom.observability.events import CATALOGUE, event_name
from fathom.observability.json_lines_handler import keep_logs, keep_logs_at
from fathom.observability.structured_logging import bound, emit, get_logger, stage
from fathom.settings import PROJECT_ROOT, Settings

log = get_logger("fathom.test")


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_name_is_given_once_and_says_what_is_true() -> None:
    names = [event.name for event in CATALOGUE]
    assert len(names) == len(set(names))
    assert all(event.meaning.endswith(".") for event in CATALOGUE)


def test_a_log_call_of_a_stage_in_the_catalogue_is_the_event(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    with stage("docling", document="a/b.pdf", run="r"):
        log.info("Page 3 of 10 converted", sub_stage="page", metrics={"page": 3, "pages": 10})
        log.info("Something else", sub_stage="elsewhere")
    first, second = lines(tmp_path / "x.jsonl")
    assert (first["event"], first["document"], first["metrics"]) == ("docling.page", "a/b.pdf", {"page": 3, "pages": 10})
    assert "event" not in second
    assert event_name("docling", "page") == "docling.page"


def test_an_event_is_kept_whatever_the_level_of_the_log(home_settings: Settings) -> None:
    keep_logs(home_settings.model_copy(update={"log_level": "ERROR"}), "cli")
    with stage("docling", document="a/b"):
        log.info("Conversion started", sub_stage="started", metrics={"bytes": 1})
        log.info("small talk")
    assert [line["event"] for line in lines(home_settings.logs_path / "cli.jsonl")] == ["docling.started"]


def test_an_event_of_no_stage_is_emitted_by_its_name_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    with bound(request="q1"):
        emit("llm.response", "Answered", model="m", tokens_in=3, api_key="sk-abcdefghijkl")
    (line,) = lines(tmp_path / "x.jsonl")
    assert (line["event"], line["request"]) == ("llm.response", "q1")
    assert line["metrics"] == {"model": "m", "tokens_in": 3, "api_key": "[hidden]"}
    with pytest.raises(KeyError):
        emit("llm.guess", "No such thing")


def test_a_key_of_the_api_is_hidden_wherever_it_is_said(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    log.info("Called with fathom_0a1b2c3d_S3cretS3cretS3cret", said="fathom_0a1b2c3d_S3cretS3cretS3cret")
    assert "S3cret" not in (tmp_path / "x.jsonl").read_text()


SPEAKER = """
import os, signal, sys
from pathlib import Path
from fathom.observability.json_lines_handler import keep_logs_at
from fathom.observability.structured_logging import get_logger, stage
keep_logs_at(Path(sys.argv[1]), "INFO")
log = get_logger("fathom.speaker")
with stage("graphiti", document="a/b", run="r"):
    for number in range(50):
        log.info("Episode", sub_stage="written", metrics={"chunk": number + 1, "chunks": 100})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_said_before_a_kill_is_there(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SPEAKER, str(tmp_path / "x.jsonl")], cwd=PROJECT_ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [line["metrics"]["chunk"] for line in lines(tmp_path / "x.jsonl")] == list(range(1, 51))  # type: ignore[index]
