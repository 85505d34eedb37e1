"""A plain text as a document: what blank lines part are its paragraphs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument

BLANK = re.compile(r"\n[ \t\f\v]*\n\s*")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def plain_text_document(path: Path, encoding: str) -> DoclingDocument:
    """The text's paragraphs in their order, line breaks inside them kept."""
    from docling_core.types.doc import DoclingDocument
    from docling_core.types.doc.labels import DocItemLabel

    text = path.read_bytes().decode(encoding, errors="replace").lstrip("\ufeff")
    text = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\f", "\n\n")
    document = DoclingDocument(name="document")
    for paragraph in BLANK.split(text):
        if paragraph.strip():
            document.add_text(label=DocItemLabel.TEXT, text=paragraph.strip("\n"))
    return document
