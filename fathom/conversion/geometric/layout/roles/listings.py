"""Recognises listings of programs by their fixed-width font: they keep their lines and indents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median

from fathom.conversion.geometric.layout.page_content import PageLine, Word

FIXED_WIDTH = re.compile(
    r"mono|courier|consol|menlo|typewriter|cmtt|cmvtt|cmsltt|cmitt|tt\d|inconsol|fixed|source ?code|terminal|cousine|"
    r"letter ?gothic|andale|fira ?code|cascadia|hack-|nimbusmon|lmtt|lmmono|\bcode",
    re.I,
)
ADDRESS = re.compile(r"^\S*\{?[\w., -]+\}?\s?@[\w-]+\.\w|^<?(?:https?://|www\.)\S+$")
# Most letters of a listing's line are so; a document of which so many are is typewritten, and has no listings.
MOSTLY = 0.9
TYPEWRITTEN = 0.5
# A letter's width, ems, where no word tells it; blank lines between two lines of a listing at most.
LETTER = 0.6
MAX_BLANK_LINES = 3
MAX_INDENT = 120
APART = 0.5  # ems above and below a listing of a single line


@lru_cache(maxsize=4096)
def is_fixed(font: str) -> bool:
    """Returns whether the font's name is that of a fixed-width font."""
    return bool(FIXED_WIDTH.search(font))


def is_typewritten(words: Iterable[Word]) -> bool:
    """Returns whether most of the text is set in fixed-width fonts."""
    total = fixed = 0
    fonts: dict[str, bool] = {}
    for word in words:
        if word.font not in fonts:
            fonts[word.font] = is_fixed(word.font)
        total += len(word.text)
        fixed += len(word.text) if fonts[word.font] else 0
    return fixed > TYPEWRITTEN * total


def is_code(line: PageLine) -> bool:
    """Returns whether the line is set in a fixed-width font."""
    if not (is_fixed(line.words[0].font) or is_fixed(line.words[-1].font)):
        return False
    letters = sum(len(word.text) for word in line.words)
    return sum(len(word.text) for word in line.words if is_fixed(word.font)) >= MOSTLY * letters


def listings(lines: Sequence[PageLine]) -> list[tuple[int, int]]:
    """Returns (first, last) of each run of lines in a column, from top to bottom, that is a listing."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for index in range(len(lines) + 1):
        code = index < len(lines) and is_code(lines[index])
        far = code and start is not None and index > 0 and _blank_lines(lines[index - 1], lines[index]) > MAX_BLANK_LINES
        if start is not None and (not code or far):
            if not _is_address(lines[start:index]) and (index - start > 1 or _stands_apart(lines, start)):
                runs.append((start, index - 1))
            start = None
        if code and start is None:
            start = index
    return runs


def _is_address(lines: Sequence[PageLine]) -> bool:
    """Returns whether the lines are addresses of mails or pages, which are set in such fonts, too."""
    return 2 * sum(bool(ADDRESS.search(line.text)) for line in lines) >= len(lines)


def _stands_apart(lines: Sequence[PageLine], at: int) -> bool:
    """Returns whether a single line is no part of the paragraph above or below it."""
    line = lines[at]
    above = line.t - lines[at - 1].b if at else 1e9
    below = lines[at + 1].t - line.b if at + 1 < len(lines) else 1e9
    return min(above, below) > APART * line.size and len(line.words) > 1


def _blank_lines(above: PageLine, below: PageLine) -> int:
    return max(0, round((below.baseline - above.baseline) / (1.2 * below.size)) - 1)


def listing_text(lines: Sequence[PageLine]) -> str:
    """Returns the lines as they are set: indents and wide blanks are as many blanks as letters would have room there."""
    widths = [(w.r - w.l) / len(w.text) for line in lines for w in line.words if w.r > w.l]
    letter = median(widths) if widths else LETTER * lines[0].size
    left = min(line.l for line in lines)
    steps = [b.baseline - a.baseline for a, b in pairwise(lines) if b.baseline - a.baseline > 0.5 * b.size]
    usual = min(steps, default=0.0)
    said: list[str] = []
    for index, line in enumerate(lines):
        if index and usual:
            step = line.baseline - lines[index - 1].baseline
            said += [""] * min(MAX_BLANK_LINES, max(0, round(step / usual) - 1))
        text = " " * min(MAX_INDENT, max(0, round((line.l - left) / letter)))
        for number, word in enumerate(line.words):
            gap = word.l - line.words[number - 1].r if number else 0.0
            blanks = min(MAX_INDENT, max(0, round(gap / letter)))
            text += " " * (max(1, blanks) if number and gap > 0.3 * letter else 0) + word.text
        said.append(text)
    return "\n".join(said)
