"""Keeps the footnotes of a text until the end of the section where they are referred to."""

from __future__ import annotations

from fathom.conversion.docling_backends.markup.markup_blocks import Footnote
from fathom.conversion.docling_backends.markup.markup_inline import Run


class Notes:
    """Numbers footnotes as they come; a note with an id can be referred to again."""

    def __init__(self) -> None:
        self._by_id: dict[str, str] = {}
        self._due: list[Footnote] = []
        self._count = 0

    def mark(self, identity: str, runs: list[Run]) -> str:
        """Returns the mark of a note and stores a new note; a reference by id returns that note's mark."""
        if identity and not runs and identity in self._by_id:
            return self._by_id[identity]
        self._count += 1
        mark = str(self._count)
        if identity:
            self._by_id[identity] = mark
        if runs:
            self._due.append(Footnote(runs, mark))
        return mark

    def due(self) -> list[Footnote]:
        """Returns the notes since the last call."""
        due, self._due = self._due, []
        return due
