"""Writes the marks of foot- and endnotes into the text of a Word document, and finds the notes in order of their marks.

Docling 2.142.1 treats notes as furniture and drops their marks; not needed once it keeps both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE

from fathom.conversion.docling_backends.office.office_notes import NoteMarks, reference, symbol_mark
from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.word.word_markup import (
    RUN,
    RUN_PROPERTIES,
    TEXT,
    VAL,
    W,
    content_of,
    remove,
    text_element,
    tree_of,
)
from fathom.conversion.docling_backends.word.word_numbering import note_mark

KINDS = {"footnote": (RELATIONSHIP_TYPE.FOOTNOTES, "decimal"), "endnote": (RELATIONSHIP_TYPE.ENDNOTES, "lowerRoman")}
MAX_MARK = 5
_SEPARATORS = frozenset({"separator", "continuationSeparator", "continuationNotice"})


@dataclass
class WordNote:
    """A note of the document: its mark, its element and the part with its relationships."""

    mark: str
    element: Any
    part: Any


class WordNotes:
    """The foot- and endnotes of a document, found when their marks are written into its text."""

    def __init__(self, part: Any, settings: Any | None) -> None:
        self._marks = NoteMarks()
        self._found: dict[str, list[WordNote]] = {kind: [] for kind in KINDS}
        self._elements = {kind: _notes(part, *KINDS[kind][:1], kind) for kind in KINDS}
        self._formats = {kind: _numbering(kind, settings, part.element) for kind in KINDS}
        self._counts = dict.fromkeys(KINDS, 0)

    @property
    def roots(self) -> list[Any]:
        """The trees of the parts with the notes."""
        return [root for root, _, _ in filter(None, self._elements.values())]

    @property
    def found(self) -> list[WordNote]:
        """The notes that have a mark in the text, footnotes before endnotes."""
        return [note for kind in KINDS for note in self._found[kind]]

    def put_marks(self, root: Any) -> None:
        """Writes the mark of each note at its references."""
        for place in list(root.iter(f"{W}footnoteReference", f"{W}endnoteReference")):
            kind = "footnote" if place.tag == f"{W}footnoteReference" else "endnote"
            of_kind = self._elements[kind]
            element = of_kind[2].get(place.get(f"{W}id", "")) if of_kind is not None else None
            run = place.getparent()
            if element is None or of_kind is None or run is None or run.tag != RUN:
                continue
            shown = _custom_mark(place) if is_on_attribute(place, "customMarkFollows") else None
            if shown is None:
                first, form = self._formats[kind]
                number = first + self._counts[kind]
                self._counts[kind] += 1
                shown = symbol_mark(number) if form == "chicago" else note_mark(number, form)
            mark = self._marks.take(shown)
            self._found[kind].append(WordNote(mark, element, of_kind[1]))
            _write(place, run, reference(mark))


def is_on_attribute(element: Any, name: str) -> bool:
    """Returns whether the element's attribute is a true value."""
    return element.get(f"{W}{name}", "0").lower() in ("1", "true", "on")


def _notes(part: Any, relation: str, kind: str) -> tuple[Any, Any, dict[str, Any]] | None:
    """Returns (tree, part, notes by id) of the part that holds the notes of this kind."""
    for found in part.rels.values():
        if found.reltype == relation and not found.is_external:
            root = tree_of(found.target_part)
            if root is None:
                continue
            notes = {
                note.get(f"{W}id", ""): note for note in root.iterfind(f"{W}{kind}") if note.get(f"{W}type") not in _SEPARATORS
            }
            return root, found.target_part, notes
    return None


def _numbering(kind: str, settings: Any | None, document: Any) -> tuple[int, str]:
    """Returns (first number, format) of the notes, from the first section that sets them, else from the settings."""
    first, form = 1, KINDS[kind][1]
    sections = list(document.iter(f"{W}sectPr"))
    for holder in [*([settings] if settings is not None else []), *sections[:1]]:
        properties = holder.find(f"{W}{kind}Pr")
        if properties is None:
            continue
        said_form, said_start = properties.find(f"{W}numFmt"), properties.find(f"{W}numStart")
        form = form if said_form is None else said_form.get(VAL, form)
        start = "" if said_start is None else said_start.get(VAL, "")
        first = whole_number(start, first)
    return first, form


def _custom_mark(place: Any) -> str | None:
    """Removes the custom mark, the text behind the reference, and returns it."""
    texts = list(place.itersiblings(TEXT))
    if not texts:
        run = place.getparent().getnext()
        texts = list(run.iter(TEXT)) if run is not None and run.tag == RUN else []
    mark = "".join(text.text or "" for text in texts)
    if not mark.strip() or len(mark.strip()) > MAX_MARK:
        return None
    for text in texts:
        remove(text)
    return mark.strip()


def _write(place: Any, run: Any, text: str) -> None:
    """Replaces the reference by a run of its own, without the superscript format of the mark."""
    after = run.makeelement(RUN, attrib=dict(run.attrib), nsmap=None)
    properties = run.find(RUN_PROPERTIES)
    if properties is not None:
        after.append(properties.__copy__())
    for child in list(place.itersiblings()):
        after.append(child)
    marked = run.makeelement(RUN, nsmap=None)
    marked.append(text_element(run, text))
    remove(place)
    if any(True for _ in content_of(after)):
        run.addnext(after)
    run.addnext(marked)
    if not any(True for _ in content_of(run)):
        remove(run)
