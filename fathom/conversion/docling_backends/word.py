"""Docling's reader of Word files, made to pass over comments in the XML and to know the title in any language of Word."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.msword_backend import MsWordDocumentBackend
from docling.datamodel.backend_options import MsWordBackendOptions
from lxml import etree


class WordBackend(MsWordDocumentBackend):
    """MsWordDocumentBackend, mended where docling 2.142.1 fails or loses something; the tests beside it name the cases."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: MsWordBackendOptions | None = None) -> None:
        super().__init__(in_doc, path_or_stream, options)
        if self.docx_obj is not None:  # a comment among the blocks is taken for one, and ends the conversion
            etree.strip_tags(self.docx_obj.element, etree.Comment, etree.ProcessingInstruction)

    def _get_label_and_level(self, paragraph: Any) -> tuple[str, int | None]:
        """As docling says, which goes by a style's id; the id is the translator's, the name of a built-in style is not."""
        label, level = super()._get_label_and_level(paragraph)
        style = paragraph.style
        if label != "Heading" and style is not None and (style.name or "").casefold() == "title":
            return "Title", None
        return label, level
