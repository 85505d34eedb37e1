"""Iterates over lines, and reads the lines of a delimited block."""

from __future__ import annotations

from collections.abc import Sequence


class Cursor:
    """A position in a sequence of lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.at = 0

    @property
    def line(self) -> str | None:
        """The line at the cursor, None behind the last."""
        return self._lines[self.at] if self.at < len(self._lines) else None

    def ahead(self, count: int = 1) -> str | None:
        """Returns the line `count` lines ahead, or None."""
        return self._lines[self.at + count] if self.at + count < len(self._lines) else None

    def take(self) -> str:
        """Returns the line and advances to the next."""
        self.at += 1
        return self._lines[self.at - 1]

    def skip_blank(self) -> int:
        """Advances to the next non-blank line; returns the number of blank lines skipped."""
        start = self.at
        while self.at < len(self._lines) and not self._lines[self.at]:
            self.at += 1
        return self.at - start

    def until(self, closing: str) -> list[str]:
        """Returns the lines up to the closing line, which is consumed, or to the end."""
        start = self.at
        while self.at < len(self._lines) and self._lines[self.at] != closing:
            self.at += 1
        inside = list(self._lines[start : self.at])
        self.at += self.at < len(self._lines)
        return inside
