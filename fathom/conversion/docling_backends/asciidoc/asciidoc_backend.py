"""Docling's AsciiDoc backend with Fathom's parser.

Docling 2.142.1 reads line by line: tables with a cell per line get a row per cell, attributes, links, notes and description
lists stay raw, labels of admonitions are lost; not needed once it parses blocks. No suitable Python parser exists:
asciidoctrine 0.2.0a8 (alpha) takes seconds for a page, asciidoc 10.2.1 (GPL) reads the syntax of before Asciidoctor.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.asciidoc_backend import AsciiDocBackend
from docling.datamodel.backend_options import AsciiDocBackendOptions
from docling_core.types.doc import DoclingDocument, DocumentOrigin

from fathom.conversion.docling_backends.asciidoc.asciidoc_blocks import BlockReader
from fathom.conversion.docling_backends.asciidoc.asciidoc_inline import AsciidocInlineReader
from fathom.conversion.docling_backends.asciidoc.asciidoc_notes import Notes
from fathom.conversion.docling_backends.asciidoc.asciidoc_references import References
from fathom.conversion.docling_backends.asciidoc.attributes import ENTRY, Attributes
from fathom.conversion.docling_backends.asciidoc.cursor import Cursor
from fathom.conversion.docling_backends.asciidoc.preprocessor import preprocess
from fathom.conversion.docling_backends.markup.markup_blocks import MarkupBlock, MarkupHeading, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle, Run
from fathom.conversion.docling_backends.markup.writer import BlockWriter
from fathom.conversion.report import Notice

_TITLE = re.compile(r"^(?:=|#)[ \t]+(\S.*)$")
_AUTHOR = re.compile(r"^([\w.'’-]+(?: [\w.'’-]+){0,2})(?:\s+<([^<>\s]+)>)?$")
_REVISION = re.compile(r"^(?:v?(\d[\w.-]*|\{[\w-]+\}))?(?:,?\s*([^:,]+?))?(?::\s+(.*))?$")


class AsciidocBackend(AsciiDocBackend):
    """AsciiDocBackend that parses the text into blocks as Asciidoctor does."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: AsciiDocBackendOptions | None = None) -> None:
        super().__init__(in_doc, path_or_stream, options)
        self.notices: list[Notice] = []

    def convert(self) -> DoclingDocument:
        """Returns the text as a document; files that it includes are named in `notices`."""
        origin = DocumentOrigin(filename=self.file.name or "file", mimetype="text/asciidoc", binary_hash=self.document_hash)
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        lines, notices = preprocess("\n".join(self.lines))
        self.notices += notices
        attributes, notes = Attributes(), Notes()
        inline = AsciidocInlineReader(attributes, References(lines, Attributes()), notes)
        cursor = Cursor(lines)
        blocks: list[MarkupBlock] = _header(cursor, inline)
        blocks += BlockReader(inline).read(cursor)
        BlockWriter(document).write([*blocks, *notes.due()])
        return document


def _header(cursor: Cursor, inline: AsciidocInlineReader) -> list[MarkupBlock]:
    """Reads the document's title, authors, revision and attributes, up to the first blank line."""
    attributes = inline.attributes
    while (line := cursor.line) is not None and (not line or line.startswith("//") or ENTRY.match(line)):
        if line.startswith("////"):
            cursor.at += 1
            cursor.until(line)
        else:
            attributes.take(line)
            cursor.at += 1
    title = _TITLE.match(cursor.line or "")
    if title is None:
        return _people(attributes, [], "", inline)
    cursor.at += 1
    authors, revision = "", ""
    state = 0  # expected line: 0 authors, 1 revision, 2 attributes only
    while line := cursor.line:
        cursor.at += 1
        if line.startswith("//"):
            continue
        if ENTRY.match(line):
            while line.endswith(" \\") and cursor.line:
                line = line.removesuffix("\\").removesuffix("+ ").rstrip() + " " + cursor.take().strip()
            attributes.take(line)
        elif state == 0 and all(_AUTHOR.match(author.strip()) for author in line.split(";")):
            authors, state = line, 1
        elif state < 2 and _REVISION.match(line):
            revision, state = line, 2
        else:
            cursor.at -= 1
            break
    attributes.set("doctitle", title[1])
    return [
        MarkupHeading(inline.runs(title[1]), 0),
        *_people(attributes, authors.split(";") if authors else [], revision, inline),
    ]


def _people(attributes: Attributes, authors: list[str], revision: str, inline: AsciidocInlineReader) -> list[MarkupBlock]:
    """Returns authors and revision as paragraphs, and sets the attributes that the text may refer to."""
    runs: list[Run] = []
    for number, author in enumerate(authors or ([attributes.get("author")] if attributes.get("author") else [])):
        found = _AUTHOR.match(author.strip())
        name, mail = (found[1].replace("_", " "), found[2] or "") if found is not None else (author.strip(), "")
        mail = mail or (attributes.get("email") if number == 0 else "")
        runs += [Run(", " if runs else ""), *inline.runs(name)]
        if mail:
            runs += [Run(" <"), Run(mail, InlineStyle(link=mail if ":" in mail else f"mailto:{mail}")), Run(">")]
        if number == 0:
            attributes.set("author", name)
            attributes.set("email", mail)
            attributes.set("firstname", name.split()[0])
            attributes.set("lastname", name.split()[-1])
    found = _REVISION.match(attributes.put_in(revision)) if revision else None
    version, date, remark = (found[1] or "", found[2] or "", found[3] or "") if found is not None else ("", "", "")
    for name, value in (("revnumber", version), ("revdate", date), ("revremark", remark)):
        if value:
            attributes.set(name, value.strip())
    version, date, remark = (attributes.get(name) for name in ("revnumber", "revdate", "revremark"))
    parts = [f"Version {version.lstrip('v')}" if version else "", date]
    text = ", ".join(part for part in parts if part) + (f": {remark}" if remark else "")
    return [*([Paragraph(runs)] if runs else []), *([Paragraph(inline.runs(text))] if text else [])]
