"""A Docling table as Markdown rows, each of which can be read without the others but for the header."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fathom.conversion.structure.document_inline import Hyperlink, InlineText, on_one_line
from fathom.conversion.structure.provenance import PageBox

Bbox = Callable[[Mapping[str, Any]], PageBox | None]
ReadCell = Callable[[Mapping[str, Any]], InlineText]

_BARE_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED_BAR = r"\\|"
NO_TEXT = InlineText("", "")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, column by column, and the boxes of cells that have any; `marked` are the cells with their marks."""

    cells: tuple[str, ...]
    boxes: tuple[PageBox, ...]
    marked: tuple[str, ...] = ()
    links: tuple[Hyperlink, ...] = ()

    @property
    def markdown(self) -> str:
        """The row's plain cells as a line of a Markdown table."""
        return row_line(self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, empty where the table has none, and the rows below them."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    header_boxes: tuple[PageBox, ...] = ()
    header_links: tuple[Hyperlink, ...] = ()
    row_names: int = 0  # leading columns whose cells name their row

    @property
    def header(self) -> str:
        """The header as two lines of Markdown; empty if the table has none."""
        return f"{row_line(self.columns)}\n|{'-|' * len(self.columns)}" if self.columns else ""

    def as_pairs(self, row: Row) -> str:
        """Returns the row as lines of `column: value`, for a row too long to stand under a header."""
        return "\n".join(self._pairs(row))

    def name_of(self, row: Row) -> str:
        """Returns the line of `column: value` that names the row; empty where the row has no such cell."""
        named = Row(row.cells[: self.row_names], ())
        return "\n".join(self._pairs(named))

    def _pairs(self, row: Row) -> list[str]:
        names = self.columns + ("",) * (len(row.cells) - len(self.columns))
        return [f"{name}: {cell}" if name else cell for name, cell in zip(names, row.cells, strict=False) if cell]


def read_table(data: Mapping[str, Any], text_of: ReadCell, box_of: Bbox) -> Table:
    """Returns the table of `data` (Docling's TableData), without rows and columns that have no cell of their own.

    A cell over several rows is repeated in each of them, since each row must be readable alone; a cell over several columns
    stands once, but in the header over each of its columns. Header rows are joined, top first, into a single name per column.
    """
    cells = [cell for cell in data.get("table_cells") or () if isinstance(cell, Mapping)]
    columns = sorted({int(cell["start_col_offset_idx"]) for cell in cells})
    numbers = sorted({int(cell["start_row_offset_idx"]) for cell in cells})
    grid: dict[int, dict[int, InlineText]] = {number: {} for number in numbers}
    boxes: dict[int, list[PageBox]] = {number: [] for number in numbers}
    names_only = dict.fromkeys(numbers, True)
    row_headers: Counter[int] = Counter()
    for cell in cells:
        text = on_one_line(text_of(cell))
        top, left = int(cell["start_row_offset_idx"]), int(cell["start_col_offset_idx"])
        is_name = bool(cell.get("column_header"))
        right = int(cell["end_col_offset_idx"]) if is_name else left + 1
        # By bisection and not by counting: a damaged file can claim a span of a billion.
        for number in _within(numbers, top, int(cell["end_row_offset_idx"])):
            for column in _within(columns, left, right):
                grid[number][column] = text
            if not is_name and text.plain:
                names_only[number] = False
        if cell.get("row_header"):
            row_headers[left] += 1
        if (box := box_of(cell)) is not None:
            boxes[top].append(box)
    filled = [number for number in numbers if any(cell.plain for cell in grid[number].values())]
    # where all rows are names, they are the rows
    depth = next((index for index, number in enumerate(filled) if not names_only[number]), 0)
    header, body = filled[:depth], filled[depth:]
    names = tuple(_joined([_plain(grid[number], column) for number in header]) for column in columns)
    rows = tuple(_row(grid[number], columns, boxes[number]) for number in body)
    return Table(
        names if header else (),
        rows,
        tuple(box for number in header for box in boxes[number]),
        tuple(link for number in header for column in columns for link in _links(grid[number], column)),
        _leading(columns, row_headers),
    )


def _row(cells: Mapping[int, InlineText], columns: Sequence[int], boxes: Sequence[PageBox]) -> Row:
    line = [cells.get(column, NO_TEXT) for column in columns]
    return Row(
        tuple([cell.plain for cell in line]),
        tuple(boxes),
        tuple([cell.markdown for cell in line]),
        tuple([link for cell in line if cell.links for link in cell.links]),
    )


def _plain(cells: Mapping[int, InlineText], column: int) -> str:
    return cells[column].plain if column in cells else ""


def _links(cells: Mapping[int, InlineText], column: int) -> tuple[Hyperlink, ...]:
    return cells[column].links if column in cells else ()


def _leading(columns: Sequence[int], row_headers: Counter[int]) -> int:
    """Returns how many of the first columns hold names of rows; a table that marks none is named by its first."""
    marked = 0
    while marked < len(columns) and row_headers[columns[marked]]:
        marked += 1
    return marked or 1


def pages_of_rows(data: Mapping[str, Any], pages: Sequence[int]) -> Callable[[Mapping[str, Any]], int | None]:
    """Returns a function that finds the page of a cell; `pages` are those of the table's parts, in order.

    A table that goes on begins anew at the top: a row that stands higher than the row before it is on the next page.
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
    """Returns those of the sorted indices from start to end, always with start, which is among them."""
    if end <= start + 1:
        return (start,)
    first = bisect_left(indices, start)
    return indices[first : max(first + 1, bisect_left(indices, end))]


def _joined(names: Sequence[str]) -> str:
    distinct = [name for index, name in enumerate(names) if name and name not in names[:index]]
    return " ".join(distinct)


def row_line(cells: Sequence[str]) -> str:
    """Returns the cells as a line of a Markdown table, bars in them escaped."""
    return f"| {' | '.join([_BARE_BAR.sub(_ESCAPED_BAR, cell) if '|' in cell else cell for cell in cells])} |"
