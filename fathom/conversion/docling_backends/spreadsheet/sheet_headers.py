"""Detects the header rows of a table by merged cells, look, value kinds, frozen panes and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fathom.conversion.docling_backends.spreadsheet.block import (
    CellBlock,
    NumberedCell,
    is_counted,
    is_typed,
    is_year,
    stands_out,
)
from fathom.conversion.docling_backends.spreadsheet.sheet import CellKind, ShownSheet

MAX_HEADER_ROWS = 6
_SAMPLED = 50


def header_depth(block: CellBlock, sheet: ShownSheet) -> int:
    """Returns how many rows at the top of a table name its columns; 0 if it has no header or only a single row."""
    rows = block.rows
    limit = min(len(rows) - 1, MAX_HEADER_ROWS)
    if limit < 1:
        return 0
    named = _named_by_file(rows, block, sheet)
    if not 0 < named <= limit:
        named = 0
    if not named and not has_header(block):
        return 0
    depth = max(named, 1)
    while depth < limit and _goes_on(block, rows, depth, sheet):
        depth += 1
    return depth


def has_header(block: CellBlock) -> bool:
    """Returns whether a table's first row names its columns.

    It does unless its values are of the kinds of the rows below, as in a file that begins with data, or the table is a
    label-value form.
    """
    rows = block.rows
    if len(rows) < 2:
        return False
    first, below = block.cells[rows[0]], rows[1 : 1 + _SAMPLED]
    if stands_out(first) and not all(stands_out(block.cells[row]) for row in below):
        return True
    if _is_form(block, rows):
        return False
    kinds = block.kinds(below)
    over_typed = any(not is_typed(cell) and not is_year(cell) and kinds.get(column, "text") != "text" for column, cell in first)
    if over_typed or is_counted(first):
        return True
    return not any(is_typed(cell) and kinds.get(column) == cell.kind for column, cell in first)


def is_header_like(block: CellBlock) -> bool:
    """Returns whether a block's first row names columns, and therefore begins a separate table."""
    rows = block.rows
    first = block.cells[rows[0]]
    if len(rows) < 2 or len(first) < 2 or any(is_typed(cell) for _, cell in first):
        return False
    below = rows[1 : 1 + _SAMPLED]
    if stands_out(first) and not stands_out(block.cells[below[0]]):
        return True
    kinds = block.kinds(below)
    return any(cell.kind == "text" and kinds.get(column, "text") not in ("text", "error") for column, cell in first)


def _named_by_file(rows: Sequence[int], block: CellBlock, sheet: ShownSheet) -> int:
    """Counts the first rows that the file marks as headers: frozen, printed on every page, or of a filter."""
    depth = 0
    while depth < len(rows) and rows[depth] in sheet.header_rows:
        depth += 1
    if depth == len(rows):
        depth = 0
    left, right = block.columns()[0], block.columns()[-1]
    for area in sheet.filters + sheet.tables:
        if area.top in rows[:MAX_HEADER_ROWS] and area.left <= right and area.right >= left:
            depth = max(depth, rows.index(area.top) + 1)
    return depth


def _goes_on(block: CellBlock, rows: Sequence[int], depth: int, sheet: ShownSheet) -> bool:
    """Returns whether the row behind the first `depth` rows is a header row, too."""
    row = block.cells[rows[depth]]
    above = block.cells[rows[depth - 1]]
    if any(is_typed(cell) for _, cell in row):
        return False
    if row and row[0][1].rows > 1 and row[0][0] == block.columns()[0]:  # the label of several rows
        return False
    if any(first + cell.rows > rows[depth] for first in rows[:depth] for _, cell in block.cells[first] if cell.rows > 1):
        return True
    below = rows[depth + 1 : depth + 1 + _SAMPLED]
    if not below:
        return False
    for column, cell in above:
        if cell.columns > 1 and sum(column <= other < column + cell.columns for other, _ in row) > 1:
            return True
    if len(row) > 1 and stands_out(above) and stands_out(row) and not stands_out(block.cells[below[0]]):
        return True
    kinds = block.kinds(below)
    return _is_of_units(row, above, kinds) or (depth == 1 and spread_groups(above, row, kinds))


def _is_of_units(row: Sequence[NumberedCell], above: Sequence[NumberedCell], kinds: Mapping[int, CellKind]) -> bool:
    """Returns whether the row holds units below names: all texts in brackets, with values below most of them."""
    named = {column for column, _ in above}
    bracketed = [column for column, cell in row if cell.text.strip()[:1] in "([" and cell.text.strip()[-1:] in ")]"]
    return bool(bracketed) and len(bracketed) == len(row) and named.issuperset(bracketed)


def spread_groups(above: Sequence[NumberedCell], row: Sequence[NumberedCell], kinds: Mapping[int, CellKind]) -> bool:
    """Returns whether unmerged names are over groups of columns; extends each name over its group.

    The sign is that the row below repeats its names (Oats, Rye, Oats, Rye) where the row above has blanks.
    """
    names = [cell.text.strip() for _, cell in row]
    columns = [column for column, _ in row]
    starts = [column for column, _ in above]
    if (
        len(above) < 2
        or len(above) >= len(row)
        or len(set(names)) == len(names)
        or len(starts) != len(set(starts) & set(columns)) + (starts[0] not in columns)
    ):
        return False
    if not any(kinds.get(column, "text") != "text" for column in columns):
        return False
    for index, (column, cell) in enumerate(above):
        end = starts[index + 1] if index + 1 < len(starts) else columns[-1] + 1
        if index or column in columns:
            cell.columns = max(cell.columns, end - column)
    return True


def _is_form(block: CellBlock, rows: Sequence[int]) -> bool:
    """Returns whether the table is two columns of labels and values: most labels end in a colon, or values differ in kind."""
    if any(len(block.cells[row]) > 2 for row in rows) or len(block.columns()) != 2 or len(rows) > 40:
        return False
    left, right = block.columns()
    labels = [cell for row in rows for column, cell in block.cells[row] if column == left]
    values = [cell for row in rows for column, cell in block.cells[row] if column == right]
    if any(is_typed(label) for label in labels) or not values:
        return False
    if 2 * sum(label.text.rstrip().endswith((":", "：")) for label in labels) > len(labels):
        return True
    return is_typed(values[0]) and len({value.kind for value in values}) > 1
