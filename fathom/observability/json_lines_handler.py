"""Writes log files with a JSON object per line, `logs/<process>.jsonl`, shared by several processes, with rotation."""

from __future__ import annotations

import json
import logging
import os
import stat
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fathom.observability.redaction import redact
from fathom.observability.structured_logging import FIELDS
from fathom.settings import Settings

MAX_BYTES = 10 * 1024**2
KEEP = 5  # the current file and its predecessors: at most 50 MB for each process
MAX_TEXT = 8_000  # characters of a message or a traceback; a log is read by people
# Mode of a rotated file: a writer that still has it open detects the rotation by fstat.
_PUT_ASIDE = 0o400
_LOOK_EVERY_S = 0.1  # how often a writer checks whether another process rotated or filled its file
_LOOK_EVERY = 1 / 64  # and after writing this share of `max_bytes` itself
_FIRST = ("event", "document", "run", "request", "stage", "sub_stage")
_encoded = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode


def keep_logs(settings: Settings, process: str) -> logging.Handler:
    """Sends lines of `fathom` loggers, and warnings of all others, to `logs/<process>.jsonl`; idempotent.

    `process` is the kind of process (cli, api, runs, converter), of which several may write at once. The file is created
    with the first line. A full disk or a read-only folder loses lines and stops nothing.
    """
    return keep_logs_at(settings.logs_path / f"{process}.jsonl", settings.log_level)


def keep_logs_at(path: Path, level: str) -> logging.Handler:
    """Does the same as `keep_logs`, for the file at `path`."""
    root = logging.getLogger()
    for known in root.handlers:
        if isinstance(known, JsonLinesHandler) and known.path == path:
            return known
    handler = JsonLinesHandler(path)
    handler.setFormatter(JsonLines())
    handler.addFilter(_worth_keeping)
    root.addHandler(handler)
    logging.getLogger("fathom").setLevel(level)
    return handler


class JsonLines(logging.Formatter):
    """Formats a log record as JSON: timestamp (UTC), level, logger, message, document, run, stage, sub_stage, metrics."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line, without the line break."""
        fields: Mapping[str, Any] = record.__dict__.get(FIELDS) or {}
        line: dict[str, Any] = {
            "timestamp": f"{_second(int(record.created))}.{int(record.created % 1 * 1e6):06}+00:00",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        for name in _FIRST:
            if (value := fields.get(name)) is not None:
                line[name] = value
        line["message"] = _shortened(fields.get("message") or redact(_own_message(record)))
        for name, value in fields.items():
            if name not in line and name not in _FIRST:
                line[name] = value
        line["pid"] = record.process
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _shortened(redact("".join(traceback.format_exception(record.exc_info[1]))))
        return _encoded(line)


class JsonLinesHandler(logging.Handler):
    """Appends whole lines to a file shared with other processes; rotates it at `max_bytes`, keeping `keep` files."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        super().__init__()
        self.path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._file: int | None = None
        self._torn = False
        self._looked = 0.0
        self._size = self._unseen = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the line; it is lost if the file cannot be written."""
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
            self._write(line)
        except OSError:
            self._close()  # a log that cannot be written must not stop the work it is about
        except Exception:  # noqa: BLE001  as the standard library's handlers do
            self.handleError(record)

    def close(self) -> None:
        """Closes the file."""
        self.acquire()
        try:
            self._close()
        finally:
            self.release()
        super().close()

    def _write(self, line: bytes) -> None:
        file = self._current(len(line))
        if self._size + len(line) > self._max_bytes:
            self._rotate(len(line))
            self._looked = 0.0
            file = self._current(len(line))
        # a single write to a file opened for appending: lines of several processes never mix
        data = b"\n" + line if self._torn else line
        self._torn = os.write(file, data) < len(data)
        self._size += len(data)

    def _current(self, coming: int) -> int:
        """Returns the descriptor of the current file, reopened if another process has rotated it; updates `_size`."""
        now = time.monotonic()
        self._unseen += coming
        if self._file is not None:
            if now - self._looked < _LOOK_EVERY_S and self._unseen < _LOOK_EVERY * self._max_bytes:
                return self._file
            status = os.fstat(self._file)
            aside = not status.st_nlink or stat.S_IMODE(status.st_mode) == _PUT_ASIDE
            if not aside and self._has_its_name(status.st_ino):
                self._looked, self._unseen, self._size = now, 0, status.st_size
                return self._file
            self._close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(self.path, flags, 0o600)
        self._looked, self._unseen, self._size = now, 0, os.fstat(self._file).st_size
        return self._file

    def _has_its_name(self, inode: int) -> bool:
        try:
            return self.path.stat().st_ino == inode
        except FileNotFoundError:
            return False

    def _rotate(self, coming: int) -> None:
        """Renames the file and its predecessors, unless another process has just done so."""
        try:
            with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=5):
                if self.path.stat().st_size + coming <= self._max_bytes:
                    return
                for number in range(self._keep - 1, 0, -1):
                    older = self.path.with_name(f"{self.path.name}.{number}")
                    newer = self.path.with_name(f"{self.path.name}.{number - 1}") if number > 1 else self.path
                    if newer.exists():
                        newer.replace(older)
                        older.chmod(_PUT_ASIDE)
        except (Timeout, FileNotFoundError):
            return

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


@lru_cache(maxsize=8)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _worth_keeping(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name == "fathom" or record.name.startswith("fathom.")


def _own_message(record: logging.LogRecord) -> str:
    """Returns the original message: Dagster prefixes it with run and step, and keeps the original in its metadata."""
    metadata = getattr(record, "dagster_meta", None)
    if isinstance(metadata, dict) and metadata.get("orig_message"):
        return str(metadata["orig_message"])
    return record.getMessage()


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + f" … ({len(text) - MAX_TEXT} more characters)"
