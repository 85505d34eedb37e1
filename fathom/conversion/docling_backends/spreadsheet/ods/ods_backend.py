"""Docling's ODS backend, changed to return the displayed text of cells."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.opendocument_backend import (
    OdsDocumentBackend,
    _add_odf_charts,
    _image_ref_from_odf_image,
)
from docling.datamodel.backend_options import OdsBackendOptions
from docling.datamodel.document import InputDocument
from docling_core.types.doc import DoclingDocument, DocumentOrigin, GroupItem, GroupLabel, Size
from PIL import UnidentifiedImageError

from fathom.conversion.docling_backends.spreadsheet.ods.ods_cells import OdsReader
from fathom.conversion.docling_backends.spreadsheet.ods.ods_styles import OdsStyles
from fathom.conversion.docling_backends.spreadsheet.sheet_left_out import hidden_sheet
from fathom.conversion.docling_backends.spreadsheet.sheet_writer import SheetWriter
from fathom.conversion.report import Notice

STYLES = "styles.xml"  # some programs omit it


class OdsBackend(OdsDocumentBackend):
    """OdsDocumentBackend with its own reader of cells; pictures and charts are docling's.

    Docling 2.142.1 reads the values of cells, not their displayed text, keeps hidden sheets, rows and columns, and drops notes
    and the names of sheets; not needed once docling reads `text:p` and `table:visibility` of cells.
    """

    def __init__(self, in_doc: InputDocument, path_or_stream: BytesIO | Path, options: OdsBackendOptions | None = None) -> None:
        super().__init__(in_doc, path_or_stream, options)
        self.notices: list[Notice] = []

    def convert(self) -> DoclingDocument:
        """Writes the visible sheets, each below a group of its name; empty sheets are skipped."""
        origin = DocumentOrigin(
            filename=self.file.name or "file",
            mimetype="application/vnd.oasis.opendocument.spreadsheet",
            binary_hash=self.document_hash,
        )
        doc = DoclingDocument(name=self.file.stem or "file", origin=origin)
        parts = [self.odf_obj.content, *([self.odf_obj.styles] if STYLES in self.odf_obj.container.get_parts() else [])]
        roots = [part.root._xml_element for part in parts]
        reader = OdsReader(OdsStyles(roots))
        first, last = self.page_range
        for number, table in enumerate(self.odf_obj.body.tables, 1):
            if not first <= number <= last:
                continue
            doc.add_page(page_no=number, size=Size(width=0, height=0))
            element = table._xml_element
            if reader.is_hidden(element):
                self.notices.append(hidden_sheet(table.name))
                continue
            sheet = reader.read(element, table.name)
            frames = table.get_elements("descendant::draw:frame")
            if not (sheet.cells or sheet.text_boxes or frames):
                continue
            group = doc.add_group(label=GroupLabel.SHEET, name=table.name)
            writer = SheetWriter(doc, group, number)
            writer.write(sheet)
            self._add_frames(doc, group, frames)
            doc.pages[number].size = Size(width=writer.width, height=writer.height)
        self.notices += reader.notices
        return doc

    def _add_frames(self, doc: DoclingDocument, group: GroupItem, frames: list[Any]) -> None:
        """Adds the charts and pictures of a sheet behind its cells."""
        for frame in frames:
            if _add_odf_charts(doc, frame, group, None, self.odf_obj):
                continue
            for image in frame.get_elements("draw:image"):
                try:
                    reference = _image_ref_from_odf_image(self.odf_obj, image, image_loader=self._image_loader)
                except (UnidentifiedImageError, OSError, ValueError):
                    continue  # no displayable picture
                if reference is not None:
                    doc.add_picture(parent=group, image=reference)
                    break
