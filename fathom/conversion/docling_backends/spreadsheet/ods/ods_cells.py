"""Reads a sheet of an OpenDocument spreadsheet: visible cells, merged ranges, headers, and omitted content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from fathom.conversion.docling_backends.spreadsheet.marks import struck
from fathom.conversion.docling_backends.spreadsheet.ods.cell_text import (
    KINDS,
    OFFICE,
    CellText,
    formula_text,
    paragraph_text,
    read_cell,
)
from fathom.conversion.docling_backends.spreadsheet.ods.ods_styles import TABLE, OdsStyles
from fathom.conversion.docling_backends.spreadsheet.sheet import CellLook, GridLines, SheetCell, ShownSheet, TextBox, cell_name
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below, local_name
from fathom.conversion.docling_backends.spreadsheet.sheet_left_out import (
    formulas_without_value,
    hidden_columns,
    hidden_rows,
    repeated_cells,
)
from fathom.conversion.docling_backends.spreadsheet.xlsx.workbook import MAX_COLUMN, MAX_ROW
from fathom.conversion.report import Notice

# Filled cells that repetitions may add to a document: a cell repeated a million times is no content.
MAX_REPEATED = 200_000
_SHAPES = ("frame", "custom-shape", "rect", "ellipse", "text-box", "caption", "polygon")


@dataclass(slots=True)
class OdsReader:
    """Reads the sheets of a document, and collects the notices about them."""

    styles: OdsStyles
    notices: list[Notice] = field(default_factory=list[Notice])
    _repeated: int = 0

    def is_hidden(self, table: etree._Element) -> bool:
        """Returns whether a sheet is hidden."""
        return table.get(f"{TABLE}display") == "false" or self.styles.style("table", table.get(f"{TABLE}style-name")).hidden

    def read(self, table: etree._Element, name: str) -> ShownSheet:
        """Reads a sheet; memory is proportional to the cells with content."""
        return _SheetReader(self, table, name).read()

    def repeats(self, wanted: int, filled: int) -> int:
        """Returns how often a row or cell of so many filled cells may be repeated."""
        if wanted <= 1 or not filled:
            return 1
        allowed = max(1, min(wanted, 1 + (MAX_REPEATED - self._repeated) // filled))
        self._repeated += (allowed - 1) * filled
        return allowed


class _SheetReader:
    def __init__(self, reader: OdsReader, table: etree._Element, name: str) -> None:
        self._reader, self._table = reader, table
        self._sheet = ShownSheet(name)
        self._hidden_rows: list[int] = []
        self._hidden_columns: list[int] = []
        self._hidden_filled: dict[str, set[int]] = {"row": set(), "column": set()}
        self._looks: dict[int, str | None] = {}
        self._formulas: list[str] = []
        self._header_rows: set[int] = set()
        self._dressed: set[tuple[int, int]] = set()
        self._carried: dict[int, tuple[SheetCell, int]] = {}
        self._cut = 0

    def read(self) -> ShownSheet:
        self._read_columns()
        sheet = self._sheet
        sheet.column_lines = GridLines(self._hidden_columns)
        row = 0
        for element, hidden, is_header in _rows(self._table, hidden=False, is_header=False):
            count = _repeated(element, "rows")
            hidden = hidden or element.get(f"{TABLE}visibility", "visible") != "visible"
            row = self._read_row(element, row, count, hidden=hidden, is_header=is_header)
            if row > MAX_ROW:
                break
        sheet.row_lines = GridLines(self._hidden_rows)
        sheet.header_rows = frozenset(self._header_rows)
        sheet.dressed = frozenset(self._dressed)
        for shapes in self._table:
            if local_name(shapes) == "shapes":
                self._add_boxes(shapes, 0, 0)
        self._tell()
        return sheet

    def _read_columns(self) -> None:
        column = 0
        for element in below(self._table, "table-column"):
            count = min(_repeated(element, "columns"), MAX_COLUMN + 1 - column)
            if element.get(f"{TABLE}visibility", "visible") != "visible":
                self._hidden_columns.extend(range(column, column + count))
            default = element.get(f"{TABLE}default-cell-style-name")
            if default and default != "Default" and count < 100:
                self._looks.update(dict.fromkeys(range(column, column + count), default))
            column += count

    def _read_row(self, element: etree._Element, row: int, count: int, *, hidden: bool, is_header: bool) -> int:
        """Reads a row and its repetitions; returns the number of the next row."""
        placed, cut = self._cells(element, row)
        kept = self._reader.repeats(count, len(placed))
        self._cut += cut + (count - kept if placed else 0)
        rows = range(row, min(row + (kept if placed else count), MAX_ROW + 1))
        if hidden:
            self._carry(placed, row, rows)
            self._hidden_rows.extend(rows if placed else rows[:100_000])
            self._hidden_filled["row"].update(rows if placed else ())
        elif placed or self._carried:
            for number in rows if placed else rows[:1]:
                cells = {column: cell if number == row else _copy(cell) for column, cell in placed.items()}
                cells.update(self._taken_over(number))
                self._keep(number, cells)
            if is_header:
                self._header_rows.update(rows)
        return row + count

    def _carry(self, placed: dict[int, SheetCell], row: int, hidden: range) -> None:
        """Keeps merged cells whose first row is hidden for the visible rows that they cover."""
        for column, cell in placed.items():
            if cell.rows > len(hidden):
                self._carried[column] = (cell, row + cell.rows - 1)

    def _taken_over(self, row: int) -> dict[int, SheetCell]:
        found = {column: cell for column, (cell, last) in self._carried.items() if row <= last}
        for column, cell in found.items():
            cell.rows = self._carried[column][1] - row + 1
        self._carried.clear()
        return found

    def _keep(self, row: int, cells: dict[int, SheetCell]) -> None:
        for column in [column for column in cells if self._sheet.column_lines.is_hidden(column)]:
            self._hidden_filled["column"].add(column)
            cell = cells.pop(column)
            # a merged cell is shown in the visible columns that it covers
            first = self._sheet.column_lines.first_visible(column, column + cell.columns - 1)
            if first is not None:
                cell.columns -= first - column
                cells[first] = cell
                self._hidden_filled["column"].discard(column)
        if cells:
            self._sheet.cells[row] = cells

    def _cells(self, element: etree._Element, row: int) -> tuple[dict[int, SheetCell], int]:
        """Returns a row's filled cells by column, and how many repetitions were cut off."""
        placed: dict[int, SheetCell] = {}
        column = cut = 0
        for child in element:
            name = local_name(child)
            if name not in ("table-cell", "covered-table-cell") or column > MAX_COLUMN:
                continue
            count = _repeated(child, "columns")
            if name == "table-cell" and (len(child) or child.attrib):
                cell = self._cell(child, row, column)
                if cell is not None:
                    kept = self._reader.repeats(count, 1)
                    cut += count - kept
                    for number in range(column, min(column + kept, MAX_COLUMN + 1)):
                        placed[number] = cell if number == column else _copy(cell)
                elif self._look(child, column).dressed and count < 100:
                    self._dressed.update((row, number) for number in range(column, column + count))
                self._add_boxes(child, row, column)
            column += count
        return placed, cut

    def _cell(self, element: etree._Element, row: int, column: int) -> SheetCell | None:
        found = read_cell(element, self._reader.styles)
        kind = KINDS.get(element.get(f"{OFFICE}value-type", ""), "text")
        if not found.text and (formula := formula_text(element)) is not None and not element.get(f"{OFFICE}value-type"):
            found.text, kind = formula, "number"
            self._formulas.append(cell_name(row, column))
        notes = " ".join(note for note in found.notes if note)
        if not found.text.strip() and not notes:
            return None
        if self._reader.styles.style("table-cell", element.get(f"{TABLE}style-name") or self._looks.get(column)).struck:
            found.text = struck(found.text)
        return SheetCell(
            found.text,
            kind,
            self._look(element, column),
            rows=_span(element, "rows"),
            columns=_span(element, "columns"),
            link=found.link,
            note=notes,
        )

    def _look(self, element: etree._Element, column: int) -> CellLook:
        return self._reader.styles.style("table-cell", element.get(f"{TABLE}style-name") or self._looks.get(column)).look

    def _add_boxes(self, element: etree._Element, row: int, column: int) -> None:
        """Adds the texts of shapes that float at a cell, or over the sheet."""
        for shape in element:
            if local_name(shape) in (*_SHAPES, "g"):
                lines = [paragraph_text(paragraph, self._reader.styles, CellText()) for paragraph in below(shape, "p", "h")]
                text = "\n".join(line.strip() for line in lines if line.strip())
                if text:
                    self._sheet.text_boxes.append(TextBox(row, column, text))

    def _tell(self) -> None:
        name, notices = self._sheet.name, self._reader.notices
        if self._hidden_filled["row"]:
            notices.append(hidden_rows(name, sorted(self._hidden_filled["row"])))
        if self._hidden_filled["column"]:
            notices.append(hidden_columns(name, sorted(self._hidden_filled["column"])))
        if self._formulas:
            notices.append(formulas_without_value(name, self._formulas))
        if self._cut:
            notices.append(repeated_cells(name, self._cut))


def _rows(parent: etree._Element, *, hidden: bool, is_header: bool) -> Iterator[tuple[etree._Element, bool, bool]]:
    """Yields the rows, whether a group hides them, and whether they are header rows."""
    waiting = [(child, hidden, is_header) for child in reversed(parent)]
    while waiting:
        element, within, header = waiting.pop()
        name = local_name(element)
        if name == "table-row":
            yield element, within, header
        elif name in ("table-row-group", "table-header-rows", "table-rows"):
            within = within or element.get(f"{TABLE}display") == "false"
            waiting.extend((child, within, header or name == "table-header-rows") for child in reversed(element))


def _repeated(element: etree._Element, what: str) -> int:
    count = element.get(f"{TABLE}number-{what}-repeated", "1")
    return max(1, int(count)) if count.isdigit() and len(count) < 9 else 1


def _span(element: etree._Element, what: str) -> int:
    count = element.get(f"{TABLE}number-{what}-spanned", "1")
    return max(1, min(int(count), MAX_ROW)) if count.isdigit() and len(count) < 9 else 1


def _copy(cell: SheetCell) -> SheetCell:
    return SheetCell(cell.text, cell.kind, cell.look, cell.rows, cell.columns, cell.link, cell.note)
