"""Reads the cells of a Word table onto its grid.

Docling 2.142.1 cuts rows that are wider than the declared grid, knows a single header row, and loses the place of a nested
single-cell table; not needed once it reads the grid from its rows and `w:tblHeader`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docling_core.types.doc import DoclingDocument, TableCell

from fathom.conversion.docling_backends.office.pieces import OfficePiece
from fathom.conversion.docling_backends.office.table_headers import HeaderHints
from fathom.conversion.docling_backends.word.word_markup import CELL, ROW, TABLE, VAL, P, W, is_on, value_of

MAX_COLUMNS = 1_000  # Word itself stops at 63
MAX_BEFORE = 63  # columns left empty before a row's first cell
_FIRST_ROW, _FIRST_COLUMN = 0x0020, 0x0080


@dataclass
class WordCell:
    """A `w:tc` and its position; vertically merged cells extend its row span."""

    element: Any
    row: int
    column: int
    columns: int
    rows: int = 1


def placed_cells(table: Any) -> tuple[list[WordCell], int, int]:
    """Returns (cells in reading order, rows, columns); the grid is as wide as its widest row."""
    cells: list[WordCell] = []
    open_cells: dict[int, WordCell] = {}
    width = row_number = 0
    for row in table.iterchildren(ROW):
        column = min(_integer(value_of(row, f"{W}trPr/{W}gridBefore"), 0), MAX_BEFORE)
        for element in row.iterchildren(CELL):
            if column >= MAX_COLUMNS:
                break
            columns = min(max(1, _integer(value_of(element, f"{W}tcPr/{W}gridSpan"), 1)), MAX_COLUMNS - column)
            above = open_cells.get(column)
            merge = element.find(f"{W}tcPr/{W}vMerge")
            if merge is not None and merge.get(VAL, "continue") == "continue" and above is not None:
                above.rows = row_number + 1 - above.row
            else:
                placed = WordCell(element, row_number, column, columns)
                cells.append(placed)
                open_cells[column] = placed
            column += columns
        width = max(width, column)
        row_number += 1
    return cells, row_number, width


def header_hints(table: Any) -> HeaderHints:
    """Returns the table's header hints: repeated rows at its top, and the styles of first row and column."""
    marked = 0
    for row in table.iterchildren(ROW):
        if not is_on(row.find(f"{W}trPr/{W}tblHeader")):
            break
        marked += 1
    look = table.find(f"{W}tblPr/{W}tblLook")
    if look is None:
        return HeaderHints(marked)
    return HeaderHints(marked, _look(look, "firstRow", _FIRST_ROW), _look(look, "firstColumn", _FIRST_COLUMN))


def _look(look: Any, name: str, bit: int) -> bool | None:
    own = look.get(f"{W}{name}")
    if own is not None:
        return str(own).lower() in ("1", "true", "on")
    try:
        return bool(int(look.get(VAL, ""), 16) & bit)
    except ValueError:
        return None


def cell_paragraphs(cell: Any) -> Iterator[Any]:
    """Yields the paragraphs of a cell and of the tables in it, in reading order."""
    yield from cell.iter(P)


def bold_rows(cells: Sequence[tuple[TableCell, Sequence[OfficePiece]]]) -> frozenset[int]:
    """Returns the rows whose text is all bold, unless all rows are."""
    bold: dict[int, bool] = {}
    for cell, pieces in cells:
        if pieces:
            is_bold = all(piece.formatting is not None and piece.formatting.bold for piece in pieces)
            bold[cell.start_row_offset_idx] = bold.get(cell.start_row_offset_idx, True) and is_bold
    found = frozenset(row for row, is_bold in bold.items() if is_bold)
    return frozenset() if len(found) == len(bold) else found


def is_nested(table: Any) -> bool:
    """Returns whether the table is in a cell of another."""
    return next(table.iterancestors(TABLE), None) is not None


def _integer(text: str | None, default: int) -> int:
    try:
        return max(0, int(text)) if text is not None else default
    except ValueError:
        return default


def outermost_references(references: list[Any], doc: DoclingDocument) -> list[Any]:
    """Returns the distinct references, without those of items below another referenced item."""
    known = {reference.cref: reference for reference in references}
    found: list[Any] = []
    for reference in known.values():
        parent = reference.resolve(doc).parent
        while parent is not None and parent.cref not in known:
            parent = parent.resolve(doc).parent
        if parent is None:
            found.append(reference)
    return found
