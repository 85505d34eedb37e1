"""Reads the sheets of a workbook: visible cells with their notes and links, and omitted content."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from fathom.conversion.docling_backends.spreadsheet.sheet import (
    Area,
    GridLines,
    SheetCell,
    ShownSheet,
    cell_name,
)
from fathom.conversion.docling_backends.spreadsheet.sheet_left_out import (
    formulas_without_value,
    hidden_columns,
    hidden_rows,
    hidden_values,
)
from fathom.conversion.docling_backends.spreadsheet.xlsx.rich_values import rich_values
from fathom.conversion.docling_backends.spreadsheet.xlsx.strings import shared_strings
from fathom.conversion.docling_backends.spreadsheet.xlsx.workbook import SheetEntry, Workbook, area_of, read_workbook
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_cells import CellFormula, CellReader, RawSheet
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_notes import notes_of
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_shapes import text_boxes
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_styles import CellStyles
from fathom.conversion.report import Notice

# Maximum steps for merged cells and linked ranges; beyond it, only their first cells are processed.
MAX_STEPS = 2_000_000


class WorkbookReader:
    """Reads sheets by name, each once, and collects the notices about them."""

    def __init__(self, package: WorkbookPackage, book: Workbook) -> None:
        self.book = book
        self.notices: list[Notice] = []
        self._package = package
        self._cells = CellReader(
            package,
            shared_strings(package, book.strings),
            CellStyles(package, book.styles),
            book.epoch_1904,
            rich_values(package),
        )
        self._entries = {entry.name: entry for entry in reversed(book.sheets)}
        self._sheets: dict[str, ShownSheet] = {}
        self._formulas: dict[str, list[CellFormula]] = {}
        self._any_value = False
        self._steps = 0

    @staticmethod
    def opened(package: WorkbookPackage) -> WorkbookReader | None:
        """Returns the reader of the package; None if it has no workbook part."""
        book = read_workbook(package)
        return WorkbookReader(package, book) if book is not None else None

    def sheet(self, name: str) -> ShownSheet | None:
        """Returns a sheet of cells, hidden or not; None for other sheets and unknown names."""
        entry = self._entries.get(name)
        if entry is None or entry.kind != "worksheet":
            return None
        if name not in self._sheets:
            self._sheets[name] = self._read(entry)
        return self._sheets[name]

    def settle_formulas(self, sheets: Iterable[ShownSheet]) -> None:
        """Writes formulas whose value the file lacks as text, and adds a notice.

        Programs that do not calculate omit the value or, like XlsxWriter, write 0 for every formula and request a calculation
        on opening.
        """
        zeros_too = self.book.recalculated and not self._any_value
        for sheet in sheets:
            unknown = [formula for formula in self._formulas.get(sheet.name, []) if zeros_too or not formula.zero]
            shown: list[CellFormula] = []
            for formula in unknown:
                if sheet.row_lines.is_hidden(formula.row) or sheet.column_lines.is_hidden(formula.column):
                    continue
                cells = sheet.cells.setdefault(formula.row, {})
                cell = cells.get(formula.column)
                if cell is None:
                    cells[formula.column] = SheetCell(formula.text, "number")
                else:
                    cell.text = formula.text
                shown.append(formula)
            if shown:
                names = [cell_name(formula.row, formula.column) for formula in shown]
                self.notices.append(formulas_without_value(sheet.name, names))

    def _read(self, entry: SheetEntry) -> ShownSheet:
        raw = self._cells.read(entry.path)
        self._any_value |= raw.any_value
        self._formulas[entry.name] = raw.formulas
        for place, text in notes_of(self._package, entry.path, self.book.persons).items():
            row = raw.cells.setdefault(place[0], {})
            row.setdefault(place[1], SheetCell("")).note = text
        self._add_links(entry, raw)
        rows, columns = _lines(raw)
        self._merge(raw, rows, columns)
        sheet = ShownSheet(
            entry.name,
            row_lines=rows,
            column_lines=columns,
            narrow_columns=frozenset(raw.narrow_columns),
            dressed=frozenset(raw.dressed),
            tables=tuple(self._tables(entry, raw)),
            filters=tuple(raw.filters),
            header_rows=entry.header_rows | frozenset(range(min(raw.frozen_rows, 100))),
        )
        sheet.cells = self._visible(entry, raw, sheet)
        for drawing in self._package.related(entry.path, "drawing"):
            sheet.text_boxes.extend(text_boxes(self._package, drawing))
        return sheet

    def _tables(self, entry: SheetEntry, raw: RawSheet) -> Iterable[Area]:
        targets = {relation.id: relation.target for relation in self._package.relations(entry.path)}
        for relation in raw.tables:
            root = self._package.root(targets.get(relation, ""))
            area = area_of(root.get("ref", "")) if root is not None else None
            if area is not None:
                yield area

    def _add_links(self, entry: SheetEntry, raw: RawSheet) -> None:
        """Sets the targets of cells in linked ranges; links within the workbook are skipped."""
        targets = {relation.id: relation.target for relation in self._package.relations(entry.path)}
        rows = sorted(raw.cells)
        for link in raw.links:
            target = targets.get(link.relation)
            if not target:
                continue
            target = f"{target}#{link.location}" if link.location and "#" not in target else target
            for _, _, cell in self._cells_in(link.area, raw, rows):
                cell.link = target

    def _merge(self, raw: RawSheet, rows: GridLines, columns: GridLines) -> None:
        """Moves the text and size of a merged range to its first visible cell; covered cells become empty."""
        filled = sorted(raw.cells)
        for area in raw.merges:
            first = raw.cells.get(area.top, {}).get(area.left)
            covered = [
                (row, column) for row, column, cell in self._cells_in(area, raw, filled) if cell is not first and not cell.note
            ]
            for row, column in covered:
                del raw.cells[row][column]
            top, left = rows.first_visible(area.top, area.bottom), columns.first_visible(area.left, area.right)
            if first is None or top is None or left is None:
                continue
            first.rows, first.columns = area.bottom - top + 1, area.right - left + 1
            if (top, left) != (area.top, area.left):
                del raw.cells[area.top][area.left]
                raw.cells.setdefault(top, {})[left] = first

    def _cells_in(self, area: Area, raw: RawSheet, rows: list[int]) -> list[tuple[int, int, SheetCell]]:
        found: list[tuple[int, int, SheetCell]] = []
        for row in rows[bisect_left(rows, area.top) : bisect_right(rows, area.bottom)]:
            cells = raw.cells.get(row, {})
            wide = area.right - area.left + 1 > len(cells)
            columns = [c for c in cells if area.left <= c <= area.right] if wide else range(area.left, area.right + 1)
            found += [(row, column, cells[column]) for column in columns if column in cells]
            self._steps += 1 + min(len(cells), area.right - area.left + 1)
            if self._steps > MAX_STEPS:
                break
        return found

    def _visible(self, entry: SheetEntry, raw: RawSheet, sheet: ShownSheet) -> dict[int, dict[int, SheetCell]]:
        """Returns the cells of visible rows and columns, and adds notices of hidden cells that have content."""
        kept: dict[int, dict[int, SheetCell]] = {}
        rows: list[int] = []
        columns: set[int] = set()
        some_hidden = bool(raw.hidden_columns)
        for row, cells in raw.cells.items():
            if not cells:
                continue
            if sheet.row_lines.is_hidden(row):
                rows.append(row)
                continue
            if some_hidden and not raw.hidden_columns.isdisjoint(cells):
                columns.update(raw.hidden_columns.intersection(cells))
                cells = {column: cell for column, cell in cells.items() if column not in raw.hidden_columns}
            if cells:
                kept[row] = cells
        if entry.hidden:
            return kept
        if rows:
            self.notices.append(hidden_rows(entry.name, rows))
        if columns:
            self.notices.append(hidden_columns(entry.name, sorted(columns)))
        if raw.blanked:
            self.notices.append(hidden_values(entry.name, raw.blanked))
        return kept


def _lines(raw: RawSheet) -> tuple[GridLines, GridLines]:
    """Returns which rows and columns are hidden."""
    if raw.shown_rows is not None:
        hidden = set(raw.hidden_rows)
        return GridLines(shown=[row for row in sorted(raw.shown_rows) if row not in hidden]), GridLines(
            sorted(raw.hidden_columns)
        )
    return GridLines(sorted(raw.hidden_rows)), GridLines(sorted(raw.hidden_columns))
