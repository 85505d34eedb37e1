"""Decides whether an empty row or column separates two tables or lies within a table."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.conversion.docling_backends.spreadsheet.block import CellBlock, is_typed, stands_out
from fathom.conversion.docling_backends.spreadsheet.sheet import Area, ShownSheet
from fathom.conversion.docling_backends.spreadsheet.sheet_headers import is_header_like

_SAMPLED = 200
MAX_SUMS = 5  # rows below a table: subtotal, discount, tax, total


def row_gap_parts(upper: CellBlock, lower: CellBlock, last: int, gap: int, sheet: ShownSheet) -> bool:
    """Returns whether `gap` empty rows separate two tables; they do not where the lower block continues the upper.

    It does if its cells are in columns of the upper, it has no header of its own, and its values are of the upper's kinds.
    `upper` has the first rows of its block, whose last row is `last`.
    """
    upper_rows, lower_rows = upper.rows, lower.rows
    if _within_one(sheet.filters, last, lower):
        return False
    if gap > 1:
        return True
    columns, more = upper.columns(), lower.columns()
    first = lower.cells[lower_rows[0]]
    if not set(more) <= set(columns) or len(columns) < 2:
        return True
    if len(first) == 1:  # a title or remark, unless it names a group of continuing rows
        rest = lower.of_rows(lower_rows[1:])
        return not rest.cells or len(upper_rows) < 2 or not _goes_on(upper, rest)
    return not _goes_on(upper, lower)


def _goes_on(upper: CellBlock, lower: CellBlock) -> bool:
    upper_rows, lower_rows = upper.rows, lower.rows
    first = lower.cells[lower_rows[0]]
    if len(first) < 2 or upper.row_texts(upper_rows[0]) == lower.row_texts(lower_rows[0]):
        return False
    if len(upper_rows) == 1 and not any(is_typed(cell) for _, cell in upper.cells[upper_rows[0]]):
        # a header, and its data behind an empty row
        return len(upper.cells[upper_rows[0]]) > 1 and not is_header_like(lower)
    if len(lower_rows) > 1 and is_header_like(lower):
        return False
    kinds, more = upper.kinds(upper_rows[1:] or upper_rows), lower.kinds(lower_rows)
    shared = [column for column in more if column in kinds]
    if any(kinds[column] == more[column] != "text" for column in shared):
        return all(
            not (more[column] == "text" and kinds[column] in ("number", "date") and len(lower_rows) > 1) for column in shared
        )
    if len(upper_rows) == 1:
        return False
    if stands_out(upper.cells[upper_rows[0]]) and not stands_out(upper.cells[upper_rows[1]]):
        return not stands_out(first)
    # every second row is empty
    double_spaced = len(lower_rows) == 1 and upper_rows[1] - upper_rows[0] > 1 and lower.columns() == upper.columns()
    return double_spaced or _values_recur(upper, lower)


def _values_recur(upper: CellBlock, lower: CellBlock) -> bool:
    """Returns whether a text column has the same values on both sides, which is typical of parts of a single table."""
    seen: dict[int, set[str]] = {}
    for row in upper.rows[1 : 1 + _SAMPLED]:
        for column, cell in upper.cells[row]:
            seen.setdefault(column, set()).add(cell.text)
    return any(cell.text in seen.get(column, ()) for row in lower.rows[:_SAMPLED] for column, cell in lower.cells[row])


def column_gap_parts(left: CellBlock, right: CellBlock, gap: int, sheet: ShownSheet) -> bool:
    """Returns whether `gap` empty columns separate two tables; they do not where both blocks share their rows."""
    last, first = left.columns()[-1], right.columns()[0]
    if any(area.left <= last and area.right >= first and area.top in left.cells for area in sheet.filters):
        return False
    spacers = range(last + 1, first)
    narrow = all(column in sheet.narrow_columns or sheet.column_lines.is_hidden(column) for column in spacers)
    if gap > (2 if narrow else 1):
        return True
    top = max(left.rows[0], right.rows[0])
    left_rows, right_rows = _rows_from(left, top), _rows_from(right, top)
    if left_rows[:1] != right_rows[:1] or not left_rows or _same_names(left, right, top):
        return True
    right_rows = _without_sums(right, right_rows, left_rows[-1])
    shared = len(set(left_rows) & set(right_rows))
    most = max(len(left_rows), len(right_rows))
    dressed = sum(any((row, column) in sheet.dressed for column in spacers) for row in left_rows)
    if 2 * dressed > len(left_rows) and 2 * shared > most:
        return False
    widths = len(left.columns()), len(right.columns())
    if widths[0] == 1 or widths[1] == 1:
        return not (shared >= 0.6 * most or (widths[1] == 1 and set(right_rows) <= set(left_rows)))
    return shared < most or not (narrow or not _has_row_names(right, right_rows[1:]))


def _rows_from(block: CellBlock, top: int) -> list[int]:
    """Returns the rows from `top` on; rows above it count unless they are single cells, like titles."""
    rows = block.rows
    above = [row for row in rows if row < top and len(block.cells[row]) > 1]
    return above + [row for row in rows if row >= top]


def _without_sums(right: CellBlock, rows: list[int], last: int) -> list[int]:
    """Returns the rows without total rows below the left part, whose first cell in the right part is empty."""
    first = right.columns()[0]
    kept = [row for row in rows if row <= last or any(column == first for column, _ in right.cells[row])]
    return kept if kept and kept[-1] <= last and len(rows) - len(kept) <= MAX_SUMS else rows


def _same_names(left: CellBlock, right: CellBlock, top: int) -> bool:
    """Returns whether both begin with names of which half are equal: two tables of the same layout."""
    if top not in left.cells or top not in right.cells:
        return False
    names, others = set(left.row_texts(top)), set(right.row_texts(top))
    return 2 * len(names & others) >= min(len(names), len(others))


def _has_row_names(block: CellBlock, rows: Sequence[int]) -> bool:
    """Returns whether the first column holds distinct texts that name its rows."""
    first = block.columns()[0]
    cells = [cell for row in rows[:_SAMPLED] for column, cell in block.cells[row] if column == first]
    return bool(cells) and all(cell.kind == "text" for cell in cells) and len({cell.text for cell in cells}) == len(cells)


def _within_one(areas: Sequence[Area], last: int, lower: CellBlock) -> bool:
    """Returns whether a filter of the file covers the rows on both sides."""
    row = lower.rows[0]
    return any(area.top <= last < row <= area.bottom and area.holds(row, lower.cells[row][0][0]) for area in areas)
