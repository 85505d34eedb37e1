"""Tells words whose letters the file does not say from those whose codes are letters all the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from fathom.conversion.geometric.layout.page_content import PageContent, Word
from fathom.conversion.geometric.layout.scans import MIN_UNREADABLE
from fathom.conversion.report import Notice

# A word as people write them, in small letters or with a capital; so many of a page's unmapped characters are in such words.
_WORD = re.compile(r"^[(\"'“‘«]?[A-Z\u00c0-\u00de]?[a-zß-öø-ÿ\u0100-\u017f]+[)\"'”’».,;:!?-]*$")
_VOWEL = re.compile(r"[aeiouyà-æè-ïò-öø-üý]")
_FIGURES = re.compile(r"^[\d.,:%/–-]+$")
LEGIBLE = 0.5
# Of more pages than this a notice does not say which.
MAX_PAGES = 12
# pdfium gives such codes to glyphs that have no letter.
_VOICELESS = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f]")


def unreadable_orders(content: PageContent, unmapped: Collection[int]) -> set[int]:
    """Returns the orders of the content's words among the `unmapped`; none where most of those read like words, or are few."""
    words = [word for word in [*content.words, *content.turned] if word.order in unmapped]
    legible = sum(len(word.text) for word in words if _legible(word.text))
    total = sum(len(word.text) for word in words)
    return set() if legible >= LEGIBLE * total or total < MIN_UNREADABLE else {word.order for word in words}


def voiceless_count(said: str) -> int:
    """Returns how many glyphs of a page's text, as pdfium gives it, stand for no character."""
    return len(_VOICELESS.findall(said))


def _legible(text: str) -> bool:
    return bool(_WORD.match(text) and _VOWEL.search(text)) or bool(_FIGURES.match(text))


def unreadable_notices(pages: Mapping[int, int]) -> list[Notice]:
    """Returns a notice of text that was left out since no letters are known of it; `pages` has the number of words by page."""
    found = {page: count for page, count in sorted(pages.items()) if count}
    if not found:
        return []
    where = _where(list(found))
    message = f"Text on {where} is left out: its font does not say which letters it has, and OCR has not read it."
    return [Notice(kind="unreadable_text", message=message, count=sum(found.values()), where=where)]


def textless_notices(pages: Mapping[int, bool], count: int) -> list[Notice]:
    """Returns a notice of pages without any text that pictures cover, or of all `count` pages where none has text.

    `pages` are those without text, each with whether pictures cover it.
    """
    found = sorted(pages) if len(pages) == count else sorted(page for page, covered in pages.items() if covered)
    if not found:
        return []
    where = _where(found)
    return [Notice(kind="page_without_text", message=f"No text was found on {where}.", count=len(found), where=where)]


def _where(pages: Sequence[int]) -> str:
    if len(pages) == 1:
        return f"page {pages[0]}"
    return f"pages {', '.join(map(str, pages))}" if len(pages) <= MAX_PAGES else f"{len(pages)} pages"


def without_orders(words: Sequence[Word], orders: Collection[int]) -> list[Word]:
    """Returns the words that have none of these orders."""
    return [word for word in words if word.order not in orders]
