"""Reads log lines back by document, stage, level or time, from all files in the order of time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LogLine = dict[str, Any]


@dataclass(frozen=True)
class LogFilter:
    """Selects log lines; None does not restrict. `level` is the minimum, `since` the earliest time."""

    document: str | None = None
    stage: str | None = None
    level: str | None = None
    since: datetime | None = None

    def __call__(self, line: LogLine) -> bool:
        """Returns whether the line matches."""
        return (
            (self.document is None or line.get("document") == self.document)
            and (self.stage is None or line.get("stage") == self.stage)
            and (self.level is None or _level(str(line.get("level"))) >= _level(self.level))
            and (self.since is None or ((when := _time(line)) is not None and when >= self.since))
        )


def read_lines(
    home: Path,
    document: str | None = None,
    *,
    stage: str | None = None,
    level: str | None = None,
    since: datetime | None = None,
) -> list[LogLine]:
    """Returns the matching lines of all processes of the home, oldest first; ignores lines that are no JSON object."""
    wanted = LogFilter(document, stage, level, since)
    lines = [line for path in _files(home) for line in _parsed(path.read_bytes()) if wanted(line)]
    return sorted(lines, key=lambda line: str(line.get("timestamp")))


@dataclass
class Follower:
    """Follows the log files of a home and returns each new matching line once."""

    home: Path
    wanted: LogFilter
    _read: dict[int, int] = field(default_factory=dict[int, int])

    def __post_init__(self) -> None:
        for path in _files(self.home):
            status = path.stat()
            self._read[status.st_ino] = status.st_size

    def new_lines(self) -> list[LogLine]:
        """Returns the lines written since the last call, or since the construction."""
        lines: list[LogLine] = []
        for path in _files(self.home):
            try:
                with path.open("rb") as file:
                    inode = path.stat().st_ino  # a rotated file keeps its inode, and so its offset
                    file.seek(self._read.get(inode, 0))
                    data = file.read()
            except FileNotFoundError:
                continue
            whole = data[: data.rfind(b"\n") + 1]
            self._read[inode] = self._read.get(inode, 0) + len(whole)
            lines += [line for line in _parsed(whole) if self.wanted(line)]
        return sorted(lines, key=lambda line: str(line.get("timestamp")))

    def follow(self, *, until: Callable[[], bool] = lambda: False, every: float = 0.3) -> Iterator[LogLine]:
        """Yields new lines until `until` is true and all lines written by then were yielded."""
        while True:
            last = until()
            yield from self.new_lines()
            if last:
                return
            time.sleep(every)


def _files(home: Path) -> list[Path]:
    folder = home / "logs"
    return [path for path in sorted(folder.glob("*.jsonl*")) if not path.name.startswith(".")] if folder.is_dir() else []


def _parsed(data: bytes) -> Iterator[LogLine]:
    for raw in data.splitlines():
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def _level(name: str) -> int:
    return logging.getLevelNamesMapping().get(name.upper(), logging.INFO)


def _time(line: LogLine) -> datetime | None:
    try:
        when = datetime.fromisoformat(str(line.get("timestamp")))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
