"""Shows the progress of documents: a redrawn line on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fathom.cli.output import safe, say

if TYPE_CHECKING:
    from fathom.operations.ingest import Progress


class ProgressLine:
    """Shows each Progress it is called with, on stderr."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._said: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live and self._said:
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # noqa: T201  clears the line

    def __call__(self, progress: Progress) -> None:
        """Shows the progress, or its changes where there is no terminal."""
        total = len(progress.uploads)
        now = {document: _where(upload) for document, upload in progress.uploads.items()}
        if self._live:
            working = [f"{document} ({where})" for document, where in now.items() if where not in ("waiting", "done")]
            line = f"{progress.ended} of {total} documents  " + ", ".join(working)
            print(f"\r\033[K{safe(line)[: _columns()]}", end="", file=sys.stderr, flush=True)  # noqa: T201
        else:
            for document, where in now.items():
                if self._said.get(document) != where:
                    say(f"[{progress.ended}/{total}] {document}: {where}")
        self._said = now


def _where(upload: object) -> str:
    state = str(getattr(upload, "state", "waiting"))
    stage, reason = getattr(upload, "stage", None), getattr(upload, "reason", None)
    if state in ("accepted", "submitted"):
        return f"to be tried again after {reason}" if reason else "waiting"
    if state == "running":
        return str(stage or "running")
    return f"{state}: {reason}" if reason else state


def _columns() -> int:
    import shutil

    return max(20, shutil.get_terminal_size().columns - 1)
