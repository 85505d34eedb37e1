"""Reads the table of a slide: merged cells once, header rows as the file marks them, links and formats in cells.

Docling 2.142.1 reads the text left in merged cells and knows a single header row; not needed once it follows `hMerge`, `vMerge`
and `firstRow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docling_core.types.doc import DoclingDocument, GroupLabel, NodeItem, RichTableCell, TableCell, TableData

from fathom.conversion.docling_backends.office.pieces import OfficePiece, add_pieces, plain_line
from fathom.conversion.docling_backends.office.table_headers import HeaderHints, header_depth, mark_headers
from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.presentation.slide_markup import A
from fathom.conversion.docling_backends.presentation.slide_paragraphs import body_lines

_ON = frozenset({"1", "true"})
MAX_COLUMNS = 1_000


@dataclass
class _SlideCell:
    """A cell as read: its position and lines."""

    cell: TableCell
    lines: list[list[OfficePiece]]


def add_table(document: DoclingDocument, table: Any, part: Any, parent: NodeItem, prov: Any) -> None:
    """Adds the `a:tbl` if it has text."""
    rows = list(table.iterfind(f"{A}tr"))
    found = [made for number, row in enumerate(rows) for made in _cells(row, number, len(rows), part)]
    if not any(made.lines for made in found):
        return
    width = max(made.cell.end_col_offset_idx for made in found)
    item = document.add_table(data=TableData(num_rows=len(rows), num_cols=width), parent=parent, prov=prov)
    properties = table.find(f"{A}tblPr")
    cells = [made.cell for made in found]
    depth = header_depth(cells, len(rows), _hints(properties), _bold_rows(found))
    mark_headers(cells, depth)
    for made in found:
        made.cell.row_header = (
            _is_on(properties, "firstCol") and made.cell.start_col_offset_idx == 0 and not made.cell.column_header
        )
        document.add_table_cell(item, _with_content(document, made, item))


def _cells(row: Any, number: int, rows: int, part: Any) -> list[_SlideCell]:
    found = []
    elements = list(row.iterfind(f"{A}tc"))[:MAX_COLUMNS]
    width = len(elements)
    for column, element in enumerate(elements):
        if _is_on(element, "hMerge") or _is_on(element, "vMerge"):
            continue
        body = element.find(f"{A}txBody")
        lines = body_lines(body, part) if body is not None else []
        down, across = min(_span(element, "rowSpan"), rows - number), min(_span(element, "gridSpan"), width - column)
        cell = TableCell(
            text="\n".join(map(plain_line, lines)),
            row_span=down,
            col_span=across,
            start_row_offset_idx=number,
            end_row_offset_idx=number + down,
            start_col_offset_idx=column,
            end_col_offset_idx=column + across,
        )
        found.append(_SlideCell(cell, lines))
    return found


def _with_content(document: DoclingDocument, made: _SlideCell, table: NodeItem) -> TableCell:
    """Returns the cell, with its lines as items if they have formats or links."""
    pieces = [piece for line in made.lines for piece in line]
    if all(piece == OfficePiece(piece.text) for piece in pieces):
        return made.cell
    group = document.add_group(label=GroupLabel.UNSPECIFIED, name="rich_cell", parent=table)
    for line in made.lines:
        add_pieces(document, line, parent=group)
    return RichTableCell(**made.cell.model_dump(), ref=group.get_ref())


def _hints(properties: Any | None) -> HeaderHints:
    if properties is None:
        return HeaderHints()
    return HeaderHints(0, _is_on(properties, "firstRow"), _is_on(properties, "firstCol"))


def _bold_rows(found: list[_SlideCell]) -> frozenset[int]:
    bold: dict[int, bool] = {}
    for made in found:
        for piece in (piece for line in made.lines for piece in line):
            row = made.cell.start_row_offset_idx
            bold[row] = bold.get(row, True) and piece.formatting is not None and piece.formatting.bold
    rows = frozenset(row for row, is_bold in bold.items() if is_bold)
    return frozenset() if len(rows) == len(bold) else rows


def _is_on(element: Any | None, name: str) -> bool:
    return element is not None and element.get(name, "0").lower() in _ON


def _span(element: Any, name: str) -> int:
    return max(1, whole_number(element.get(name), 1))
