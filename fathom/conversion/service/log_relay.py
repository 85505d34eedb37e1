"""Log output of the converter process and its workers."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any, TextIO

from fathom.observability.events import BY_NAME
from fathom.observability.json_lines_handler import MAX_TEXT, JsonLines, keep_logs_at
from fathom.observability.structured_logging import bound, get_logger

# A longer line is not parsed; asyncio drops a line that is longer still (worker_process.LINE_LIMIT).
MAX_JSON_BYTES = 64 * 1024
MAX_FIELDS = 32
MAX_DEPTH = 6
LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error", "critical")}
# Every line of JsonLines has them, and the converter's own line has its own.
HEAD = frozenset({"timestamp", "level", "logger", "message", "event", "pid"})
# Fields by which lines name their document; each is a text, for others look at them.
CONTEXT = frozenset({"document", "run", "request", "stage", "sub_stage"})
# Names with a meaning for whatever a line passes on its way: structlog's and logging's arguments, and our processors'.
TAKEN = frozenset({
    "args", "event_dict", "event_name", "exc_info", "extra", "method_name", "msg", "name", "positional_args", "record",
    "self", "stack", "stack_info", "stacklevel", "worker",
})  # fmt: skip

output_log = get_logger("fathom.conversion.service.conversion_worker")


def log_to_file(path: Path, level: str) -> None:
    """Sends every line of this process to the file as JSON; see keep_logs_at for how much of it is kept."""
    keep_logs_at(path, level)


def log_to_stream(stream: TextIO, level: str) -> None:
    """Sends every line of this process to the stream as JSON, to be taken by `relay`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)  # other people's libraries
    logging.getLogger("fathom").setLevel(level)


def relay(line: bytes, worker: int) -> None:
    """Logs a line that a worker wrote: the fields of a JSON object under names that are free here, anything else as text.

    The worker reads strangers' files, so that the line may be anything: no field of it can take the place of an argument of
    the logger, of a field that the logger sets, or of another type than readers of the log expect.
    """
    said = _json_object(line)
    if said is None:
        if text := _text(line.decode("utf-8", "replace").strip()):
            output_log.info(text, worker=worker)
        return
    with bound(**_fields(said)):  # bound and not passed as arguments, whose names they could have
        output_log.log(_level(said.get("level")), _text(str(said.get("message", ""))), worker=worker)


def _fields(said: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for said_name, value in list(said.items())[:MAX_FIELDS]:
        name = _text(said_name)
        if name in HEAD:
            continue
        fitting = (
            isinstance(value, str) if name in CONTEXT else isinstance(value, dict) if name == "metrics" else name not in TAKEN
        )
        fields[name if fitting else f"worker_{name}"] = _bounded(value, MAX_DEPTH)
    event = said.get("event")
    if isinstance(event, str) and event in BY_NAME:
        fields["event_name"] = event
    return fields


def _level(said: object) -> int:
    return LEVELS.get(said.lower(), logging.INFO) if isinstance(said, str) else logging.INFO


def _bounded(value: Any, depth: int) -> Any:
    """Returns the value with long texts cut, values deeper than `depth` left out, and no number that JSON lacks."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict | list) and not depth:
        return "…"
    if isinstance(value, dict):
        return {_text(name): _bounded(inner, depth - 1) for name, inner in list(value.items())[:MAX_FIELDS]}
    if isinstance(value, list):
        return [_bounded(inner, depth - 1) for inner in value[:MAX_FIELDS]]
    return value


def _text(text: str) -> str:
    """Returns the text, cut where it is long; half a surrogate pair, which no UTF-8 can hold, is a question mark."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole if len(whole) <= MAX_TEXT else whole[:MAX_TEXT] + "…"


def _json_object(line: bytes) -> dict[str, Any] | None:
    if len(line) > MAX_JSON_BYTES or not line.lstrip().startswith(b"{"):
        return None
    try:
        fields = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):  # no JSON, or nested a thousand deep
        return None
    return fields if isinstance(fields, dict) else None
