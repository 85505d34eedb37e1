"""Reads the cells of an OpenDocument table onto its grid.

Docling 2.142.1 knows one header row and runs the lines of a cell together; not needed once it reads `table-header-rows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fathom.conversion.docling_backends.office.table_headers import HeaderHints
from fathom.conversion.docling_backends.opendocument.markup import TABLE, is_true, number_of

MAX_REPEATED = 1_000
MAX_COLUMNS = 1_000
_CELL, _COVERED, _ROW = f"{TABLE}table-cell", f"{TABLE}covered-table-cell", f"{TABLE}table-row"
_HEADER, _GROUPS = f"{TABLE}table-header-rows", (f"{TABLE}table-rows", f"{TABLE}table-row-group")


@dataclass(frozen=True)
class PlacedCell:
    """A cell, its place and how many rows and columns it covers."""

    element: Any
    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Grid:
    """The cells of a table in reading order, its size, what it says of its header, and its hidden rows."""

    cells: tuple[PlacedCell, ...]
    rows: int
    columns: int
    hints: HeaderHints
    hidden_rows: int


def grid_of(table: Any) -> Grid:
    """Returns the grid of a `table:table`; repeated rows and cells without content stand once."""
    cells: list[PlacedCell] = []
    number = hidden = header = 0
    for row, is_header in _rows(table, False):
        if row.get(f"{TABLE}visibility", "visible") != "visible":
            hidden += number_of(row, f"{TABLE}number-rows-repeated")
            continue
        filled = any(_has_content(cell) for cell in row.iterchildren(_CELL))
        repeated = min(number_of(row, f"{TABLE}number-rows-repeated"), MAX_REPEATED) if filled else 1
        for _ in range(repeated):
            _place(row, number, cells)
            header += is_header and number == header
            number += 1
    first_row = is_true(table, f"{TABLE}use-first-row-styles") if table.get(f"{TABLE}use-first-row-styles") else None
    first_column = is_true(table, f"{TABLE}use-first-column-styles")
    width = max((cell.column + cell.columns for cell in cells), default=0)
    return Grid(tuple(_clipped(cells, number)), number, width, HeaderHints(header, first_row, first_column), hidden)


def _rows(table: Any, is_header: bool) -> Iterator[tuple[Any, bool]]:
    for child in table:
        if child.tag == _ROW:
            yield child, is_header
        elif child.tag == _HEADER:
            yield from _rows(child, True)
        elif child.tag in _GROUPS:
            yield from _rows(child, is_header)


def _place(row: Any, number: int, cells: list[PlacedCell]) -> None:
    """Places the filled cells of a row; none reaches further than the row has cells, covered ones counted."""
    found: list[tuple[Any, int]] = []
    column = 0
    for cell in row.iterchildren(_CELL, _COVERED):
        repeated = min(number_of(cell, f"{TABLE}number-columns-repeated"), MAX_COLUMNS - column)
        if cell.tag == _CELL and _has_content(cell):
            found += [(cell, at) for at in range(column, column + repeated)]
        column += repeated
    for cell, at in found:
        across = min(number_of(cell, f"{TABLE}number-columns-spanned"), column - at)
        cells.append(PlacedCell(cell, number, at, number_of(cell, f"{TABLE}number-rows-spanned"), across))


def _has_content(cell: Any) -> bool:
    return len(cell) > 0


def _clipped(cells: list[PlacedCell], rows: int) -> Iterator[PlacedCell]:
    for cell in cells:
        yield PlacedCell(cell.element, cell.row, cell.column, min(cell.rows, rows - cell.row), cell.columns)
