"""Headings the document's own outline names: a block that says what an entry says on its page heads what follows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock

_LEADING_NUMBER = re.compile(r"^\s*(?:(?:chapter|section|part|appendix)\s+)?(?:\d+(?:\.\d+)*|[ivxlc]+|[a-z])[.):]?\s+", re.I)
MOST_LINES = 4


def title_key(text: str) -> str:
    """The letters and figures of a title, by which it is known again; empty where it has none."""
    return "".join(character for character in text.casefold() if character.isalnum())


def title_keys(titles: Iterable[str]) -> frozenset[str]:
    """The keys of the titles, with and without their numbers."""
    found = {key for title in titles for key in (title_key(title), title_key(_LEADING_NUMBER.sub("", title)))}
    return frozenset(key for key in found if len(key) > 1)


def mark_outlined(blocks: Iterable[PageBlock], titles: Collection[str]) -> None:
    """Paragraphs and items that say what one of the titles' keys says are headings; Docling gives them the outline's level."""
    if not titles:
        return
    for block in blocks:
        if block.role in {BlockRole.TEXT, BlockRole.ITEM} and len(block.lines) <= MOST_LINES:
            said = block.text
            if title_key(said) in titles or title_key(_LEADING_NUMBER.sub("", said)) in titles:
                block.role, block.confidence = BlockRole.HEADING, 0.98
