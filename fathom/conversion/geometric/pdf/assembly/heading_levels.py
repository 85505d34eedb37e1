"""Levels of a PDF's headings: from its outline, else from their numbers, else by comparison with numbered headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from docling.models.stages.heading_hierarchy.heading_hierarchy_model import (
    HeadingHierarchyModel,
    _cluster_sizes,
    _heading_style,
    _infer_from_bookmarks,
    _infer_from_numbering,
)

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument

# A word that numbers a heading where a number follows it, and else is a word like any other: "Chapter 2", "Schedule of fees".
_KIND = re.compile(r"^(?:part|title|book|chapter|article|section|clause|schedule|annex|appendix|rule)\b", re.I)
_WITH_NUMBER = re.compile(r"^\w+\s+(?:\d+|[A-Z]|[IVXLC]+|[ivxlc]+|[a-z](?=[.):]))(?:[.)\]:\s–—-]|\.\d|$)")
# How prominent a heading is set, most prominent first: size, weight, upright or not, capitals or not.
HeadingStyle = tuple[int, int, bool, bool]


class HeadingLevels(HeadingHierarchyModel):
    """Docling's levels of headings, corrected where words are taken for numbers, and where only some headings have a number."""

    def assign_heading_levels(
        self, document: DoclingDocument, parsed_pages: Any = None, outline: Any = None
    ) -> DoclingDocument:
        """Assigns every heading of the document its level; headings that the outline names get the outline's level."""
        from docling_core.types.doc.document import SectionHeaderItem

        outlined = _infer_from_bookmarks(document, outline, self.options) if outline else {}
        headings = [item for item in document.texts if isinstance(item, SectionHeaderItem)]
        found = levels_of([heading.text for heading in headings], self._looks(headings, parsed_pages or {}), self._numbered)
        for heading, level in zip(headings, found, strict=True):
            heading.level = max(1, min(outlined.get(id(heading), level), self.options.max_level))
        return document

    def _looks(self, headings: Sequence[Any], pages: Any) -> list[HeadingStyle | None]:
        styles = [_heading_style(heading, pages, self.options) for heading in headings]
        clusters = _cluster_sizes({style.size for style in styles if style}, self.options.style_size_tolerance)
        return [style and (clusters[style.size], -style.weight_cls, style.italic, not style.caps) for style in styles]

    def _numbered(self, texts: Sequence[str]) -> dict[int, int]:
        from docling_core.types.doc.document import SectionHeaderItem

        said = [(at, text) for at, text in enumerate(texts) if not _KIND.match(text) or _WITH_NUMBER.match(text)]
        items = [SectionHeaderItem(self_ref=f"#/texts/{at}", orig=text, text=text) for at, text in said]
        return {said[index][0]: level for index, level in _infer_from_numbering(items, self.options).items()}


def levels_of(texts: Sequence[str], looks: Sequence[HeadingStyle | None], numbered_by: Any) -> list[int]:
    """Returns a level for each heading, from 1: by its number; without a number, by comparing its look with numbered looks.

    Where no heading has a number, each look is a level, the most prominent the first.
    """
    numbered: Mapping[int, int] = numbered_by(texts)
    seen = sorted({look for look in looks if look is not None})
    if not numbered:
        return [seen.index(look) + 1 if look is not None else 1 for look in looks]
    counted: dict[HeadingStyle, Counter[int]] = {}
    for at, level in numbered.items():
        if (look := looks[at]) is not None:
            counted.setdefault(look, Counter())[level] += 1
    usual = {look: min(levels, key=lambda level: (-levels[level], level)) for look, levels in counted.items()}
    return [numbered.get(at) or _beside(look, usual) for at, look in enumerate(looks)]


def _beside(look: HeadingStyle | None, usual: Mapping[HeadingStyle, int]) -> int:
    """Returns the level of the numbered headings that look the same; else of the next less prominent; else below them all."""
    if look is None or not usual:
        return 1
    below = [level for other, level in sorted(usual.items()) if other >= look]
    return below[0] if below else max(usual.values()) + 1
