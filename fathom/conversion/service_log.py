"""Where the converter process and its workers write their log lines."""

from __future__ import annotations

import json
import logging
import logging.handlers
from pathlib import Path
from typing import Any, TextIO

import structlog

from fathom.observability.logs import configure_structlog, get_logger

LOG_BYTES = 10 * 1024**2
LOG_FILES = 5
MAX_LINE = 4000

output_log = get_logger("fathom.conversion.worker")


def log_to_file(path: Path, level: str) -> None:
    """Every line of this process goes to the file as JSON; five files of 10 MB are kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8")
    _attach(handler, level)


def log_to_stream(stream: TextIO, level: str) -> None:
    """Every line of this process goes to the stream as JSON, to be taken by `relay`."""
    _attach(logging.StreamHandler(stream), level)


def relay(line: bytes, worker: int) -> None:
    """A line a worker wrote is in this process's log: its own JSON as it was, anything else as plain text."""
    text = line.decode("utf-8", "replace").rstrip()[:MAX_LINE]
    if not text:
        return
    fields = _json_object(text)
    if fields is None:
        output_log.info(text, worker=worker)
        return
    event, level = str(fields.pop("event", "")), str(fields.pop("level", "info"))
    fields = {key: value for key, value in fields.items() if key not in {"timestamp", "logger"}}
    output_log.log(logging.getLevelNamesMapping().get(level.upper(), logging.INFO), event, worker=worker, **fields)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def _attach(handler: logging.Handler, level: str) -> None:
    stamps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    configure_structlog()
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)  # other people's libraries
    logging.getLogger("fathom").setLevel(level)
