"""Docling's backend for HTML with Fathom's reader.

Docling 2.142.1 splits words at formatting, reads layout tables as a single cell, drops the content before the first heading
and takes quadratic time in the length of a line; not needed once docling's HTML backend passes the cases of tests/…/cases.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.abstract_backend import DeclarativeDocumentBackend
from docling.datamodel.backend_options import HTMLBackendOptions
from docling.datamodel.base_models import InputFormat
from docling_core.types.doc import ContentLayer, DoclingDocument, DocumentOrigin

from fathom.conversion.docling_backends.html.page import read_page, write_page
from fathom.conversion.report import Notice


class HtmlBackend(DeclarativeDocumentBackend):
    """Reads a page that is in UTF-8. After `convert`, `notices` name the content omitted on purpose."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: HTMLBackendOptions | None = None) -> None:
        options = options or HTMLBackendOptions()
        super().__init__(in_doc, path_or_stream, options)
        self._adds_title = options.add_title
        self.notices: list[Notice] = []
        data = path_or_stream.getvalue() if isinstance(path_or_stream, BytesIO) else path_or_stream.read_bytes()
        self._source = data.decode("utf-8-sig", errors="replace")

    def is_valid(self) -> bool:
        """Returns True, since any text can be read."""
        return True

    @classmethod
    def supports_pagination(cls) -> bool:
        """Returns False, since HTML has no pages."""
        return False

    @classmethod
    def supported_formats(cls) -> set[InputFormat]:
        """Returns the formats that the backend reads."""
        return {InputFormat.HTML}

    def convert(self) -> DoclingDocument:
        """Returns the document of the page; the title of its window is furniture."""
        page = read_page(self._source)
        origin = DocumentOrigin(filename=self.file.name or "file", mimetype="text/html", binary_hash=self.document_hash)
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        if page.title and self._adds_title:
            document.add_title(page.title, content_layer=ContentLayer.FURNITURE)
        write_page(page, document)
        self.notices = page.notices
        return document
