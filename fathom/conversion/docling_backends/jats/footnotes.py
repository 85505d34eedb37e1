"""Reads the notes of an article: those in groups, below tables, and those within a line."""

from __future__ import annotations

from fathom.conversion.docling_backends.jats.jats_elements import Element, children, name_of
from fathom.conversion.docling_backends.jats.jats_lines import LineReader
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, MarkupBlock
from fathom.conversion.docling_backends.markup.markup_inline import Run, tidy


def footnote(note: Element, lines: LineReader) -> Footnote:
    """Returns the note with its mark, its paragraphs joined into a line."""
    runs = [Run(note.text or "")]
    for part in children(note):
        if name_of(part) != "label":
            runs += [Run(" "), *lines.runs(part), Run(part.tail or "")]
    return Footnote(tidy(runs), lines.marks.mark_of(note))


def notes_below_table(foot: Element, lines: LineReader) -> list[Footnote]:
    """Returns the notes of a `table-wrap-foot`; its plain paragraphs are notes without a mark."""
    found: list[Footnote] = []
    if (foot.text or "").strip():
        found.append(Footnote([Run(foot.text)]))
    for part in children(foot):
        if name_of(part) in ("fn-group", "def-list"):
            found += [footnote(inner, lines) for inner in children(part, "fn", "def-item")]
        elif name_of(part) == "fn":
            found.append(footnote(part, lines))
        else:
            found.append(Footnote(lines.runs(part)))
    return found


def inline_notes(lines: LineReader) -> list[MarkupBlock]:
    """Returns the inline notes since the last call."""
    due, lines.marks.inline = lines.marks.inline, []
    return [Footnote(footnote(note, lines).runs, mark) for mark, note in due]
