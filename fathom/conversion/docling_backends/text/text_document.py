"""Selects the reader for kinds of text that docling does not read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.text.plain_text import code_document, plain_text_document
from fathom.conversion.report import DocumentKind, Inspection

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument

READ_HERE = frozenset({DocumentKind.TEXT, DocumentKind.CODE, DocumentKind.SUBTITLES, DocumentKind.NOTEBOOK})


def text_document(path: Path, inspection: Inspection) -> DoclingDocument:
    """Returns the document of a file whose kind is in READ_HERE."""
    text = path.read_bytes().decode(inspection.encoding or "utf-8", errors="replace").lstrip("\ufeff")
    if inspection.kind is DocumentKind.CODE:
        return code_document(text)
    if inspection.kind is DocumentKind.SUBTITLES:
        from fathom.conversion.docling_backends.text.subtitles import subtitles_document

        return subtitles_document(text)
    if inspection.kind is DocumentKind.NOTEBOOK:
        from fathom.conversion.docling_backends.text.notebook import notebook_document

        return notebook_document(text)
    return plain_text_document(text)
