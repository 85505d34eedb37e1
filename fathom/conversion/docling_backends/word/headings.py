"""Finds headings by outline level: that of the paragraph, of its style or of a base style.

Docling 2.142.1 reads the level of the style alone, and takes whole clauses of contracts for headings; not needed once it
reads the paragraph's own level and checks its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.word.word_markup import PARAGRAPH_PROPERTIES, W, value_of
from fathom.conversion.docling_backends.word.word_numbering import LEVELS

MAX_HEADING = 200  # characters of a paragraph that is a heading only by outline level
_HEADING = "Heading"


def styles_of(style: Any) -> Iterator[Any]:
    """Yields the style and its base styles."""
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
        return "Normal", None  # a clause of a contract with an outline level
    return label, level


def _is_indented(paragraph: Any) -> bool:
    """Returns whether the paragraph has a direct left indent, as in outlines pasted from another program."""
    indent = paragraph._p.find(f"{PARAGRAPH_PROPERTIES}/{W}ind")
    left = None if indent is None else indent.get(f"{W}left") or indent.get(f"{W}start")
    return whole_number(left, 0) > 0


def _names(style: Any) -> Iterator[str]:
    return (str(name) for at in styles_of(style) for name in (at.name, at.style_id) if name)
