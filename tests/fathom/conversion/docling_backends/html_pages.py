"""Reads a page of HTML as the converter does, and shows it as Markdown."""

from __future__ import annotations

from docling_core.types.doc import DoclingDocument

from fathom.conversion.docling_backends.html.page import HtmlPageContent, read_page, write_page
from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.document_blocks import ReadDocument
from fathom.conversion.structure.markdown import markdown_of


def page_of(html: str) -> tuple[str, HtmlPageContent]:
    """The Markdown of the page, and its content."""
    page = read_page(html)
    document = DoclingDocument(name="page")
    write_page(page, document)
    return markdown_of(ReadDocument(document.export_to_dict(), DocumentKind.HTML)), page


def markdown(html: str) -> str:
    """The Markdown of the page."""
    return page_of(html)[0]
