"""Reads the cells of an OpenDocument table onto its grid.

Docling 2.142.1 knows a single header row and joins the lines of a cell without a break; not needed once it reads
`table-header-rows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fathom.conversion.docling_backends.office.table_headers import HeaderHints
from fathom.conversion.docling_backends.opendocument.opendocument_markup import TABLE, is_true, number_of

MAX_REPEATED = 1_000
MAX_COPIES = 20_000  # of filled cells, in a file
MAX_COLUMNS = 1_000
_CELL, _COVERED, _ROW = f"{TABLE}table-cell", f"{TABLE}covered-table-cell", f"{TABLE}table-row"
_HEADER, _GROUPS = f"{TABLE}table-header-rows", (f"{TABLE}table-rows", f"{TABLE}table-row-group")


@dataclass(frozen=True)
class OpenDocumentCell:
    """A cell, its place and how many rows and columns it covers."""

    element: Any
    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True)
class OpenDocumentGrid:
    """The cells of a table in reading order, its size, its header hints, and its hidden rows."""

    cells: tuple[OpenDocumentCell, ...]
    rows: int
    columns: int
    hints: HeaderHints
    hidden_rows: int


class Copies:
    """Limits the repetitions of filled cells in a file; `cut` counts the copies beyond the limit."""

    def __init__(self) -> None:
        self._left = MAX_COPIES
        self.cut = 0

    def allowed(self, wanted: int, cells: int = 1) -> int:
        """Returns how often a cell, or a row of so many filled cells, may be repeated: at least once."""
        given = min(wanted, MAX_REPEATED, 1 + self._left // max(cells, 1))
        self._left -= (given - 1) * cells
        self.cut += (wanted - given) * cells
        return given


def grid_of(table: Any, copies: Copies) -> OpenDocumentGrid:
    """Returns the grid of a `table:table`; repeated rows and cells without content are kept once."""
    cells: list[OpenDocumentCell] = []
    number = hidden = header = 0
    for row, is_header in _rows(table, False):
        if row.get(f"{TABLE}visibility", "visible") != "visible":
            hidden += number_of(row, f"{TABLE}number-rows-repeated")
            continue
        filled = any(_has_content(cell) for cell in row.iterchildren(_CELL))
        placed = _place_row(row, number, copies)
        repeated = copies.allowed(number_of(row, f"{TABLE}number-rows-repeated"), len(placed)) if filled else 1
        for more in range(repeated):
            cells += [replace(cell, row=number) for cell in placed] if more else placed
            header += is_header and number == header
            number += 1
    first_row = is_true(table, f"{TABLE}use-first-row-styles") if table.get(f"{TABLE}use-first-row-styles") else None
    first_column = is_true(table, f"{TABLE}use-first-column-styles")
    width = max((cell.column + cell.columns for cell in cells), default=0)
    return OpenDocumentGrid(tuple(_clip(cells, number)), number, width, HeaderHints(header, first_row, first_column), hidden)


def _rows(table: Any, is_header: bool) -> Iterator[tuple[Any, bool]]:
    for child in table:
        if child.tag == _ROW:
            yield child, is_header
        elif child.tag == _HEADER:
            yield from _rows(child, True)
        elif child.tag in _GROUPS:
            yield from _rows(child, is_header)


def _place_row(row: Any, number: int, copies: Copies) -> list[OpenDocumentCell]:
    """Returns the filled cells of a row; spans are cut at the end of the row, covered cells counted."""
    found: list[tuple[Any, int]] = []
    column = 0
    for cell in row.iterchildren(_CELL, _COVERED):
        repeated = min(number_of(cell, f"{TABLE}number-columns-repeated"), MAX_COLUMNS - column)
        if cell.tag == _CELL and _has_content(cell) and repeated > 0:
            repeated = copies.allowed(repeated)
            found += [(cell, at) for at in range(column, column + repeated)]
        column += repeated
    placed: list[OpenDocumentCell] = []
    for cell, at in found:
        across = min(number_of(cell, f"{TABLE}number-columns-spanned"), column - at)
        placed.append(OpenDocumentCell(cell, number, at, number_of(cell, f"{TABLE}number-rows-spanned"), across))
    return placed


def _has_content(cell: Any) -> bool:
    return len(cell) > 0


def _clip(cells: list[OpenDocumentCell], rows: int) -> Iterator[OpenDocumentCell]:
    for cell in cells:
        yield OpenDocumentCell(cell.element, cell.row, cell.column, min(cell.rows, rows - cell.row), cell.columns)
