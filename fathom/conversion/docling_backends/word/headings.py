"""Tells by outline levels which paragraphs are headings: their own level, that of their style or of one it is based on.

Docling 2.142.1 reads the level of the style alone, and takes whole clauses of contracts for headings; not needed once it
reads that of the paragraph, and looks at its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.word.word_markup import PARAGRAPH_PROPERTIES, W, value_of
from fathom.conversion.docling_backends.word.word_numbering import LEVELS

MAX_HEADING = 200  # characters of a paragraph that only its outline level makes a heading
_HEADING = "Heading"


def styles_of(style: Any) -> Iterator[Any]:
    """Yields the style and those it is based on."""
    for _ in range(LEVELS):
        if style is None:
            return
        yield style
        style = style.base_style


def by_outline(paragraph: Any, style: Any, label: str, level: int | None) -> tuple[str, int | None]:
    """Returns docling's label and level, corrected by the outline level of the paragraph and by its length."""
    outline = value_of(paragraph._p, f"{PARAGRAPH_PROPERTIES}/{W}outlineLvl")
    at = whole_number(outline, LEVELS)
    if label != _HEADING and at < LEVELS and not _is_indented(paragraph) and len(paragraph.text) <= MAX_HEADING:
        return _HEADING, at + 1
    is_named = label != _HEADING or any("heading" in name.casefold() for name in _names(style))
    if not is_named and len(paragraph.text) > MAX_HEADING:
        return "Normal", None  # a clause of a contract that the outline lists
    return label, level


def _is_indented(paragraph: Any) -> bool:
    """Tells whether the paragraph is set in from the left by hand, as an outline that was pasted from another program is."""
    indent = paragraph._p.find(f"{PARAGRAPH_PROPERTIES}/{W}ind")
    left = None if indent is None else indent.get(f"{W}left") or indent.get(f"{W}start")
    return whole_number(left, 0) > 0


def _names(style: Any) -> Iterator[str]:
    return (str(name) for at in styles_of(style) for name in (at.name, at.style_id) if name)
