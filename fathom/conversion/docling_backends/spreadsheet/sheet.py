"""Holds the displayed cells of a sheet, independent of the file format."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

CellKind = Literal["text", "number", "date", "bool", "error"]


@dataclass(frozen=True, slots=True)
class CellLook:
    """The visible formatting of a cell; `fill` names its colour, empty for none and for white."""

    bold: bool = False
    fill: str = ""
    bordered: bool = False

    @property
    def dressed(self) -> bool:
        """Returns whether an empty cell of this look is visible."""
        return bool(self.fill) or self.bordered

    @property
    def stands_out(self) -> bool:
        """Returns whether the look sets the cell's text apart, as a header's does."""
        return self.bold or bool(self.fill)


PLAIN = CellLook()


@dataclass(slots=True)
class SheetCell:
    """A cell with content; `rows` and `columns` are its spans."""

    text: str
    kind: CellKind = "text"
    look: CellLook = PLAIN
    rows: int = 1
    columns: int = 1
    link: str | None = None
    note: str = ""

    @property
    def shown(self) -> str:
        """The text, and the notes of the cell."""
        return f"{self.text} {self.note}".strip() if self.note else self.text


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, counted from 0; both ends are included."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Returns whether the cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


@dataclass(slots=True)
class GridLines:
    """Rows or columns of which some are hidden.

    `hidden` and `shown` are sorted; `shown` is None unless all lines not listed in it are hidden.
    """

    hidden: Sequence[int] = ()
    shown: Sequence[int] | None = None

    def is_hidden(self, line: int) -> bool:
        """Returns whether the line is hidden."""
        if self.shown is not None:
            at = bisect_left(self.shown, line)
            return at == len(self.shown) or self.shown[at] != line
        at = bisect_left(self.hidden, line)
        return at < len(self.hidden) and self.hidden[at] == line

    def visible_between(self, first: int, last: int) -> int:
        """Returns the number of visible lines strictly between two lines."""
        if self.shown is not None:
            return max(0, bisect_left(self.shown, last) - bisect_right(self.shown, first))
        return max(0, last - first - 1 - (bisect_left(self.hidden, last) - bisect_right(self.hidden, first)))

    def first_visible(self, first: int, last: int) -> int | None:
        """Returns the first visible line from `first` to `last`, or None if all are hidden."""
        if self.shown is not None:
            at = bisect_left(self.shown, first)
            return self.shown[at] if at < len(self.shown) and self.shown[at] <= last else None
        line, at = first, bisect_left(self.hidden, first)
        while at < len(self.hidden) and self.hidden[at] == line:
            line, at = line + 1, at + 1
        return line if line <= last else None


@dataclass(slots=True)
class TextBox:
    """Text of a shape that floats over the sheet at a cell."""

    row: int
    column: int
    text: str


@dataclass(slots=True)
class ShownSheet:
    """The visible cells of a sheet and the layout hints of its file; rows and columns are counted from 0."""

    name: str
    cells: dict[int, dict[int, SheetCell]] = field(default_factory=dict[int, dict[int, SheetCell]])
    row_lines: GridLines = field(default_factory=GridLines)
    column_lines: GridLines = field(default_factory=GridLines)
    narrow_columns: frozenset[int] = frozenset()
    dressed: frozenset[tuple[int, int]] = frozenset()  # empty cells with a fill or a border
    tables: tuple[Area, ...] = ()  # named as tables by the file
    filters: tuple[Area, ...] = ()  # areas whose first row has filter buttons
    header_rows: frozenset[int] = frozenset()  # frozen or printed on every page
    text_boxes: list[TextBox] = field(default_factory=list[TextBox])

    def placed(self) -> Iterator[tuple[int, int, SheetCell]]:
        """Yields row, column and cell, row by row."""
        for row in sorted(self.cells):
            for column, cell in sorted(self.cells[row].items()):
                yield row, column, cell


def column_number(letters: str) -> int:
    """Returns the number, from 0, of a column by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_name(column: int) -> str:
    """Returns the letters of a column, counted from 0."""
    name, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def cell_name(row: int, column: int) -> str:
    """Returns the name of a cell, such as B2."""
    return f"{column_name(column)}{row + 1}"
