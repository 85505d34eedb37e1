"""Reads plain text as paragraphs, and code, configuration and logs verbatim."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.text.wrapped_lines import join_wrapped_lines

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument

BLANK = re.compile(r"\n[ \t\f\v]*\n\s*")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# Colours and cursor movements of terminals, in logs and in copied terminal output.
TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
MAX_DETECTED = 4000  # characters used to detect the language of code


def plain_text_document(text: str) -> DoclingDocument:
    """Returns the text's paragraphs, separated by blank lines; wrapped lines are joined."""
    from docling_core.types.doc import DoclingDocument
    from docling_core.types.doc.labels import DocItemLabel

    document = DoclingDocument(name="document")
    for paragraph in BLANK.split(strip_controls(text).replace("\f", "\n\n")):
        if paragraph.strip():
            document.add_text(label=DocItemLabel.TEXT, text=join_wrapped_lines(paragraph.strip("\n")))
    return document


def code_document(text: str) -> DoclingDocument:
    """Returns the text as a single code item: its lines, indentation and blank lines stay."""
    from docling.utils.code_language import detect_code_language
    from docling_core.types.doc import DoclingDocument

    document = DoclingDocument(name="document")
    lines = strip_controls(text).replace("\f", "\n")
    code = "\n".join(line.rstrip() for line in lines.split("\n")).strip("\n")
    if code.strip():
        document.add_code(code, code_language=detect_code_language(code[:MAX_DETECTED]))
    return document


def strip_controls(text: str) -> str:
    """Returns the text with line feeds as its only line ends, and without terminal control sequences."""
    text = TERMINAL.sub("", text.replace("\r\n", "\n"))
    return CONTROL.sub("", text.replace("\r", "\n"))
