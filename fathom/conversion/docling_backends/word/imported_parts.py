"""Reads the parts of a Word document that are documents of their own (altChunk): Word files, HTML, saved pages, plain text.

Docling 2.142.1 skips them; not needed once it reads them.
"""

from __future__ import annotations

import codecs
import email
import zipfile
from email import policy
from io import BytesIO
from typing import Any

from docling.datamodel.backend_options import MsWordBackendOptions
from docling.datamodel.base_models import InputFormat
from docling.datamodel.document import InputDocument
from docling_core.types.doc import DoclingDocument, NodeItem

from fathom.conversion.docling_backends.html.page import read_page, write_page
from fathom.conversion.docling_backends.markdown.html_fragment import merge
from fathom.conversion.docling_backends.text.plain_text import plain_text_document
from fathom.conversion.docling_backends.word.word_markup import IMPORTED, P, R, W, remove
from fathom.conversion.email.body_parts import content_of
from fathom.conversion.engines.docling_formats import html_text
from fathom.conversion.inspection.archives import ZIP_FAULTS, refuse_bomb
from fathom.conversion.report import Notice
from fathom.errors import ArchiveBomb

MAX_DEPTH = 3
MAX_PARTS = 100
_HTML, _XHTML, _TEXT = "text/html", "application/xhtml+xml", "text/plain"
_MAILS = frozenset({"message/rfc822", "multipart/related"})
_WORD_OR_SLIDES = b"PK\x03\x04"
_RTF = b"{\\rtf"


class ImportedParts:
    """The parts of a document that are documents themselves (altChunk); nested parts share its limits."""

    def __init__(self, backend: type[Any], depth: int = 0) -> None:
        self._backend = backend
        self._depth = depth
        self._left = [MAX_PARTS]
        self._untaken: list[str] = []
        self._notices: list[Notice] = []

    def within(self, other: ImportedParts) -> None:
        """Makes the parts nested in a part of another document."""
        self._depth, self._left = other._depth + 1, other._left

    @property
    def notices(self) -> list[Notice]:
        """Notices of content omitted from the parts, and of parts not taken, by name."""
        if not self._untaken:
            return self._notices
        message = f"Parts that are documents of their own were not taken: {', '.join(self._untaken[:10])}."
        return [*self._notices, Notice(kind="part_not_taken", message=message, count=len(self._untaken))]

    def add(self, relation: Any | None, document: DoclingDocument, parent: NodeItem) -> list[Any]:
        """Appends the content of the part to `parent`; returns the references of the added items."""
        if relation is None or relation.is_external:
            self._untaken.append("a part that is not in the file")
            return []
        part = relation.target_part
        first = len(parent.children)
        made = self._read(part.blob, part.content_type)
        if made is None:
            self._untaken.append(str(part.partname).rpartition("/")[2])
        else:
            merge(made, document, parent)
        return list(parent.children[first:])

    def _read(self, blob: bytes, kind: str) -> DoclingDocument | None:
        self._left[0] -= 1
        kind = kind.partition(";")[0].strip().lower()
        if self._left[0] < 0 or self._depth >= MAX_DEPTH or blob.lstrip()[:5] == _RTF:
            return None
        if blob[:4] == _WORD_OR_SLIDES:
            return self._word(blob)
        if kind in _MAILS or blob[:13].lower() == b"mime-version:":
            return self._mail(blob)
        text = _decode(blob)
        if kind in (_HTML, _XHTML) or "<html" in text[:2000].lower():
            made = DoclingDocument(name="part")
            page = read_page(html_text(blob, "utf-8" if text.isascii() else _codec(blob)))
            write_page(page, made)
            self._notices += page.notices
            return made
        return plain_text_document(text) if kind == _TEXT else None

    def _word(self, blob: bytes) -> DoclingDocument | None:
        try:
            with zipfile.ZipFile(BytesIO(blob)) as archive:
                refuse_bomb(archive.infolist(), len(blob))
                if not any(name.startswith("word/") for name in archive.namelist()):
                    return None
        except (ArchiveBomb, *ZIP_FAULTS):
            return None
        source = InputDocument(
            path_or_stream=BytesIO(blob),
            format=InputFormat.DOCX,
            backend=self._backend,
            filename="part.docx",
            backend_options=MsWordBackendOptions(),
        )
        if not source.valid:
            return None
        reader: Any = source._backend
        reader.imported.within(self)
        made: DoclingDocument = reader.convert()
        self._notices += reader.notices
        return made

    def _mail(self, blob: bytes) -> DoclingDocument:
        made = DoclingDocument(name="part")
        for part in content_of(email.message_from_bytes(blob, policy=policy.compat32)).parts:
            if part.kind == "html":
                write_page(part.page, made)
                self._notices += part.page.notices
            elif part.kind == "plain":
                merge(plain_text_document("\n\n".join(part.paragraphs)), made, made.body)
        return made


def insert_part_markers(root: Any) -> None:
    """Replaces each part by a paragraph that names it, since docling skips other elements."""
    for chunk in list(root.iter(f"{W}altChunk")):
        paragraph = chunk.makeelement(P, nsmap=None)
        paragraph.set(IMPORTED, chunk.get(f"{R}id", ""))
        chunk.addprevious(paragraph)
        remove(chunk)


def _codec(blob: bytes) -> str:
    if blob.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        blob.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _decode(blob: bytes) -> str:
    return blob.decode(_codec(blob), errors="replace")
