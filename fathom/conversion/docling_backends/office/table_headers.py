"""Determines how many rows at the top of a table name its columns.

Docling 2.142.1 takes the first row only; not needed once it reads repeated header rows and spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docling_core.types.doc import TableCell


@dataclass(frozen=True)
class HeaderHints:
    """The file's header hints: rows marked to be repeated, and whether the first-row style is switched on."""

    marked_rows: int = 0
    first_row: bool | None = None
    first_column: bool | None = None


def header_depth(cells: Sequence[TableCell], rows: int, hints: HeaderHints, bold_rows: frozenset[int] = frozenset()) -> int:
    """Returns the number of header rows.

    Rows marked as header count, with the rows their cells extend into. Without marks the first row is the header; names over
    several columns beside names over several rows indicate further header rows. A table whose first-row style is switched
    off while its first-column style is on has no header, unless only its first row is bold.
    """
    if hints.marked_rows:
        return min(rows, _reached(cells, hints.marked_rows))
    if hints.first_row is False and hints.first_column and 0 not in bold_rows:
        return 0
    return min(rows, _spanned(cells, rows, bold_rows)) if rows > 1 else 1


def mark_headers(cells: Sequence[TableCell], depth: int) -> None:
    """Marks the cells of the first `depth` rows as names of columns."""
    for cell in cells:
        cell.column_header = cell.start_row_offset_idx < depth


def _reached(cells: Sequence[TableCell], depth: int) -> int:
    for cell in sorted(cells, key=lambda cell: cell.start_row_offset_idx):
        if cell.start_row_offset_idx < depth < cell.end_row_offset_idx and cell.text.strip():
            depth = cell.end_row_offset_idx
    return depth


def _spanned(cells: Sequence[TableCell], rows: int, bold_rows: frozenset[int]) -> int:
    """Returns the header rows of a table without marked rows: the first, and those that subdivide a spanning name."""
    first = [cell for cell in cells if cell.start_row_offset_idx == 0]
    width = max((cell.end_col_offset_idx for cell in cells), default=0)
    over_columns = [cell for cell in first if cell.col_span > 1 and cell.text.strip() and cell.col_span < width]
    if not over_columns:
        return 1
    deep = max((cell.row_span for cell in first), default=1)
    below = [cell for cell in cells if cell.start_row_offset_idx == 1 and cell.text.strip()]
    covered = {column for over in over_columns for column in range(over.start_col_offset_idx, over.end_col_offset_idx)}
    parted = [cell for cell in below if cell.col_span == 1 and cell.start_col_offset_idx in covered]
    if 1 < deep < rows and parted:
        return deep
    if 1 in bold_rows and len(parted) > 1 and rows > 2:
        return 2
    # names beside an empty corner, whose column names the rows: its first text begins the data
    named = {
        column for cell in first if cell.text.strip() for column in (cell.start_col_offset_idx, cell.end_col_offset_idx - 1)
    }
    if 0 not in named and parted and rows > 2 and not any(cell.start_col_offset_idx == 0 for cell in below):
        return 2
    return 1
