"""Running headers, footers and page numbers: what the margins of a document's pages repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from fathom.conversion.layout.blocks import Block, Role
from fathom.conversion.layout.content import DocumentStyle, Line, PageContent, body_size
from fathom.conversion.layout.lines import join_words
from fathom.conversion.layout.paragraph_text import known_words

# Running texts are among the first and last so many rows, within this share of the page's height from its edges;
# a number there that nothing repeats must stand nearer to the edge.
ROWS = 2
ZONE = 0.2
EDGE = 0.1
BAND = 12.0
DIGITS = re.compile(r"\d+")
# A value of a table may come back on every page, too; a running header says something.
NAMES_SOMETHING = re.compile(r"[^\W\d_].*[^\W\d_].*[^\W\d_]|[\u2e80-\u9fff\uac00-\ud7af]{2}|^[^\w#]*#[^\w#]*$")
PAGE_NUMBER = re.compile(
    r"^(?:[-–—|\s]*(?:(?:page|seite|p\.|pg\.?)\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von|de|sur|\|)\s*\d{1,4})?[-–—|\s]*)$",
    re.I,
)


def document_style(pages: Sequence[PageContent]) -> DocumentStyle:
    """The style of a document, from some of its pages (neighbours, if not all)."""
    words = [word for page in pages for word in page.words]
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        lines = join_words([w for w in page.words if w.b < ZONE * page.height or w.t > (1 - ZONE) * page.height])
        seen.update({furniture_key(line, page.height) for line in _outermost(lines, page.height)})
    needed = 2 if len(pages) < 12 else 3
    again = frozenset(key for key, count in seen.items() if count >= needed and NAMES_SOMETHING.search(key[0]))
    return DocumentStyle(body_size(words), again if len(pages) > 1 else frozenset(), known_words(words))


def furniture_key(line: Line, height: float) -> tuple[str, int]:
    """What is the same on every page that repeats the line: its text without numbers, and how high it stands."""
    return DIGITS.sub("#", line.text.casefold()).strip(), round(min(line.t, height - line.b) / BAND)


def take_furniture(lines: Sequence[Line], page: PageContent, style: DocumentStyle) -> tuple[list[Block], list[Line]]:
    """(running headers and footers, all other lines)."""
    taken: list[Block] = []
    left: list[Line] = []
    outermost = {id(line) for line in _outermost(lines, page.height)}
    candidates = [line for line in lines if id(line) in outermost]
    numbers = [line for line in candidates if _at_edge(line, page.height) and PAGE_NUMBER.match(line.text)]
    for line in lines:
        repeated = id(line) in outermost and _repeated(line, page.height, style)
        if repeated or (id(line) in outermost and _with_number(line, numbers)):
            role = Role.HEADER if line.b < page.height / 2 else Role.FOOTER
            taken.append(Block([line], role=role, confidence=0.95 if repeated else 0.8))
        else:
            left.append(line)
    return taken, left


def _outermost(lines: Sequence[Line], height: float) -> list[Line]:
    """The lines of the first rows and of the last rows, where these stand near the edges of the page."""
    top = [line for line in sorted(lines, key=lambda line: line.t) if line.b < ZONE * height]
    bottom = [line for line in sorted(lines, key=lambda line: -line.b) if line.t > (1 - ZONE) * height]
    return _rows(top) + _rows(bottom)


def _rows(ordered: Sequence[Line]) -> list[Line]:
    """The lines of the first ROWS rows."""
    found: list[Line] = []
    rows = 0
    for line in ordered:
        if not found or abs(line.baseline - found[-1].baseline) > 0.5 * line.size:
            rows += 1
        if rows > ROWS:
            break
        found.append(line)
    return found


def _at_edge(line: Line, height: float) -> bool:
    return line.b < EDGE * height or line.t > (1 - EDGE) * height


def _with_number(line: Line, numbers: Sequence[Line]) -> bool:
    """It is a page number, or stands on a baseline with one."""
    return any(line is number or abs(line.baseline - number.baseline) < 0.3 * line.size for number in numbers)


def _repeated(line: Line, height: float, style: DocumentStyle) -> bool:
    text, band = furniture_key(line, height)
    return any((text, near) in style.furniture for near in (band - 1, band, band + 1))
