"""Reads plain text as paragraphs, and code, configuration and logs as they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.text.wrapped_lines import joined_lines

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument

BLANK = re.compile(r"\n[ \t\f\v]*\n\s*")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# Colours and cursor movements of terminals, in logs and in what was copied from them.
TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
MAX_DETECTED = 4000  # characters that the language of code is told by


def plain_text_document(text: str) -> DoclingDocument:
    """Returns the text's paragraphs, which blank lines part, in order; lines broken for their width are joined."""
    from docling_core.types.doc import DoclingDocument
    from docling_core.types.doc.labels import DocItemLabel

    document = DoclingDocument(name="document")
    for paragraph in BLANK.split(without_controls(text).replace("\f", "\n\n")):
        if paragraph.strip():
            document.add_text(label=DocItemLabel.TEXT, text=joined_lines(paragraph.strip("\n")))
    return document


def code_document(text: str) -> DoclingDocument:
    """Returns the text as one piece of code: its lines, indentation and blank lines stay."""
    from docling.utils.code_language import detect_code_language
    from docling_core.types.doc import DoclingDocument

    document = DoclingDocument(name="document")
    lines = without_controls(text).replace("\f", "\n")
    code = "\n".join(line.rstrip() for line in lines.split("\n")).strip("\n")
    if code.strip():
        document.add_code(code, code_language=detect_code_language(code[:MAX_DETECTED]))
    return document


def without_controls(text: str) -> str:
    """Returns the text with line feeds as its only line ends, and without what only a terminal understands."""
    text = TERMINAL.sub("", text.replace("\r\n", "\n"))
    return CONTROL.sub("", text.replace("\r", "\n"))
