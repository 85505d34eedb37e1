"""Reads the cells of an XLSX sheet as displayed text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree
from openpyxl.formula.translate import Translator, TranslatorError  # type: ignore[import-untyped]

from fathom.conversion.docling_backends.spreadsheet.marks import struck
from fathom.conversion.docling_backends.spreadsheet.numbers.date_format import serial_of
from fathom.conversion.docling_backends.spreadsheet.numbers.digits import general
from fathom.conversion.docling_backends.spreadsheet.sheet import Area, CellKind, SheetCell, cell_name, column_number
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import local_name
from fathom.conversion.docling_backends.spreadsheet.xlsx.strings import string_of, unescape
from fathom.conversion.docling_backends.spreadsheet.xlsx.workbook import MAX_COLUMN, MAX_ROW, area_of, areas_of
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_styles import CellStyle, CellStyles

# Maximum number of formatted empty cells recorded; they only distinguish spacers from gaps.
MAX_DRESSED = 100_000
MAX_SPACER_WIDTH = 4.0  # width, in characters, up to which an empty column is a spacer
_LINKED = re.compile(r'\s*HYPERLINK\(\s*"((?:[^"]|"")+)"\s*[,)]', re.I)
_STREAMED = ("sheetFormatPr", "pane", "col", "row", "mergeCell", "autoFilter", "hyperlink", "tablePart", "drawing")


@dataclass(frozen=True, slots=True)
class CellLink:
    """A hyperlink of an area; `relation` names its target, which may have a location within."""

    area: Area
    relation: str
    location: str


@dataclass(slots=True)
class CellFormula:
    """A formula whose value the file may lack; `zero` is True if its value is 0."""

    row: int
    column: int
    text: str
    zero: bool


@dataclass(slots=True)
class RawSheet:
    """All cells of a sheet, hidden cells included, and its settings as stored in the file."""

    cells: dict[int, dict[int, SheetCell]] = field(default_factory=dict[int, dict[int, SheetCell]])
    formulas: list[CellFormula] = field(default_factory=list[CellFormula])
    merges: list[Area] = field(default_factory=list[Area])
    hidden_rows: list[int] = field(default_factory=list[int])
    shown_rows: list[int] | None = None  # if rows are hidden by default
    hidden_columns: set[int] = field(default_factory=set[int])
    narrow_columns: set[int] = field(default_factory=set[int])
    dressed: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    filters: list[Area] = field(default_factory=list[Area])
    links: list[CellLink] = field(default_factory=list[CellLink])
    tables: list[str] = field(default_factory=list[str])  # relations
    drawings: list[str] = field(default_factory=list[str])  # relations
    frozen_rows: int = 0
    blanked: int = 0  # values hidden by their number format
    any_value: bool = False  # a formula has a value other than 0


@dataclass(slots=True)
class CellReader:
    """Reads the sheets of a workbook, whose texts and styles they share."""

    package: WorkbookPackage
    strings: list[str]
    styles: CellStyles
    epoch_1904: bool
    rich_values: list[str | None] = field(default_factory=list[str | None])  # by a cell's `vm`, less 1
    _columns: dict[str, int] = field(default_factory=dict[str, int])

    def read(self, path: str) -> RawSheet:
        """Reads the sheet's part row by row; memory is proportional to the cells with content."""
        sheet = RawSheet()
        rows = _RowReader(self, sheet)
        for element in self.package.stream(path, *_STREAMED):
            name = local_name(element)
            if name == "row":
                rows.read(element)
            elif name == "col":
                _read_column(element, sheet)
            elif name == "sheetFormatPr":
                sheet.shown_rows = [] if element.get("zeroHeight", "0") in ("1", "true") else None
            elif name == "pane":
                if element.get("state", "").startswith("frozen") and element.get("ySplit", "").replace(".0", "").isdigit():
                    sheet.frozen_rows = int(float(element.get("ySplit", "0")))
            elif name == "mergeCell":
                sheet.merges.extend(areas_of(element.get("ref")))
            elif name == "autoFilter":
                sheet.filters.extend(areas_of(element.get("ref")))
            elif name == "hyperlink":
                if (area := area_of(element.get("ref", ""))) is not None:
                    sheet.links.append(CellLink(area, _relation(element), element.get("location", "")))
            elif name == "tablePart":
                sheet.tables.append(_relation(element))
            elif name == "drawing":
                sheet.drawings.append(_relation(element))
        return sheet

    def column_of(self, letters: str) -> int:
        """Returns the number of a column, cached."""
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_number(letters.upper()) if letters.isascii() else 0
        return column


