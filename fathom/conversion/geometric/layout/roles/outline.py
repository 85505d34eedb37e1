"""Recognises headings by the document's own outline: a block with the text of an entry for its page is a heading."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock

_LEADING_NUMBER = re.compile(r"^\s*(?:(?:chapter|section|part|appendix)\s+)?(?:\d+(?:\.\d+)*|[ivxlc]+|[a-z])[.):]?\s+", re.I)
MAX_LINES = 4


def title_key(text: str) -> str:
    """Returns the letters and figures of a title, by which it is known again; empty where it has none."""
    return "".join(character for character in text.casefold() if character.isalnum())


def title_keys(titles: Iterable[str]) -> frozenset[str]:
    """Returns the keys of the titles, with and without their numbers."""
    found = {key for title in titles for key in (title_key(title), title_key(_LEADING_NUMBER.sub("", title)))}
    return frozenset(key for key in found if len(key) > 1)


def mark_outlined(blocks: Iterable[PageBlock], titles: Collection[str]) -> None:
    """Makes headings of paragraphs and items whose text has a title's key; Docling gives them the outline's level."""
    if not titles:
        return
    for block in blocks:
        if block.role in {BlockRole.TEXT, BlockRole.ITEM} and len(block.lines) <= MAX_LINES:
            said = block.text
            if title_key(said) in titles or title_key(_LEADING_NUMBER.sub("", said)) in titles:
                block.role, block.confidence = BlockRole.HEADING, 0.98
