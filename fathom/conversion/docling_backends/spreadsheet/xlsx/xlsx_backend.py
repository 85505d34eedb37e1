"""Docling's XLSX backend, changed to return the displayed text of cells."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docling.backend.abstract_backend import DeclarativeDocumentBackend
from docling.backend.msexcel_backend import MsExcelDocumentBackend
from docling.backend.utils.archive_limits import ArchiveLimits
from docling.datamodel.backend_options import MsExcelBackendOptions
from docling.datamodel.document import InputDocument
from docling.exceptions import DocumentLoadError
from docling_core.types.doc import DoclingDocument, GroupLabel, Size, TableData
from lxml import etree
from openpyxl import Workbook as OpenpyxlWorkbook  # type: ignore[import-untyped]
from openpyxl.packaging.relationship import (  # type: ignore[import-untyped]
    RelationshipList,
    get_dependents,
    get_rels_path,
)
from openpyxl.reader.drawings import find_images  # type: ignore[import-untyped]

from fathom.conversion.docling_backends.spreadsheet.sheet import ShownSheet
from fathom.conversion.docling_backends.spreadsheet.sheet_left_out import hidden_sheet
from fathom.conversion.docling_backends.spreadsheet.sheet_writer import SheetWriter
from fathom.conversion.docling_backends.spreadsheet.xlsx.workbook import SheetEntry, area_of
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_reader import WorkbookReader
from fathom.conversion.report import Notice


class ExcelBackend(MsExcelDocumentBackend):
    """MsExcelDocumentBackend with its own reader of cells; pictures and charts are docling's.

    Docling 2.142.1 reads the values of cells, not their displayed text, drops links and formulas without a cached value, keeps
    hidden rows and columns, and splits tables at every empty column; not needed once it shows number formats and hidden state.
    """

    def __init__(
        self, in_doc: InputDocument, path_or_stream: BytesIO | Path, options: MsExcelBackendOptions | None = None
    ) -> None:
        """Opens the workbook; raises DocumentLoadError for other files. Docling's own constructor would load every cell."""
        options = options or MsExcelBackendOptions()
        DeclarativeDocumentBackend.__init__(self, in_doc, path_or_stream, options)
        self._archive_limits = ArchiveLimits.from_options(options)
        self.page_range = in_doc.limits.page_range
        self.parent = None
        self.xlsx_to_pdf_converter = None
        self.xlsx_to_pdf_converter_init = False
        self.valid = False
        self.notices: list[Notice] = []
        stream = BytesIO(path_or_stream.read_bytes()) if isinstance(path_or_stream, Path) else path_or_stream
        try:
            self._check_archive_limits()
            self._package = WorkbookPackage(stream)
            reader = WorkbookReader.opened(self._package)
        except (BadZipFile, etree.XMLSyntaxError, KeyError) as error:
            raise DocumentLoadError(f"The workbook with hash {self.document_hash} cannot be opened: {error}") from error
        if reader is None:
            raise DocumentLoadError(f"The file with hash {self.document_hash} has no workbook in it.")
        self._reader = reader
        self.workbook = OpenpyxlWorkbook()  # holds the drawings, which docling reads through openpyxl
        self.valid = True

    def page_count(self) -> int:
        """Returns the number of sheets, hidden sheets counted."""
        return len(self._reader.book.sheets)

    def _convert_workbook(self, doc: DoclingDocument) -> DoclingDocument:
        """Writes the visible sheets, each below a group of its name; empty sheets are skipped."""
        first, last = self.page_range
        shown: list[tuple[int, SheetEntry, ShownSheet | None]] = []
        for number, entry in enumerate(self._reader.book.sheets, 1):
            if first <= number <= last:
                doc.add_page(page_no=number, size=Size(width=0, height=0))
                if entry.hidden:
                    self.notices.append(hidden_sheet(entry.name))
                else:
                    shown.append((number, entry, self._reader.sheet(entry.name)))
        self._reader.settle_formulas([sheet for _, _, sheet in shown if sheet is not None])
        for number, entry, sheet in shown:
            self._write_sheet(doc, number, entry, sheet)
        self.notices += self._reader.notices
        return doc

    def _write_sheet(self, doc: DoclingDocument, number: int, entry: SheetEntry, sheet: ShownSheet | None) -> None:
        charts, images = self._drawings(entry)
        if not (charts or images or (sheet is not None and (sheet.cells or sheet.text_boxes))):
            return
        self.parent = doc.add_group(parent=None, label=GroupLabel.SHEET, name=entry.name)
        writer = SheetWriter(doc, self.parent, number)
        if sheet is not None:
            writer.write(sheet)
        holder: Any = self.workbook.create_sheet() if self.workbook is not None else None
        holder._charts, holder._images = charts, images
        relations = self._package.name_of(get_rels_path(entry.path))
        holder._rels = get_dependents(self._package.archive, relations) if relations else RelationshipList()
        self._find_images_in_sheet(doc, holder, number)
        self._find_chart_in_sheet(doc, holder, number)
        if charts or images:
            self._sort_sheet_children_by_position(doc, number)
        doc.pages[number].size = Size(width=writer.width, height=writer.height)

    def _drawings(self, entry: SheetEntry) -> tuple[list[Any], list[Any]]:
        charts: list[Any] = []
        images: list[Any] = []
        for drawing in self._package.related(entry.path, "drawing"):
            if (name := self._package.name_of(drawing)) is not None:
                with warnings.catch_warnings():  # about dropped pictures, which docling's reader finds itself
                    warnings.simplefilter("ignore", UserWarning)
                    found = find_images(self._package.archive, name)
                charts += found[0]
                images += found[1]
        return charts, images

    def _chart_to_table_data(self, chart: Any) -> TableData | None:
        """Returns the chart's values; the axis title, often the unit, is appended to the name of each series."""
        data: TableData | None = super()._chart_to_table_data(chart)
        if data is None:
            return None
        axes = [getattr(plot, "y_axis", None) for plot in self._chart_plots(chart) for _ in plot.series]
        titles = [self._title_text(axis.title) if axis is not None else None for axis in axes]
        for cell in data.table_cells if len(titles) == data.num_cols - 1 else ():
            title = (
                titles[cell.start_col_offset_idx - 1] if cell.start_row_offset_idx == 0 < cell.start_col_offset_idx else None
            )
            if title and title != cell.text:
                cell.text = f"{cell.text} ({title})" if cell.text else title
        return data

    def _resolve_reference(self, ref: str, max_cells: int) -> list[str]:
        """Returns the displayed cells that a chart refers to."""
        area = area_of(ref)
        name = ref.rpartition("!")[0].strip()
        name = name[1:-1].replace("''", "'") if name.startswith("'") and name.endswith("'") else name
        sheet = self._reader.sheet(name) if name else None
        if area is None or sheet is None:
            return []
        bottom = min(area.bottom, max(sheet.cells, default=0))
        right = min(area.right, area.left + max_cells - 1)
        bottom = min(bottom, area.top + max(1, max_cells // (right - area.left + 1)) - 1)
        return [
            cell.text if (cell := sheet.cells.get(row, {}).get(column)) is not None else ""
            for row in range(area.top, bottom + 1)
            for column in range(area.left, right + 1)
        ]
