"""Finds the tables of a sheet and the texts around them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fathom.conversion.docling_backends.spreadsheet.block import (
    MAX_SAMPLED,
    CellBlock,
    NumberedCell,
    is_typed,
    is_year,
    stands_out,
)
from fathom.conversion.docling_backends.spreadsheet.gaps import column_gap_parts, row_gap_parts
from fathom.conversion.docling_backends.spreadsheet.sheet import Area, ShownSheet
from fathom.conversion.docling_backends.spreadsheet.sheet_headers import header_depth

# Maximum depth of splitting: no real sheet needs more, and each level reads the cells again.
MAX_NESTING = 12
# Columns of the left part compared with those behind a gap.
MAX_LEFT = 64
# A longer column of texts is a list, written as a table; a shorter column is a title or remark.
MAX_LINES = 3
_LONG_LINE = 80


@dataclass(frozen=True, slots=True)
class Region:
    """A table with `depth` header rows, or free-standing texts, a text per row; `titles`: the texts head the next region."""

    block: CellBlock
    is_table: bool
    depth: int = 0
    titles: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """The first row, and the first column of the region."""
        return self.block.rows[0], self.block.columns()[0]


def find_regions(sheet: ShownSheet) -> list[Region]:
    """Returns the tables and texts of a sheet in reading order."""
    block = CellBlock.of(sheet)
    found: list[Region] = []
    if sheet.tables:
        rows = block.rows
        for area in sheet.tables:
            table = _take_named_table(block, rows, area)
            if table.cells:
                found.append(Region(table, is_table=True, depth=header_depth(table, sheet)))
    found.extend(_regions(block, sheet, 0))
    return sorted(found, key=lambda region: region.place) if sheet.tables else found


def _take_named_table(block: CellBlock, rows: Sequence[int], area: Area) -> CellBlock:
    """Splits a table named by the file from the block; merged group names above its header belong to it."""
    first = bisect_left(rows, area.top)
    if first and rows[first - 1] == area.top - 1:
        over = [cell for column, cell in block.cells.get(area.top - 1, ()) if area.left <= column <= area.right]
        first -= len(over) > 1 and any(cell.columns > 1 for cell in over)
    taken: dict[int, list[NumberedCell]] = {}
    for row in rows[first : bisect_right(rows, area.bottom)]:
        placed = block.cells.get(row, [])
        inside = [(column, cell) for column, cell in placed if area.left <= column <= area.right]
        if not inside:
            continue
        taken[row] = inside
        outside = [(column, cell) for column, cell in placed if not area.left <= column <= area.right]
        if outside:
            block.cells[row] = outside
        else:
            del block.cells[row]
    return CellBlock(taken)


def _regions(block: CellBlock, sheet: ShownSheet, nesting: int) -> Iterator[Region]:
    """Splits a block recursively at the gaps between tables, rows first, then columns."""
    if not block.cells:
        return
    titles, block = _split_titles(block)
    if titles.cells:
        yield Region(titles, is_table=False, titles=True)
    if nesting < MAX_NESTING:
        parts = _parts_by_rows(block, sheet)
        if len(parts) == 1:
            parts = _parts_by_columns(block, sheet)
        if len(parts) > 1:
            for part in parts:
                yield from _regions(part, sheet, nesting + 1)
            return
    if _is_text(block):
        yield Region(block, is_table=False, titles=len(block.rows) <= MAX_LINES)
    else:
        yield Region(block, is_table=True, depth=header_depth(block, sheet))


def _split_titles(block: CellBlock) -> tuple[CellBlock, CellBlock]:
    """Splits the first single-cell rows from the block below them, if that is wider."""
    rows = block.rows
    count = 0
    while count < len(rows) and len(block.cells[rows[count]]) == 1:
        column, cell = block.cells[rows[count]][0]
        if (cell.columns > 1 or is_year(cell)) and any(
            column > other for other in _columns_of(block, rows[count + 1 : count + 2])
        ):
            break  # the name of a group of columns
        count += 1
    if not count or count == len(rows):
        return CellBlock({}), block
    return block.of_rows(rows[:count]), block.of_rows(rows[count:])


def _columns_of(block: CellBlock, rows: Sequence[int]) -> list[int]:
    return [column for row in rows for column, _ in block.cells[row]]


def _parts_by_rows(block: CellBlock, sheet: ShownSheet) -> list[CellBlock]:
    rows = block.rows
    bands: list[list[int]] = []
    reached = -1  # the last row covered by a merged cell
    for row in rows:
        if bands and (row <= reached + 1 or not sheet.row_lines.visible_between(bands[-1][-1], row)):
            bands[-1].append(row)
        else:
            bands.append([row])
        reached = max(reached, *(row + cell.rows - 1 for _, cell in block.cells[row]))
    if len(bands) == 1:
        return [block]
    parts: list[list[int]] = [bands[0]]
    upper = block.of_rows(bands[0][:MAX_SAMPLED])
    for before, band in pairwise(bands):
        gap = sheet.row_lines.visible_between(before[-1], band[0])
        lower = block.of_rows(band)
        if row_gap_parts(upper, lower, before[-1], gap, sheet):
            parts.append(band)
            upper = block.of_rows(band[:MAX_SAMPLED])
        else:
            grown = len(parts[-1]) < MAX_SAMPLED  # this many rows of a part are a sufficient sample
            parts[-1].extend(band)
            if grown:
                upper = block.of_rows(parts[-1][:MAX_SAMPLED])
    return [block.of_rows(part) for part in parts] if len(parts) > 1 else [block]


def _parts_by_columns(block: CellBlock, sheet: ShownSheet) -> list[CellBlock]:
    covered = sorted({(column, column + cell.columns - 1) for placed in block.cells.values() for column, cell in placed})
    bands: list[tuple[int, int]] = []
    for first, last in covered:
        if bands and (first <= bands[-1][1] + 1 or not sheet.column_lines.visible_between(bands[-1][1], first)):
            bands[-1] = (bands[-1][0], max(bands[-1][1], last))
        else:
            bands.append((first, last))
    if len(bands) == 1:
        return [block]
    rows = _sampled_rows(block, bands)
    parts = [bands[0]]
    for index, band in enumerate(bands[1:], 1):
        sample = block.of_rows(sorted(rows[index - 1] | rows[index]))
        left = sample.of_columns(max(parts[-1][0], parts[-1][1] - MAX_LEFT), parts[-1][1])
        gap = sheet.column_lines.visible_between(parts[-1][1], band[0])
        if column_gap_parts(left, sample.of_columns(*band), gap, sheet):
            parts.append(band)
        else:
            parts[-1] = (parts[-1][0], band[1])
    return [block.of_columns(*part) for part in parts] if len(parts) > 1 else [block]


def _sampled_rows(block: CellBlock, bands: Sequence[tuple[int, int]]) -> list[set[int]]:
    """Returns the first rows in which each band of columns has a cell."""
    starts = [first for first, _ in bands]
    rows: list[set[int]] = [set() for _ in bands]
    for row, placed in block.cells.items():
        for column, _ in placed:
            seen = rows[bisect_right(starts, column) - 1]
            if len(seen) < MAX_SAMPLED:
                seen.add(row)
    return rows


def _is_text(block: CellBlock) -> bool:
    """Returns whether the block is a single cell or a column of lines that is no list of values."""
    rows = block.rows
    if any(len(placed) > 1 for placed in block.cells.values()):
        return False
    if len(rows) == 1:
        return True
    cells = [block.cells[row][0][1] for row in rows]
    if any(is_typed(cell) for cell in cells) or (stands_out(block.cells[rows[0]]) and not cells[1].look.stands_out):
        return False
    return len(rows) <= MAX_LINES or any(len(cell.text) > _LONG_LINE for cell in cells)
