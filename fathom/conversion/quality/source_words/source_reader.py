"""Reads the words of any file from its own source."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from fathom.conversion.inspection.archives import ZIP_FAULTS
from fathom.conversion.quality.source_words.article_source import article_blocks
from fathom.conversion.quality.source_words.book_source import book_blocks
from fathom.conversion.quality.source_words.html_source import html_blocks
from fathom.conversion.quality.source_words.latex_source import latex_blocks
from fathom.conversion.quality.source_words.mail_source import mail_blocks
from fathom.conversion.quality.source_words.notebook_source import notebook_blocks
from fathom.conversion.quality.source_words.office.opendocument_source import opendocument_blocks
from fathom.conversion.quality.source_words.office.packages import OfficePackage
from fathom.conversion.quality.source_words.office.sheet_source import sheet_blocks
from fathom.conversion.quality.source_words.office.slides_source import slide_blocks
from fathom.conversion.quality.source_words.office.word_source import word_blocks
from fathom.conversion.quality.source_words.page_source import page_blocks
from fathom.conversion.quality.source_words.source_block import SourceBlock, within_bound
from fathom.conversion.quality.source_words.text_source import (
    asciidoc_blocks,
    markdown_blocks,
    plain_blocks,
    subtitle_blocks,
    table_blocks,
)
from fathom.conversion.report import DocumentKind, Inspection

OFFICE = {
    DocumentKind.DOCX: word_blocks,
    DocumentKind.PPTX: slide_blocks,
    DocumentKind.XLSX: sheet_blocks,
    DocumentKind.ODT: opendocument_blocks,
    DocumentKind.ODP: opendocument_blocks,
    DocumentKind.ODS: opendocument_blocks,
}
TEXTS = {
    DocumentKind.TEXT: plain_blocks,
    DocumentKind.CODE: plain_blocks,
    DocumentKind.NOTEBOOK: notebook_blocks,
    DocumentKind.SUBTITLES: subtitle_blocks,
    DocumentKind.CSV: table_blocks,
    DocumentKind.MARKDOWN: markdown_blocks,
    DocumentKind.ASCIIDOC: asciidoc_blocks,
    DocumentKind.LATEX: latex_blocks,
}

# Errors that the readers of archives, XML, HTML and PDF raise over broken files.
FAULTS = (*ZIP_FAULTS, RecursionError, SyntaxError)


def source_blocks(path: Path, inspection: Inspection, *, skip: Iterable[int] = ()) -> list[SourceBlock] | None:
    """Returns the blocks of the file in its order, at most `MAX_CHARACTERS` of them; None where it has none to read.

    `skip` are pages (from 1) that were read by OCR, which have no words of their own. A fault in the file ends the reading:
    the blocks read before it are returned.
    """
    blocks = _blocks(path, inspection, skip)
    if blocks is None:
        return None
    found: list[SourceBlock] = []
    try:
        for block in within_bound(blocks):
            found.append(block)  # not `extend`: blocks before a fault are kept
    except FAULTS:
        return found
    return found


def _blocks(path: Path, inspection: Inspection, skip: Iterable[int]) -> Iterator[SourceBlock] | None:
    kind = inspection.kind
    if kind in OFFICE:
        return _office_blocks(path, kind)
    if kind is DocumentKind.EPUB:
        return _archive_blocks(path)
    if kind in TEXTS:
        return TEXTS[kind](_text(path, inspection))
    if kind is DocumentKind.HTML:
        return html_blocks(_text(path, inspection).encode("utf-8", "replace"), "utf-8")
    if kind is DocumentKind.JATS:
        return article_blocks(path.read_bytes())
    if kind is DocumentKind.EMAIL:
        return mail_blocks(path, inspection.encoding)
    return page_blocks(path, skip) if kind is DocumentKind.PDF else None


def _office_blocks(path: Path, kind: DocumentKind) -> Iterator[SourceBlock]:
    with zipfile.ZipFile(path) as archive:
        yield from OFFICE[kind](OfficePackage(archive))


def _archive_blocks(path: Path) -> Iterator[SourceBlock]:
    with zipfile.ZipFile(path) as archive:
        yield from book_blocks(archive)


def _text(path: Path, inspection: Inspection) -> str:
    return path.read_bytes().decode(inspection.encoding or "utf-8", errors="replace").lstrip("\ufeff")
