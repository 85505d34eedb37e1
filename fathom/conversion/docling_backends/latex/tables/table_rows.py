"""Builds the rows of a table: row spans, heads and feet of long tables, header rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from fathom.conversion.docling_backends.latex.tables.columns import Columns
from fathom.conversion.docling_backends.markup.markup_blocks import Cell, MarkupBlock, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import Run, is_blank, plain


@dataclass(slots=True)
class RawCell:
    """A cell as read.

    `rows` is negative for a span upwards; `covers`: the columns it spans have no cells of their own.
    """

    blocks: list[MarkupBlock] = field(default_factory=list[MarkupBlock])
    columns: int = 1
    rows: int = 1
    covers: bool = True
    column: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether it shows nothing."""
        return all(isinstance(block, Paragraph) and is_blank(block.runs) for block in self.blocks)


@dataclass(slots=True)
class RawRow:
    """A row as read; `ruled`: it has a rule over the whole width above."""

    cells: list[RawCell] = field(default_factory=list[RawCell])
    ruled: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether it shows nothing."""
        return all(cell.is_blank for cell in self.cells)


def build_rows(rows: list[RawRow], parts: list[tuple[str, int]], columns: Columns) -> list[list[Cell]]:
    """Returns the rows of the table without blank rows."""
    rows, head = _in_page_order(rows, parts)
    kept: list[RawRow] = []
    ruled = False
    for index, row in enumerate(rows):
        ruled = ruled or row.ruled
        if row.is_blank:
            head -= index < head
            continue
        row.ruled, ruled = ruled, False
        _join_columns(row, columns)
        _place(row)
        kept.append(row)
    _spread(kept)
    if not head:
        head = _head_height(kept, ends_ruled=ruled)
    return [[_cell(cell, is_head=number < head) for cell in row.cells] for number, row in enumerate(kept)]


def _cell(cell: RawCell, *, is_head: bool) -> Cell:
    return Cell(cell.blocks, max(1, cell.rows), cell.columns, column_header=is_head)


def _in_page_order(rows: list[RawRow], parts: list[tuple[str, int]]) -> tuple[list[RawRow], int]:
    """Returns the rows with the first head before all and the last foot behind, and the height of the head.

    Heads and feet of other pages are repetitions, and are dropped.
    """
    if not parts:
        return rows, 0
    by_part: dict[str, list[RawRow]] = {}
    start = 0
    for name, end in parts:
        by_part[name] = rows[start:end]
        start = max(start, end)
    head = by_part.get("endfirsthead") or by_part.get("endhead", [])
    foot = by_part.get("endlastfoot", by_part.get("endfoot", []))
    return [*head, *rows[start:], *foot], len(head)


def _join_columns(row: RawRow, columns: Columns) -> None:
    """Joins cells whose columns show a value together, such as the digits before and behind a decimal point."""
    if not columns.joints:
        return
    found: list[RawCell] = []
    column = 0
    joint = ""
    for cell in row.cells:
        end = column + cell.columns
        inside = sum(1 for place in range(column, end - 1) if place in columns.joints) if cell.columns > 1 else 0
        cell.columns -= inside
        if joint and found:
            before = found[-1]
            if not cell.is_blank:
                between = joint if not before.is_blank else ""
                before.blocks = [Paragraph([*_runs(before), Run(between), *_runs(cell)])]
            before.columns += cell.columns - 1
        else:
            found.append(cell)
        joint = columns.joints.get(end - 1, "")
        column = end
    row.cells = found


def _runs(cell: RawCell) -> list[Run]:
    return [run for block in cell.blocks if isinstance(block, Paragraph) for run in block.runs]


def _place(row: RawRow) -> None:
    """Assigns a column to each cell; cells covered by a wide cell are dropped."""
    column = 0
    found: list[RawCell] = []
    covered = 0
    for cell in row.cells:
        if covered and cell.is_blank:
            covered -= 1
            continue
        cell.column = column
        column += cell.columns
        covered = 0 if cell.covers else cell.columns - 1
        found.append(cell)
    row.cells = found


def _spread(rows: list[RawRow]) -> None:
    """Expands row spans into the empty cells below or above; a cell with text ends the span."""
    by_place = [{cell.column: cell for cell in row.cells} for row in rows]
    for number, row in enumerate(rows):
        for cell in list(row.cells):
            if cell.rows < -1:
                _reach_up(cell, number, by_place)
    for number in range(len(rows)):
        for cell in sorted(by_place[number].values(), key=lambda cell: cell.column):
            if cell.rows > 1:
                _reach_down(cell, number, by_place)
    for row, places in zip(rows, by_place, strict=True):
        row.cells = [places[column] for column in sorted(places)]


def _reach_up(cell: RawCell, number: int, by_place: list[dict[int, RawCell]]) -> None:
    """Moves a cell into the highest row of its span, where it replaces the cells it covers."""
    top = number
    while top > 0 and top > number + cell.rows + 1 and _is_free(by_place[top - 1], cell):
        top -= 1
    cell.rows = number - top + 1
    if top < number:
        del by_place[number][cell.column]
        for places in by_place[top:number]:
            _clear(places, cell)
        by_place[top][cell.column] = cell


def _reach_down(cell: RawCell, number: int, by_place: list[dict[int, RawCell]]) -> None:
    end = number + 1
    while end < len(by_place) and end < number + cell.rows and _is_free(by_place[end], cell):
        _clear(by_place[end], cell)
        end += 1
    cell.rows = end - number


def _is_free(places: dict[int, RawCell], cell: RawCell) -> bool:
    """Returns whether the row has no text in the cell's columns, and no cell that extends beyond them."""
    return all(
        other.is_blank and column + other.columns <= cell.column + cell.columns
        for column in range(cell.column, cell.column + cell.columns)
        if (other := places.get(column)) is not None
    )


def _clear(places: dict[int, RawCell], cell: RawCell) -> None:
    for column in range(cell.column, cell.column + cell.columns):
        places.pop(column, None)


def _head_height(rows: list[RawRow], *, ends_ruled: bool) -> int:
    """Returns the number of header rows: those above the first rule within the table, else the first row.

    Rows of numbers are no head. Spans that begin in the head extend over all of it.
    """
    if len(rows) < 2:
        return 0
    height = next((number for number in range(1, len(rows)) if rows[number].ruled), 0)
    by_rule = height > 0
    if not by_rule:
        if _is_numeric(rows[0]):
            return 0
        height = 1
    spans = [cell.rows + number for number in range(height) for cell in rows[number].cells]
    reach = min(max(spans, default=height), len(rows) - 1)
    wide = any(cell.columns > 1 and cell.rows == 1 for cell in rows[0].cells)
    if reach > height and ((by_rule and (reach == len(rows) or rows[reach].ruled)) or (not by_rule and wide)):
        height = reach
    return height if height < len(rows) else 0


def _is_numeric(row: RawRow) -> bool:
    texts = [plain(_runs(cell)) for cell in row.cells if not cell.is_blank]
    return bool(texts) and all(text[:1].isdigit() or text[:1] in "-+−$" for text in texts)
