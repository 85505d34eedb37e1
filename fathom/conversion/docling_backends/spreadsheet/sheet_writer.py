"""Writes the tables and texts of a sheet into a DoclingDocument."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from docling_core.types.doc import (
    BoundingBox,
    CoordOrigin,
    DocItemLabel,
    DoclingDocument,
    GroupItem,
    ProvenanceItem,
    RefItem,
    RichTableCell,
    TableData,
    TextItem,
)
from pydantic import AnyUrl, TypeAdapter, ValidationError

from fathom.conversion.docling_backends.formatted_runs import EXACT_RUNS
from fathom.conversion.docling_backends.spreadsheet.block import CellBlock
from fathom.conversion.docling_backends.spreadsheet.plain_cells import plain_cell
from fathom.conversion.docling_backends.spreadsheet.regions import Region, find_regions
from fathom.conversion.docling_backends.spreadsheet.sheet import SheetCell, ShownSheet, TextBox

# Docling refuses a table of more than a million cells, empty cells counted.
MAX_GRID = 900_000
# A table whose grid has more than this many places per filled cell is written in parts without empty columns.
MAX_EMPTY, MAX_EMPTY_TABLE = 20, 10_000
_URL: TypeAdapter[AnyUrl] = TypeAdapter(AnyUrl)


class SheetWriter:
    """Writes sheets below their groups; page numbers are those of the sheets."""

    def __init__(self, document: DoclingDocument, parent: GroupItem, page: int) -> None:
        self._document, self._parent, self._page = document, parent, page
        self.width = self.height = 0.0

    def write(self, sheet: ShownSheet) -> None:
        """Writes the sheet's tables and texts, and its text boxes at their positions."""
        boxes = sorted(sheet.text_boxes, key=lambda box: (box.row, box.column))
        titles: list[TextItem] = []
        last = -2
        for region in find_regions(sheet):
            row, column = region.place
            while boxes and (boxes[0].row, boxes[0].column) < (row, column):
                self._write_box(boxes.pop(0))
            if not region.is_table:
                titles = self._write_texts(region)
                last = region.block.rows[-1]
                if not region.titles:
                    titles = []
                continue
            captions = titles if row - last <= 2 else []
            for item in captions:
                item.label = DocItemLabel.CAPTION
            self._write_table(region, [item.get_ref() for item in captions])
            titles = []
        for box in boxes:
            self._write_box(box)

    def _write_box(self, box: TextBox) -> None:
        self._text(SheetCell(box.text), box.row, box.column)

    def _write_texts(self, region: Region) -> list[TextItem]:
        return [self._text(cell, row, column) for row, placed in region.block.cells.items() for column, cell in placed]

    def _text(self, cell: SheetCell, row: int, column: int) -> TextItem:
        prov = self._prov(row, column, row + cell.rows, column + cell.columns)
        link = target_of(cell.link)
        return self._document.add_text(
            label=DocItemLabel.TEXT, text=cell.shown, parent=self._parent, prov=prov, hyperlink=link
        )  # fmt: skip

    def _write_table(self, region: Region, captions: Sequence[RefItem]) -> None:
        """Writes a table; split into row groups, each with the header, if it is too large for docling or almost empty."""
        block, depth = region.block, region.depth
        rows, columns = block.rows, block.columns()
        header, body = rows[:depth], rows[depth:]
        step = max(1, MAX_GRID // max(1, len(columns)) - depth)
        filled = sum(map(len, block.cells.values()))
        sparse = len(rows) * len(columns) > MAX_EMPTY * filled + MAX_EMPTY_TABLE
        if sparse:
            step = max(1, min(step, MAX_EMPTY * filled // len(rows)))
        for start in range(0, max(1, len(body)), step):
            part = block.of_rows([*header, *body[start : start + step]])
            if sparse and start:  # only the column names that these rows use
                used = {column for row in body[start : start + step] for column, _ in block.cells[row]}
                part = part.of_rows(part.rows)
                for row in header:
                    part.cells[row] = [placed for placed in part.cells[row] if placed[0] in used]
            self._write_part(part, depth, captions if start == 0 else ())

    def _write_part(self, block: CellBlock, depth: int, captions: Sequence[RefItem]) -> None:
        rows, columns = block.rows, block.columns()
        data = TableData(num_rows=len(rows), num_cols=len(columns))
        prov = self._prov(rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)
        table = self._document.add_table(data=data, parent=self._parent, prov=prov)
        table.captions.extend(captions)
        index_of = {column: index for index, column in enumerate(columns)}
        labels = _label_columns(block, depth)
        cells = data.table_cells
        for number, row in enumerate(rows):
            is_header = number < depth
            for column, cell in block.cells[row]:
                left = index_of[column]
                bottom = number + 1 if cell.rows == 1 else max(number + 1, bisect_left(rows, row + cell.rows))
                right = left + 1 if cell.columns == 1 else max(left + 1, bisect_left(columns, column + cell.columns))
                if is_header and bottom > depth:
                    bottom = depth
                plain = plain_cell(
                    cell.shown,
                    (number, bottom),
                    (left, right),
                    column_header=is_header,
                    row_header=not is_header and left < labels,
                )
                linked = self._linked(cell, table.get_ref()) if cell.link else None
                cells.append(plain if linked is None else RichTableCell(ref=linked, **plain.__dict__))

    def _linked(self, cell: SheetCell, table: RefItem) -> RefItem | None:
        """Adds the linked text of a cell below its table, without the cell's notes."""
        link = target_of(cell.link)
        if link is None:
            return None
        parent = table.resolve(self._document)
        group = self._document.add_inline_group(name=EXACT_RUNS, parent=parent) if cell.note else None
        item = self._document.add_text(label=DocItemLabel.TEXT, text=cell.text, parent=group or parent, hyperlink=link)
        if group is None:
            return item.get_ref()
        self._document.add_text(label=DocItemLabel.TEXT, text=f" {cell.note}", parent=group)
        return group.get_ref()

    def _prov(self, top: int, left: int, bottom: int, right: int) -> ProvenanceItem:
        """Returns the provenance of cells on the sheet, in rows and columns."""
        self.width, self.height = max(self.width, float(right)), max(self.height, float(bottom))
        box = BoundingBox.from_tuple((left, top, right, bottom), origin=CoordOrigin.TOPLEFT)
        return ProvenanceItem(page_no=self._page, charspan=(0, 0), bbox=box)


def target_of(link: str | None) -> AnyUrl | Path | None:
    """Returns the target of a link: an address, or a path relative to the file."""
    if not link:
        return None
    try:
        return _URL.validate_python(link)
    except ValidationError:
        return None if link.lower().startswith(("javascript:", "data:")) else Path(link.replace("\\", "/"))


def _label_columns(block: CellBlock, depth: int) -> int:
    """Counts the first columns that name the rows: a merged label and the column behind it, or the first if it has texts."""
    columns = block.columns()
    body = block.rows[depth:]
    merged: set[int] = set()
    texts = filled = 0
    for row in body:
        column, cell = block.cells[row][0]
        if column == columns[0]:
            filled += 1
            texts += cell.kind == "text"
        merged.update(column for column, cell in block.cells[row] if cell.rows > 1)
    count = 0
    while count < len(columns) - 1 and columns[count] in merged:
        count += 1
    if count:
        return min(count + 1, len(columns) - 1)
    return int(len(columns) > 1 and filled > 0 and texts * 2 > filled)
