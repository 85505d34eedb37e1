"""Log files: whole JSON lines from many processes, rotated without loss, never with a secret."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fathom.observability.json_lines_handler import JsonLinesHandler, keep_logs, keep_logs_at
from fathom.observability.structured_logging import get_logger, stage
from fathom.settings import PROJECT_ROOT, Settings

log = get_logger("fathom.test")

WRITER = """
import sys
from pathlib import Path
from fathom.observability.json_lines_handler import JsonLines, JsonLinesHandler
from fathom.observability.structured_logging import get_logger
import logging
handler = JsonLinesHandler(Path(sys.argv[1]), max_bytes=int(sys.argv[3]), keep=50)
handler.setFormatter(JsonLines())
logging.getLogger().addHandler(handler)
logging.getLogger("fathom").setLevel("INFO")
log = get_logger("fathom.writer")
for number in range(400):
    log.info("line", who=sys.argv[2], number=number, filling="x" * (number % 200))
"""


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_says_when_who_which_document_and_its_figures(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    with stage("docling", document="a/b.pdf", run="r1"):
        log.info("Page 3 of 10 converted", sub_stage="page", metrics={"page": 3, "pages": 10})
    (line,) = lines(tmp_path / "x.jsonl")
    assert line["timestamp"].endswith("+00:00")
    assert {key: line[key] for key in ("level", "logger", "document", "run", "stage", "sub_stage", "message", "metrics")} == {
        "level": "info",
        "logger": "fathom.test",
        "document": "a/b.pdf",
        "run": "r1",
        "stage": "docling",
        "sub_stage": "page",
        "message": "Page 3 of 10 converted",
        "metrics": {"page": 3, "pages": 10},
    }


def test_other_handlers_see_a_sentence_with_its_document_and_figures(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "fathom"), stage("chunking", document="a/b"):
        log.info("100% of %s cut", sub_stage="complete", metrics={"chunks": 7, "seconds": 0.5})
    assert caplog.messages == ["a/b: 100% of %s cut  chunks=7 seconds=0.5"]


def test_a_logger_of_the_outer_ring_is_below_fathom_too(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    get_logger("resources.converter").info("Conversion started")
    assert lines(tmp_path / "x.jsonl")[0]["logger"] == "fathom.resources.converter"


def test_an_exception_is_kept_with_its_trace(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    try:
        raise ValueError("the cause")
    except ValueError:
        log.exception("It failed")
    (line,) = lines(tmp_path / "x.jsonl")
    assert line["level"] == "error"
    assert "ValueError: the cause" in line["exception"]
    assert "test_json_lines_handler.py" in line["exception"]


def test_no_secret_is_written_in_any_form(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    log.info(
        "Connecting to bolt://neo4j:hunter2@host with password=hunter2",
        key=SecretStr("hunter2"),
        api_key="hunter2",
        metrics={"graph_password": "hunter2", "max_tokens": 256, "tokens_in": 12},
        nested=[{"Authorization": "hunter2"}],
    )
    try:
        raise RuntimeError("the header was 'Bearer hunter2hunter2'")
    except RuntimeError:
        log.exception("It failed")
    text = (tmp_path / "x.jsonl").read_text()
    assert "hunter2" not in text
    assert lines(tmp_path / "x.jsonl")[0]["metrics"] == {"graph_password": "[hidden]", "max_tokens": 256, "tokens_in": 12}


def test_warnings_of_other_libraries_are_kept_and_their_chatter_is_not(tmp_path: Path) -> None:
    keep_logs_at(tmp_path / "x.jsonl", "INFO")
    logging.getLogger("neo4j").info("chatter")
    logging.getLogger("neo4j").warning("slow %s", "query")
    assert [line["message"] for line in lines(tmp_path / "x.jsonl")] == ["slow query"]


def test_lines_below_the_level_of_the_settings_are_left_out(home_settings: Settings) -> None:
    keep_logs(home_settings.model_copy(update={"log_level": "WARNING"}), "cli")
    log.info("small talk")
    log.warning("trouble")
    assert [line["message"] for line in lines(home_settings.logs_path / "cli.jsonl")] == ["trouble"]


def test_asking_twice_keeps_each_line_once(tmp_path: Path) -> None:
    assert keep_logs_at(tmp_path / "x.jsonl", "INFO") is keep_logs_at(tmp_path / "x.jsonl", "INFO")
    log.info("once")
    assert len(lines(tmp_path / "x.jsonl")) == 1


def test_several_processes_lose_and_mix_no_line_while_they_rotate(tmp_path: Path) -> None:
    path = tmp_path / "shared.jsonl"
    most = 20_000
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(who), str(most)], cwd=PROJECT_ROOT) for who in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    files = list(tmp_path.glob("shared.jsonl*"))
    found = [line for file in files for line in lines(file)]
    assert len(files) > 5
    # a line may be written to a file in the moment it is put aside: as many as there are writers, never more
    assert all(file.stat().st_size <= most + 3 * 400 for file in files)
    assert sorted((line["who"], line["number"]) for line in found) == sorted(
        (str(who), number) for who in range(3) for number in range(400)
    )


def test_no_more_files_are_kept_than_asked_for(tmp_path: Path) -> None:
    handler = JsonLinesHandler(tmp_path / "x.jsonl", max_bytes=200, keep=3)
    for number in range(100):
        handler.emit(logging.LogRecord("fathom", logging.INFO, "", 0, f"line {number:03}", None, None))
    handler.close()
    assert sorted(file.name for file in tmp_path.glob("x.jsonl*")) == ["x.jsonl", "x.jsonl.1", "x.jsonl.2"]
    assert (tmp_path / "x.jsonl").read_text().splitlines()[-1] == "line 099"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_loses_lines_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    handler = JsonLinesHandler(Path("/dev/full"))
    handler.emit(logging.LogRecord("fathom", logging.INFO, "", 0, "lost", None, None))
    handler.close()
    assert capsys.readouterr().err == ""
