"""Where the converter process and its workers write their log lines."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, TextIO

from fathom.observability.logfiles import JsonLines, keep_logs_at
from fathom.observability.logs import get_logger

MAX_LINE = 4000

output_log = get_logger("fathom.conversion.worker")


def log_to_file(path: Path, level: str) -> None:
    """Every line of this process goes to the file as JSON; see keep_logs_at for how much of it is kept."""
    keep_logs_at(path, level)


def log_to_stream(stream: TextIO, level: str) -> None:
    """Every line of this process goes to the stream as JSON, to be taken by `relay`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)  # other people's libraries
    logging.getLogger("fathom").setLevel(level)


def relay(line: bytes, worker: int) -> None:
    """A line a worker wrote is in this process's log: its own JSON as it was, anything else as plain text."""
    text = line.decode("utf-8", "replace").rstrip()[:MAX_LINE]
    if not text:
        return
    fields = _json_object(text)
    if fields is None:
        output_log.info(text, worker=worker)
        return
    event, level = str(fields.pop("message", "")), str(fields.pop("level", "info"))
    fields = {key: value for key, value in fields.items() if key not in {"timestamp", "logger", "pid"}}
    output_log.log(logging.getLevelNamesMapping().get(level.upper(), logging.INFO), event, worker=worker, **fields)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
