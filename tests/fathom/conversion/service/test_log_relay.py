"""A worker may write any line; it is in the converter's log, under names that harm nobody, and nothing is raised."""

from __future__ import annotations

import inspect
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fathom.conversion.service.log_relay import HEAD, TAKEN, log_to_file, log_to_stream, output_log, relay
from fathom.observability.json_lines_handler import JsonLinesHandler
from fathom.observability.structured_logging import get_logger, stage

OF_RECORDS = set(vars(logging.LogRecord("", 0, "", 0, "", (), None)))
OF_ARGUMENTS = {
    name
    for call in (
        output_log.log,
        output_log.info,
        output_log.exception,
        output_log.bind,
        structlog.BoundLoggerBase._proxy_to_logger,
    )
    for name in inspect.signature(call).parameters
} | set(inspect.signature(logging.Logger._log).parameters)
SET_BY_FORMAT = {"timestamp", "level", "logger", "event", "message", "pid", "exception", "worker", "metrics"}
CONTEXT = {"document", "run", "request", "stage", "sub_stage"}
NAMES = sorted(
    OF_RECORDS | OF_ARGUMENTS | SET_BY_FORMAT | CONTEXT | HEAD | TAKEN | {"event_name", "_from_structlog", "_record", ""}
)

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Read]:
    """Reads the lines that the log file has."""
    root, fathom = logging.getLogger(), logging.getLogger("fathom")
    handlers, level = list(root.handlers), fathom.level
    file = tmp_path / "converter.jsonl"
    log_to_file(file, "DEBUG")
    yield lambda: [json.loads(line, parse_constant=pytest.fail) for line in file.read_bytes().splitlines()]
    for handler in set(root.handlers) - set(handlers):
        assert isinstance(handler, JsonLinesHandler)
        root.removeHandler(handler)
        handler.close()
    fathom.setLevel(level)


@pytest.mark.parametrize("name", NAMES)
def test_a_field_of_any_name_and_type_leaves_the_line_whole(logged: Read, name: str) -> None:
    values = ["text", 7, None, True, ["x"], {"a": {"b": 1}}, 1e999]
    for value in values:
        relay(json.dumps({"level": "warning", "message": "The worker said so.", name: value}).encode() + b"\n", 4711)
    lines = logged()
    assert [line["message"] for line in lines] == [str(v) if name == "message" else "The worker said so." for v in values]
    for line in lines:
        assert (line["worker"], line["pid"], line["logger"]) == (
            4711,
            os.getpid(),
            "fathom.conversion.service.conversion_worker",
        )
        assert line["level"] == ("info" if name == "level" else "warning")
        assert all(isinstance(line.get(text, ""), str) for text in (*CONTEXT, "event"))


def test_what_a_worker_logs_of_a_document_arrives_as_it_was(logged: Read, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    before = list(logging.getLogger().handlers)
    log_to_stream(sys.stderr, "INFO")
    with stage("docling", document="a/b.csv", run="r1"):
        get_logger("fathom.conversion.engines.conversion_engine").info(
            "The libraries warned of the document", sub_stage="convert", kinds=["UserWarning"], metrics={"warnings": 2}
        )
    for handler in set(logging.getLogger().handlers) - set(before):
        logging.getLogger().removeHandler(handler)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "docling.convert"
    relay(line.encode() + b"\n", 4711)
    kept = logged()[-1]
    assert {name: kept[name] for name in ("event", "document", "run", "kinds", "metrics", "worker", "message")} == {
        "event": "docling.convert",
        "document": "a/b.csv",
        "run": "r1",
        "kinds": ["UserWarning"],
        "metrics": {"warnings": 2},
        "worker": 4711,
        "message": "The libraries warned of the document",
    }


@pytest.mark.parametrize("level", ["debug", "INFO", "Warning", "error", "critical"])
def test_a_level_is_kept(logged: Read, level: str) -> None:
    relay(json.dumps({"level": level, "message": "m"}).encode(), 1)
    assert [line["level"] for line in logged()] == [level.lower()]


@pytest.mark.parametrize("level", ["notset", "fatal", "no such level", "", None, 30, ["error"], {"error": 1}], ids=repr)
def test_a_level_that_is_none_is_info(logged: Read, level: object) -> None:
    relay(json.dumps({"level": level, "message": "m"}).encode(), 1)
    assert [line["level"] for line in logged()] == ["info"]


@pytest.mark.parametrize(
    "line",
    [
        b"plain words",
        b"no end of line %s %d {}",
        b"\xff\xfe\x00 not UTF-8 \x80\n",
        b'{"message": "\\ud800 half a pair", "x\\ud800": "\\udfff"}\n',
        b'{"message": "cut of',
        b'["a", "list"]\n',
        b'"a text"\n',
        b"7\n",
        b"null\n",
        b"NaN\n",
        b'{"message": NaN, "x": Infinity, "metrics": {"y": -Infinity}}\n',
        b'{"message": {"nested": ["deep"]}, "event": {"a": 1}}\n',
        b'{"stage": {"a": 1}, "sub_stage": ["b"], "document": 5, "run": [], "metrics": "none"}\n',
        b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}\n",
        b'{"x": ' + b'{"a": ' * 900 + b"1" + b"}" * 900 + b"}\n",
        b"[" * 100_000 + b"\n",
        b'{"message": "' + b"m" * 200_000 + b'"}\n',
        b"x" * 3_000_000,
        b'{"n": ' + b"9" * 5000 + b"}\n",
        json.dumps({f"field {number}": number for number in range(1000)}).encode(),
        b'{"message": "twice", "message": "twice", "exc_info": true, "exc_info": true}\n',
        b'{"message": "one\\nline\\u2028of three\\u0000"}\n',
    ],
    ids=lambda line: line[:40],
)
def test_rubbish_is_one_line_of_bounded_length(logged: Read, line: bytes) -> None:
    relay(line, 4711)
    (kept,) = logged()
    assert kept["worker"] == 4711
    assert len(json.dumps(kept)) < 20_000


@pytest.mark.parametrize("line", [b"", b"\n", b"   \r\n", b"\t"])
def test_nothing_is_no_line(logged: Read, line: bytes) -> None:
    relay(line, 4711)
    output_log.info("end")
    assert [kept["message"] for kept in logged()] == ["end"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
def test_any_object_can_be_relayed(fields: dict[str, Any]) -> None:
    relay(json.dumps(fields).encode() + b"\n", 4711)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes_can_be_relayed(line: bytes) -> None:
    relay(line, 4711)