class _RowReader:
    """Reads rows into a sheet, and resolves shared formulas."""

    def __init__(self, reader: CellReader, sheet: RawSheet) -> None:
        self._reader, self._sheet = reader, sheet
        self._row = -1
        self._shared: dict[str, tuple[str, str]] = {}
        self._named_styles: dict[str | None, CellStyle] = {}

    def read(self, element: etree._Element) -> None:
        number = element.get("r", "")
        self._row = int(number) - 1 if number.isdigit() else self._row + 1
        if not 0 <= self._row <= MAX_ROW:
            return
        sheet, reader = self._sheet, self._reader
        height = element.get("ht")
        hidden = element.get("hidden", "0") in ("1", "true") or (height is not None and _is_zero(height))
        if hidden:
            sheet.hidden_rows.append(self._row)
        elif sheet.shown_rows is not None:  # all others are hidden
            sheet.shown_rows.append(self._row)
        column = -1
        row: dict[int, SheetCell] = {}
        for cell in element.iterchildren("{*}c"):
            reference = cell.get("r")
            column = reader.column_of(reference.rstrip("0123456789")) if reference else column + 1
            if not 0 <= column <= MAX_COLUMN:
                continue
            style = self._style(cell.get("s"))
            shown = self._cell(cell, column, style) if len(cell) else None
            if shown is not None:
                row[column] = shown
            elif style.look.dressed and len(sheet.dressed) < MAX_DRESSED:
                sheet.dressed.add((self._row, column))
        if row:
            sheet.cells[self._row] = row

    def _style(self, number: str | None) -> CellStyle:
        style = self._named_styles.get(number)
        if style is None:
            style = self._reader.styles[int(number) if number is not None and number.isdigit() else 0]
            self._named_styles[number] = style
        return style

    def _cell(self, element: etree._Element, column: int, style: CellStyle) -> SheetCell | None:
        value: str | None = None
        formula = inline = None
        for child in element:
            tag = str(child.tag)
            if tag.endswith("}v"):
                value = child.text or ""
            elif tag.endswith("}f"):
                formula = child
            elif tag.endswith("}is"):
                inline = child
        kind = element.get("t", "n")
        if formula is not None:
            self._formula(formula, column, value, kind)
        shown_as: CellKind = "text"
        if inline is not None and kind == "inlineStr":
            text = _text(string_of(inline), style)
        elif not value:
            return None
        else:
            text, shown_as = self._shown(value, kind, style)
            if kind == "e" and (rich := self._rich(element)) is not None:
                text, shown_as = rich, "text"
        if not text.strip():
            # zeros are hidden for appearance only; other values are content
            self._sheet.blanked += kind == "n" and value is not None and value.strip("0.-") != ""
            return None
        if style.struck:
            text = struck(text)
        linked = _LINKED.match(formula.text or "") if formula is not None else None
        target = linked[1].replace('""', '"') if linked is not None and not linked[1].startswith("#") else None
        return SheetCell(text, shown_as, style.look, link=target)

    def _rich(self, element: etree._Element) -> str | None:
        """Returns the cell's displayed text in place of its error; None if it only shows the error."""
        number, values = element.get("vm", ""), self._reader.rich_values
        return values[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(values) else None

    def _formula(self, element: etree._Element, column: int, value: str | None, kind: str) -> None:
        """Records a formula without a value or with 0, which may mean that it was never calculated."""
        text, shared = element.text or "", element.get("si")
        if shared is not None and element.get("t") == "shared":
            if text:
                self._shared[shared] = (text, cell_name(self._row, column))
            elif shared in self._shared:
                text = self._translated(*self._shared[shared], column)
        if value or (kind == "str" and value is not None):
            zero = kind == "n" and value in ("0", "0.0")
            self._sheet.any_value |= not zero
            if not zero:
                return
        if text and element.get("t") != "dataTable":
            text = text.replace("_xlfn.", "").replace("_xlws.", "").replace("_xlpm.", "")
            self._sheet.formulas.append(CellFormula(self._row, column, f"={unescape(text)}", bool(value)))

    def _translated(self, text: str, origin: str, column: int) -> str:
        try:
            return str(Translator(f"={text}", origin).translate_formula(cell_name(self._row, column)))[1:]
        except (TranslatorError, ValueError):
            return text

    def _shown(self, value: str, kind: str, style: CellStyle) -> tuple[str, CellKind]:
        if kind == "n":
            return self._number(value, style)
        if kind == "s":
            strings = self._reader.strings
            index = int(value) if value.strip().isdigit() else -1
            return _text(strings[index] if 0 <= index < len(strings) else value, style), "text"
        if kind == "b":
            return ("TRUE" if value.strip() in ("1", "true") else "FALSE"), "bool"
        if kind == "e":
            return value, "error"
        if kind == "d":
            return self._iso_date(value, style)
        return _text(unescape(value), style), "text"

    def _number(self, value: str, style: CellStyle) -> tuple[str, CellKind]:
        try:
            number = int(value) if len(value) < 16 and value.isdigit() else float(value)
        except ValueError:
            return value, "text"
        if style.format is None:
            return (value if isinstance(number, int) else general(number)), "number"
        shown = style.format.number(number, epoch_1904=self._reader.epoch_1904)
        return shown, "date" if style.format.is_date else "number"

    def _iso_date(self, value: str, style: CellStyle) -> tuple[str, CellKind]:
        try:
            moment = datetime.fromisoformat(value.strip().replace("Z", ""))
        except ValueError:
            return value, "date"
        if style.format is not None and style.format.is_date:
            seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
            serial = serial_of(moment.date(), seconds, epoch_1904=self._reader.epoch_1904)
            return style.format.number(serial, epoch_1904=self._reader.epoch_1904), "date"
        whole = moment.hour == moment.minute == moment.second == 0
        return moment.date().isoformat() if whole else moment.isoformat(sep=" "), "date"


def _text(text: str, style: CellStyle) -> str:
    return text if style.format is None else style.format.text(text)


def _read_column(element: etree._Element, sheet: RawSheet) -> None:
    first, last = (element.get(name, "") for name in ("min", "max"))
    if not (first.isdigit() and last.isdigit()):
        return
    columns: Iterable[int] = range(int(first) - 1, min(int(last), MAX_COLUMN + 1))
    width = element.get("width")
    if element.get("hidden", "0") in ("1", "true") or (width is not None and _is_zero(width)):
        sheet.hidden_columns.update(columns)
    elif width is not None and _is_at_most(width, MAX_SPACER_WIDTH):
        sheet.narrow_columns.update(columns)


def _is_zero(number: str) -> bool:
    return _is_at_most(number, 0.0)


def _is_at_most(number: str, most: float) -> bool:
    try:
        return float(number) <= most
    except ValueError:
        return False


def _relation(element: etree._Element) -> str:
    return next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
