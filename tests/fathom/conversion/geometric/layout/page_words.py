"""Words put on a page by hand."""

from __future__ import annotations

from fathom.conversion.geometric.layout.page_content import Word

WIDTH = 0.5  # of a character, in ems
BLANK = 0.25


def words_at(
    text: str, x: float, baseline: float, size: float = 10.0, *, bold: bool = False, blank: float = BLANK
) -> list[Word]:
    """The text's words from `x` on; `blank` is the width between words in ems."""
    found = []
    for part in text.split():
        width = len(part) * WIDTH * size
        top, bottom = baseline - 0.78 * size, baseline + 0.22 * size
        found.append(Word(part, x, top, x + width, bottom, size, "Any-Bold" if bold else "Any", bold, baseline=bottom))
        x += width + blank * size
    for order, word in enumerate(found):
        word.order = order
    return found


def paragraph_at(lines: list[str], x: float, top: float, size: float = 10.0, step: float = 12.0) -> list[Word]:
    """The lines under each other."""
    return [word for index, line in enumerate(lines) for word in words_at(line, x, top + index * step, size)]
