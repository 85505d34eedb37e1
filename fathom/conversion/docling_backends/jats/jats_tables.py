"""Reads the tables of an article: the HTML model with multi-row heads, and the CALS model."""

from __future__ import annotations

from collections.abc import Callable

from fathom.conversion.docling_backends.jats.jats_elements import Element, children, name_of
from fathom.conversion.docling_backends.markup.markup_blocks import Cell, MarkupBlock

MAX_SPAN = 10_000
MAX_FILLED = 500_000  # empty cells added where rows lack cells
Content = Callable[[Element], list[MarkupBlock]]


def table_rows(table: Element, content: Content) -> list[list[Cell]]:
    """Returns the rows of a `table` or `tgroup`; `content` reads the blocks of a cell."""
    groups = list(children(table, "tgroup"))
    if groups:
        return [row for group in groups for row in _cals_rows(group, content)]
    rows: list[list[Cell]] = []
    has_head = any(True for _ in children(table, "thead"))
    leading = not has_head  # without a marked head, rows of names at the top are the head
    for part, row in _rows(table):
        cells = list(children(row, "td", "th"))
        leading = leading and bool(cells) and all(name_of(cell) == "th" for cell in cells)
        is_head = part == "thead" or (leading and part != "tfoot")
        rows.append([_cell(cell, content, is_head=is_head) for cell in cells])
    if not has_head and all(cell.column_header for row in rows for cell in row):
        for row in rows[1:]:
            for cell in row:
                cell.column_header = False
    return rows


def _rows(table: Element) -> list[tuple[str, Element]]:
    found: list[tuple[str, Element]] = []
    foot: list[tuple[str, Element]] = []
    for part in children(table):
        name = name_of(part)
        if name == "tr":
            found.append(("", part))
        elif name in ("thead", "tbody", "tfoot"):
            rows = [(name, row) for row in children(part, "tr")]
            (foot if name == "tfoot" else found).extend(rows)
    return found + foot


def _cell(cell: Element, content: Content, *, is_head: bool) -> Cell:
    return Cell(
        content(cell),
        row_span=_number(cell.get("rowspan")),
        column_span=_number(cell.get("colspan")),
        column_header=is_head,
        row_header=not is_head and name_of(cell) == "th",
    )


def _cals_rows(group: Element, content: Content) -> list[list[Cell]]:
    names = {spec.get("colname"): index for index, spec in enumerate(children(group, "colspec"))}
    spans = {spec.get("spanname"): (spec.get("namest"), spec.get("nameend")) for spec in children(group, "spanspec")}
    rows: list[list[Cell]] = []
    covered: dict[int, int] = {}  # column -> first row that is free in it
    filled = 0
    for part in (*children(group, "thead"), *children(group, "tbody"), *children(group, "tfoot")):
        for row in children(part, "row"):
            cells: list[Cell] = []
            number, column = len(rows), 0
            for entry in children(row, "entry"):
                first, last = spans.get(entry.get("spanname"), (entry.get("namest"), entry.get("nameend")))
                across = names[last] - names[first] + 1 if first in names and last in names else 1
                down = _number(entry.get("morerows"), least=0) + 1
                at = names.get(first if first in names else entry.get("colname"), column)
                while column < at and filled < MAX_FILLED:  # cells missing in the row, or covered from above
                    if covered.get(column, 0) <= number:
                        cells.append(Cell([], column_header=name_of(part) == "thead"))
                        filled += 1
                    column += 1
                while covered.get(column, 0) > number:
                    column += 1
                if down > 1:
                    covered.update(dict.fromkeys(range(column, column + max(across, 1)), number + down))
                column += max(across, 1)
                cells.append(Cell(content(entry), down, max(across, 1), column_header=name_of(part) == "thead"))
            rows.append(cells)
    return rows


def _number(value: str | None, *, least: int = 1) -> int:
    digits = (value or "").strip()
    return min(max(int(digits), least), MAX_SPAN) if digits.isdecimal() and len(digits) < 10 else least
