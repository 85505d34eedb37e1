"""Adds readers' notes on a page: a paragraph each, after the page's own text, with its author and the words it is on."""

from __future__ import annotations

from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock
from fathom.conversion.geometric.layout.page_content import Box, PageContent, PageNote, Word
from fathom.conversion.geometric.layout.text_lines import make_line

MAX_QUOTE = 200
SIZE = 9.0


def notes_of(content: PageContent) -> list[PageBlock]:
    """Returns the notes of the page from top to bottom."""
    return [_block(note) for note in sorted(content.notes, key=lambda note: (note.t, note.l))]


def _block(note: PageNote) -> PageBlock:
    about = f" on “{note.marked[:MAX_QUOTE]}”" if note.marked else ""
    author = f" by {note.author}" if note.author else ""
    text = f"[Note{author}{about}: {note.text}]"  # in brackets, so that no sentence of the page goes on into it
    line = make_line([Word(text, note.l, note.t, note.r, note.b, SIZE, baseline=note.b)])
    line.text = text
    return PageBlock([line], role=BlockRole.TEXT, box=Box(note.l, note.t, note.r, note.b), confidence=0.9)
