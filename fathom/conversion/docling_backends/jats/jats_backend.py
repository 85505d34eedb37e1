"""Docling's JATS backend with Fathom's reader.

Docling 2.142.1 cuts titles at their first inline element, joins runs by blanks, and omits terms, table feet, authors
without a contrib-type and floating figures; not needed once its `jats_backend.py` keeps these.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.xml.jats_backend import JatsDocumentBackend
from docling.datamodel.backend_options import JatsBackendOptions
from docling_core.types.doc import DoclingDocument, DocumentOrigin
from lxml import etree

from fathom.conversion.docling_backends.jats.article import ArticleReader
from fathom.conversion.docling_backends.jats.jats_elements import Element, name_of
from fathom.conversion.docling_backends.jats.jats_notes import JatsNoteMarks
from fathom.conversion.docling_backends.markup.writer import BlockWriter
from fathom.conversion.report import Notice
from fathom.errors import NestedTooDeep

MAX_DEPTH = 120
MAX_ENTITY = 200  # characters of an entity that the file declares for itself


class JatsBackend(JatsDocumentBackend):
    """JatsDocumentBackend that reads whole lines; any article is valid, whatever its DTD is called."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: JatsBackendOptions | None = None) -> None:
        super().__init__(in_doc, path_or_stream, options)
        self.valid = True
        self.notices: list[Notice] = []

    def convert(self) -> DoclingDocument:
        """Returns the article as a document. Raises NestedTooDeep beyond MAX_DEPTH nested elements."""
        origin = DocumentOrigin(filename=self.file.name or "file", mimetype="application/xml", binary_hash=self.document_hash)
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        root = self.tree.getroot()
        _refuse_deep(root)
        writer, marks, pictured = BlockWriter(document), None, 0
        for article in _articles(root):
            marks = JatsNoteMarks(article, marks)
            reader = ArticleReader(article, marks, _entities(self.tree))
            writer.write(reader.read())
            pictured += reader.floats.pictured
        if pictured:
            message = "Formulas or tables of the article are pictures, whose words are not read."
            self.notices.append(Notice(kind="formula_as_picture", message=message, count=pictured))
        return document


def _articles(root: Element) -> Iterator[Element]:
    """Yields the article of the file, or the articles in an archive's response."""
    if name_of(root) == "article":
        yield root
        return
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if name_of(element) == "article":
            yield element
        else:
            waiting.extend(reversed(element))


def _refuse_deep(root: Any) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise NestedTooDeep(f"Its elements are nested more than {MAX_DEPTH} deep.")


def _entities(tree: Any) -> dict[str, str]:
    """Returns the short entities that the file declares for itself, without entities in them."""
    declared = tree.docinfo.internalDTD
    if declared is None:
        return {}
    return {
        entity.name: entity.content
        for entity in declared.iterentities()
        if entity.content and len(entity.content) <= MAX_ENTITY and "&" not in entity.content and "<" not in entity.content
    }
