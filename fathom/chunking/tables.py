"""A Docling table as Markdown rows, each of which can be read without the others but for the header."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fathom.chunking.chunk import Box

Bbox = Callable[[Mapping[str, Any]], Box | None]
CellText = Callable[[Mapping[str, Any]], str]

_BARE_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED_BAR = r"\\|"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, column by column, and the boxes of those that have one."""

    cells: tuple[str, ...]
    boxes: tuple[Box, ...]

    @property
    def markdown(self) -> str:
        """The row as a line of a Markdown table."""
        return _line(self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, empty where the table has none, and the rows below them."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    header_boxes: tuple[Box, ...] = ()

    @property
    def header(self) -> str:
        """The header as two lines of Markdown; empty if the table has none."""
        return f"{_line(self.columns)}\n|{'-|' * len(self.columns)}" if self.columns else ""

    def as_pairs(self, row: Row) -> str:
        """The row as lines of `column: value`, for a row too long to stand under a header."""
        names = self.columns + ("",) * (len(row.cells) - len(self.columns))
        return "\n".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row.cells, strict=False) if cell)


def read_table(data: Mapping[str, Any], text_of: CellText, box_of: Bbox) -> Table:
    """The table of `data` (Docling's TableData), without rows and columns that have no cell of their own.

    A cell over several rows is repeated in each of them, since each row must be readable alone; one over several columns
    stands once, but in the header over each of its columns. Header rows are joined, top first, into one name a column.
    """
    cells = [cell for cell in data.get("table_cells") or () if isinstance(cell, Mapping)]
    columns = sorted({int(cell["start_col_offset_idx"]) for cell in cells})
    numbers = sorted({int(cell["start_row_offset_idx"]) for cell in cells})
    grid: dict[int, dict[int, str]] = {number: {} for number in numbers}
    boxes: dict[int, list[Box]] = {number: [] for number in numbers}
    names_only = dict.fromkeys(numbers, True)
    for cell in cells:
        text = " ".join(text_of(cell).split())
        top, left = int(cell["start_row_offset_idx"]), int(cell["start_col_offset_idx"])
        is_name = bool(cell.get("column_header"))
        right = int(cell["end_col_offset_idx"]) if is_name else left + 1
        # By bisection and not by counting: a damaged file can claim a span of a billion.
        for number in _within(numbers, top, int(cell["end_row_offset_idx"])):
            for column in _within(columns, left, right):
                grid[number][column] = text
            names_only[number] &= is_name or not text
        if (box := box_of(cell)) is not None:
            boxes[top].append(box)
    filled = [number for number in numbers if any(grid[number].values())]
    depth = next(
        (index for index, number in enumerate(filled) if not names_only[number]), 0
    )  # all names: then they are the rows
    header, body = filled[:depth], filled[depth:]
    names = tuple(_joined([grid[number].get(column, "") for number in header]) for column in columns)
    rows = tuple(Row(tuple(grid[number].get(column, "") for column in columns), tuple(boxes[number])) for number in body)
    return Table(names if header else (), rows, tuple(box for number in header for box in boxes[number]))


def pages_of_rows(data: Mapping[str, Any], pages: Sequence[int]) -> Callable[[Mapping[str, Any]], int | None]:
    """Says of a cell on which page it stands; `pages` are those of the table's parts, in order.

    A table that goes on begins anew at the top: a row that stands higher than the one before it is on the next of them.
    """
    tops: dict[int, float] = {}
    for cell in data.get("table_cells") or ():
        box = cell.get("bbox") if isinstance(cell, Mapping) else None
        if box and len(pages) > 1:
            # Docling's origin is either corner on the left; both ways `top` grows down the page
            top = -float(box["t"]) if box.get("coord_origin") == "BOTTOMLEFT" else float(box["t"])
            row = int(cell["start_row_offset_idx"])
            tops[row] = min(top, tops.get(row, top))
    at, last = 0, float("-inf")
    page_of: dict[int, int] = {}
    for row, top in sorted(tops.items()):
        at += top < last and at + 1 < len(pages)
        page_of[row], last = pages[at], top
    first = pages[0] if pages else None
    return lambda cell: page_of.get(int(cell["start_row_offset_idx"]), first)


def _within(indices: Sequence[int], start: int, end: int) -> Sequence[int]:
    """Those of the sorted indices from start to end, but always start, which is one of them."""
    first = bisect_left(indices, start)
    return indices[first : max(first + 1, bisect_left(indices, end))]


def _joined(names: Sequence[str]) -> str:
    distinct = [name for index, name in enumerate(names) if name and name not in names[:index]]
    return " ".join(distinct)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_BARE_BAR.sub(_ESCAPED_BAR, cell) for cell in cells)} |"
