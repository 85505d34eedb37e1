"""What a document is made of, as far as quality is measured by it: headings with levels, tables as grids of texts."""

from __future__ import annotations

from dataclasses import dataclass, field

Cells = list[list[str]]


@dataclass
class Structure:
    """Headings as (level, text), in order; tables as rows of texts, where a cell's text stands at its first row and column."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    tables: list[Cells] = field(default_factory=list)


class GridWriter:
    """Places cells that come row by row, as HTML and pandoc write them: a spanned slot is skipped by the cells after it."""

    def __init__(self) -> None:
        self._texts: dict[tuple[int, int], str] = {}
        self._taken: set[tuple[int, int]] = set()
        self._row = -1
        self._column = 0

    def row(self) -> None:
        """The cells that follow stand in the next row."""
        self._row += 1
        self._column = 0

    def cell(self, text: str, rows: int = 1, columns: int = 1) -> None:
        """The next cell of the row has this text and covers so many rows and columns."""
        while (self._row, self._column) in self._taken:
            self._column += 1
        self._texts[self._row, self._column] = text
        for down in range(max(1, rows)):
            self._taken.update((self._row + down, self._column + right) for right in range(max(1, columns)))
        self._column += max(1, columns)

    def rows(self) -> Cells:
        """The whole grid."""
        if not self._texts:
            return []
        height, width = (max(place[axis] for place in self._taken) + 1 for axis in (0, 1))
        return [[self._texts.get((row, column), "") for column in range(width)] for row in range(height)]
