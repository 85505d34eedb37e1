"""Reads a paragraph of OpenDocument as pieces, with the marks of its notes and its anchored drawings.

Docling 2.142.1 strips the white space at links, drops notes and text boxes, and knows no ruby and no hidden text; not needed
once it reads these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from docling_core.types.doc.document import Formatting

from fathom.conversion.docling_backends.office.office_notes import NoteMarks, reference
from fathom.conversion.docling_backends.office.pieces import LinkTarget, OfficePiece, link_target, tidy_pieces
from fathom.conversion.docling_backends.opendocument.forms import CONTROL, FIELD_MARK, Forms, field_mark
from fathom.conversion.docling_backends.opendocument.opendocument_markup import (
    DRAW,
    OFFICE,
    PARAGRAPH,
    TEXT,
    XLINK,
    is_true,
    number_of,
)
from fathom.conversion.docling_backends.opendocument.opendocument_styles import Styles

MAX_BLANKS = 1_000
_BLANKS = re.compile(r"[ \t\r\n]+")
_SILENT = frozenset(
    {
        f"{OFFICE}annotation",
        f"{OFFICE}annotation-end",
        f"{TEXT}number",
        f"{TEXT}script",
        f"{TEXT}alphabetical-index-mark",
        f"{TEXT}toc-mark",
        f"{TEXT}user-index-mark",
    }
)
_SHAPES = "custom-shape rect square ellipse circle polygon regular-polygon polyline path line connector measure caption"
_DRAWN = frozenset(f"{DRAW}{name}" for name in ("frame", "g", *_SHAPES.split()))


@dataclass
class OpenDocumentNote:
    """A note: its kind, its mark and its paragraphs."""

    kind: str
    mark: str
    paragraphs: list[Any]


@dataclass
class HiddenCounts:
    """Counts the passages that are not shown."""

    text: int = 0
    sections: int = 0
    deleted: int = 0


@dataclass
class OpenDocumentLine:
    """A paragraph as read: its pieces and its drawings, in order."""

    pieces: list[OfficePiece] = field(default_factory=list[OfficePiece])
    drawings: list[Any] = field(default_factory=list[Any])


class OpenDocumentParagraphReader:
    """Reads the paragraphs of a file; `formula_of` returns the TeX of a drawing that is a formula, else an empty text."""

    def __init__(self, styles: Styles, formula_of: Callable[[Any], str], forms: Forms) -> None:
        self.forms = forms
        self._styles = styles
        self._formula_of = formula_of
        self._marks = NoteMarks()
        self._read: dict[Any, OpenDocumentLine] = {}  # a cache: each read numbers the notes
        self.notes: list[OpenDocumentNote] = []
        self.hidden = HiddenCounts()

    def read(self, paragraph: Any) -> OpenDocumentLine:
        """Returns the paragraph's tidied pieces and its drawings."""
        known = self._read.get(paragraph)
        if known is not None:
            return known
        line = self._read[paragraph] = OpenDocumentLine()
        style = paragraph.get(f"{TEXT}style-name")
        if self._styles.hides("paragraph", style) or self._is_hidden(paragraph):
            self.hidden.text += bool("".join(paragraph.itertext()).strip())
            return line
        around = next(paragraph.iterancestors(f"{DRAW}a"), None)
        link = None if around is None else link_target(around.get(f"{XLINK}href"))
        line.pieces = tidy_pieces(self._content(paragraph, line, self._styles.paragraph_format(style), link))
        return line

    def note_pieces(self, note: OpenDocumentNote) -> list[OfficePiece]:
        """Returns the note's paragraphs as a single line."""
        pieces: list[OfficePiece] = []
        for paragraph in note.paragraphs:
            line = self.read(paragraph).pieces
            pieces += [*([OfficePiece(" ")] if pieces and line else []), *line]
        return pieces

    @staticmethod
    def _is_hidden(paragraph: Any) -> bool:
        return any(is_true(mark, f"{TEXT}is-hidden") for mark in paragraph.iterfind(f".//{TEXT}hidden-paragraph"))

    def _content(
        self, element: Any, line: OpenDocumentLine, formatting: Formatting | None, link: LinkTarget | None
    ) -> Iterator[OfficePiece]:
        if element.text:
            yield OfficePiece(_BLANKS.sub(" ", element.text), formatting, link)
        for child in element:
            if isinstance(child.tag, str):
                yield from self._child(child, line, formatting, link)
            if child.tail:
                yield OfficePiece(_BLANKS.sub(" ", child.tail), formatting, link)

    def _child(
        self, child: Any, line: OpenDocumentLine, formatting: Formatting | None, link: LinkTarget | None
    ) -> Iterator[OfficePiece]:
        tag = child.tag
        if tag == f"{TEXT}s":
            yield OfficePiece(" " * min(number_of(child, f"{TEXT}c"), MAX_BLANKS), formatting, link)
        elif tag == f"{TEXT}tab":
            yield OfficePiece("\t", formatting, link)
        elif tag == f"{TEXT}line-break":
            yield OfficePiece("\n", formatting, link)
        elif tag == f"{TEXT}span":
            name = child.get(f"{TEXT}style-name")
            if self._styles.hides("text", name):
                self.hidden.text += bool("".join(child.itertext()).strip())
            else:
                yield from self._content(child, line, self._styles.text_format(name, formatting), link)
        elif tag == f"{TEXT}a":
            yield from self._content(child, line, formatting, link_target(child.get(f"{XLINK}href")) or link)
        elif tag == f"{TEXT}ruby":
            base, reading = child.find(f"{TEXT}ruby-base"), child.find(f"{TEXT}ruby-text")
            if base is not None:
                yield from self._content(base, line, formatting, link)
            annotation = "".join(reading.itertext()).strip() if reading is not None else ""
            yield OfficePiece(f"({annotation})" if annotation else "", formatting, link)
        elif tag == f"{TEXT}note":
            yield self._note(child)
        elif tag in (CONTROL, FIELD_MARK):
            shown = self.forms.text_of(child) if tag == CONTROL else field_mark(child)
            yield OfficePiece(f" {shown} " if shown and tag == CONTROL else shown, formatting, link)
        elif tag == f"{DRAW}a":
            yield from self._content(child, line, formatting, link)
        elif tag in _DRAWN:
            formula = self._formula_of(child)
            if formula:
                yield OfficePiece(formula, is_formula=True)
            else:
                line.drawings.append(child)
        elif tag in _SILENT or self._is_switched_off(child):
            return
        else:
            yield from self._content(child, line, formatting, link)

    def _is_switched_off(self, field_element: Any) -> bool:
        """Returns whether a field shows nothing: hidden text whose condition holds, an invisible variable assignment."""
        hidden = field_element.tag == f"{TEXT}hidden-text" and is_true(field_element, f"{TEXT}is-hidden")
        if hidden:
            self.hidden.text += 1
        return hidden or field_element.get(f"{TEXT}display") == "none"

    def _note(self, element: Any) -> OfficePiece:
        """Keeps the note for the end of the document, and returns its mark."""
        citation = element.find(f"{TEXT}note-citation")
        body = element.find(f"{TEXT}note-body")
        shown = "".join(citation.itertext()) if citation is not None else ""
        mark = self._marks.take(shown or str(len(self.notes) + 1))
        paragraphs = list(body.iter(PARAGRAPH, f"{TEXT}h")) if body is not None else []
        self.notes.append(OpenDocumentNote(element.get(f"{TEXT}note-class", "footnote"), mark, paragraphs))
        return OfficePiece(reference(mark))


def code_line(element: Any) -> str:
    """Returns the text of a paragraph of code with all blanks."""
    text = _BLANKS.sub(" ", element.text or "")
    for child in element:
        tag = child.tag
        if tag == f"{TEXT}s":
            text += " " * min(number_of(child, f"{TEXT}c"), MAX_BLANKS)
        elif tag == f"{TEXT}tab":
            text += "\t"
        elif tag == f"{TEXT}line-break":
            text += "\n"
        elif isinstance(tag, str) and tag not in _SILENT:
            text += code_line(child)
        text += _BLANKS.sub(" ", child.tail or "")
    return text
