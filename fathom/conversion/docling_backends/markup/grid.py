"""Places the cells of a table on its grid, as HTML does, with bounds on spans against damaged files."""

from __future__ import annotations

from dataclasses import dataclass

from fathom.conversion.docling_backends.markup.markup_blocks import Cell
from fathom.errors import DocumentTooLarge

MAX_GRID = 4_000_000  # rows times columns of a table
MIN_WIDTH = 64  # columns; a wider span is accepted only if some row has as many cells


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell with its row and column; the spans end within the table."""

    cell: Cell
    row: int
    column: int
    row_span: int
    column_span: int


@dataclass(frozen=True, slots=True)
class MarkupGrid:
    """The cells of a table in reading order, and its size."""

    cells: list[PlacedCell]
    row_count: int
    column_count: int


def place_cells(rows: list[list[Cell]]) -> MarkupGrid:
    """Returns the placed cells; a cell goes to the first column not covered from above.

    Raises DocumentTooLarge if the table has more than MAX_GRID places.
    """
    widest = max([MIN_WIDTH, *(len(row) for row in rows)])
    covered: dict[int, int] = {}  # column -> first row that is free in it
    found: list[PlacedCell] = []
    width = 0
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while covered.get(column, 0) > number:
                column += 1
            across = min(max(cell.column_span, 1), widest)
            down = min(max(cell.row_span, 1), len(rows) - number)
            across = next((step for step in range(1, across) if covered.get(column + step, 0) > number), across)
            found.append(PlacedCell(cell, number, column, down, across))
            if down > 1:
                for index in range(column, column + across):
                    covered[index] = number + down
            column += across
            width = max(width, column)
            if width * len(rows) > MAX_GRID:
                raise DocumentTooLarge(f"A table in it has more than {MAX_GRID} places for cells.", hint="Split the table.")
    return MarkupGrid(found, len(rows), width)
