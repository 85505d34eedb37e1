"""Running headers, footers and page numbers: what the margins of a document's pages repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from fathom.conversion.layout.blocks import Block, Role
from fathom.conversion.layout.content import DocumentStyle, Line, PageContent, body_size
from fathom.conversion.layout.lines import join_words

# Running texts stand in these shares of the page's height, at its top and its bottom.
MARGIN = 0.13
EDGE = 0.09
BAND = 12.0
DIGITS = re.compile(r"\d+")
PAGE_NUMBER = re.compile(
    r"^(?:[-–—|\s]*(?:(?:page|seite|p\.|pg\.?)\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von|de|sur|\|)\s*\d{1,4})?[-–—|\s]*)$",
    re.I,
)


def document_style(pages: Sequence[PageContent]) -> DocumentStyle:
    """The style of a document, from some of its pages (neighbours, if not all)."""
    words = [word for page in pages for word in page.words]
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        keys = set()
        for line in join_words([w for w in page.words if in_margin(w.t, w.b, page.height)]):
            keys.add(furniture_key(line, page.height))
        seen.update(keys)
    needed = 2 if len(pages) < 12 else 3
    again = frozenset(key for key, count in seen.items() if count >= needed and len(key[0]) > 1)
    return DocumentStyle(body_size(words), again if len(pages) > 1 else frozenset())


def in_margin(top: float, bottom: float, height: float) -> bool:
    """The span lies in the top or bottom margin of a page of that height."""
    return bottom < MARGIN * height or top > (1 - MARGIN) * height


def furniture_key(line: Line, height: float) -> tuple[str, int]:
    """What is the same on every page that repeats the line: its text without numbers, and how high it stands."""
    return DIGITS.sub("#", line.text.casefold()).strip(), round(min(line.t, height - line.b) / BAND)


def take_furniture(lines: Sequence[Line], page: PageContent, style: DocumentStyle) -> tuple[list[Block], list[Line]]:
    """(running headers and footers, all other lines)."""
    taken: list[Block] = []
    left: list[Line] = []
    margin = [line for line in lines if in_margin(line.t, line.b, page.height)]
    top = min((line.t for line in lines), default=0.0)
    bottom = max((line.b for line in lines), default=page.height)
    for line in lines:
        repeated = line in margin and _repeated(line, page.height, style)
        outermost = line.t <= top + line.height or line.b >= bottom - line.height
        number = (
            outermost and PAGE_NUMBER.match(line.text) and (line.b < EDGE * page.height or line.t > (1 - EDGE) * page.height)
        )
        if repeated or number:
            role = Role.HEADER if line.b < page.height / 2 else Role.FOOTER
            taken.append(Block([line], role=role, confidence=0.95 if repeated else 0.8))
        else:
            left.append(line)
    return taken, left


def _repeated(line: Line, height: float, style: DocumentStyle) -> bool:
    text, band = furniture_key(line, height)
    return any((text, near) in style.furniture for near in (band - 1, band, band + 1))
