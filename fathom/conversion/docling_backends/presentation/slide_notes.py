"""Reads the speaker notes of a slide: every box of the notes page, with formats and links.

Docling 2.142.1 reads the first box as plain text; not needed once it reads its runs, and the boxes beside it.
"""

from __future__ import annotations

from typing import Any

from docling_core.types.doc import ContentLayer, DoclingDocument, NodeItem

from fathom.conversion.docling_backends.office.pieces import OfficePiece, add_pieces
from fathom.conversion.docling_backends.presentation.slide_markup import A, P
from fathom.conversion.docling_backends.presentation.slide_paragraphs import body_lines

_CHROME = frozenset({"sldImg", "hdr", "ftr", "dt", "sldNum"})
NoteLines = list[list[OfficePiece]]


def take_notes(slide: Any) -> NoteLines:
    """Removes the paragraphs of the slide's notes and returns them, so that docling does not read them again."""
    if not slide.has_notes_slide:
        return []
    notes = slide.notes_slide
    found: NoteLines = []
    for shape in notes.element.iter(f"{P}sp"):
        place = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
        body = shape.find(f"{P}txBody")
        if body is None or (place is not None and place.get("type", "obj") in _CHROME):
            continue
        found += body_lines(body, notes.part)
        for paragraph in list(body.iterfind(f"{A}p")):
            body.remove(paragraph)
    return found


def add_notes(document: DoclingDocument, notes: NoteLines, parent: NodeItem, prov: Any) -> None:
    """Adds the paragraphs at the end of their slide."""
    for line in notes:
        add_pieces(document, line, parent=parent, layer=ContentLayer.NOTES, prov=prov)
