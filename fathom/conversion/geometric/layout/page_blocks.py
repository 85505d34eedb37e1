"""Joins the lines of a column to paragraphs, headings and items: a block ends where the typesetting changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from fathom.conversion.geometric.layout.letters.superscripts import script_of
from fathom.conversion.geometric.layout.page_content import Box, PageLine, bounds
from fathom.conversion.geometric.layout.roles.list_items import starts_item

# A line further below the last line than the usual step by this factor begins a new block.
WIDER_STEP = 1.28
INDENT = 0.7
# A line of so many characters may have been broken for its width.
FULL_LINE = 50
MAX_LABEL = 4  # words
LISTED = re.compile(r" \.\.\. (?:[A-Z]-?)?(?:\d{1,4}|[ivxlc]{1,7}|[IVXLC]{1,7})$")
SENTENCE_END = re.compile(r"[.!?:。！？؟]['\"”’»)\]]*$")


class BlockRole(StrEnum):
    """The role of a block on its page."""

    TEXT = "text"
    TITLE = "title"
    HEADING = "section_header"
    ITEM = "list_item"
    CAPTION = "caption"
    FOOTNOTE = "footnote"
    CODE = "code"
    HEADER = "page_header"
    FOOTER = "page_footer"
    TABLE = "table"
    PICTURE = "picture"


@dataclass(slots=True)
class PageBlock:
    """Lines that are read together. `confidence` is how far its role is supported by measurements, 0-1.

    `room`: points from its last line to the right edge of its column; `indented`: its first line is; `boxed`: in an aside.
    """

    lines: list[PageLine]
    role: BlockRole = BlockRole.TEXT
    box: Box | None = None
    confidence: float = 1.0
    table: object = None
    children: list[PageBlock] = field(default_factory=list["PageBlock"])
    gap_above: float = 1e9
    gap_below: float = 1e9
    alone: bool = True
    room: float = 0.0
    indented: bool = False
    boxed: bool = False

    @property
    def bounds(self) -> Box:
        """Where it stands."""
        return self.box if self.box is not None else bounds(self.lines)

    @property
    def size(self) -> float:
        """The size of most of its characters, points."""
        sizes: Counter[float] = Counter()
        for line in self.lines:
            sizes[line.size] += len(line.text)
        return max(sizes, key=lambda size: (sizes[size], size))

    @property
    def text(self) -> str:
        """Its lines, joined by blanks."""
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Column:
    """The left and right edge of a column's text, and for each size the usual step from baseline to baseline."""

    left: float
    right: float
    steps: dict[float, float]


def join_lines(lines: Sequence[PageLine]) -> list[PageBlock]:
    """Returns the blocks of a column's lines, which come from top to bottom."""
    if not lines:
        return []
    column = _Column(*_edges(lines), _usual_steps(lines))
    blocks = [PageBlock([lines[0]])]
    for index, line in enumerate(lines[1:], start=1):
        after = lines[index + 1] if index + 1 < len(lines) else None
        if _begins_block(line, blocks[-1].lines, after, column):
            blocks.append(PageBlock([line]))
        else:
            blocks[-1].lines.append(line)
    _measure_gaps(blocks)
    for block in blocks:
        block.room = column.right - block.lines[-1].r
        block.indented = block.lines[0].l > column.left + INDENT * block.size
    return blocks


def _measure_gaps(blocks: list[PageBlock]) -> None:
    for above, below in pairwise(blocks):
        gap = below.lines[0].t - above.lines[-1].b
        above.gap_below = below.gap_above = gap


def _usual_steps(lines: Sequence[PageLine]) -> dict[float, float]:
    """Returns, for each size, the step from baseline to baseline inside paragraphs."""
    steps: dict[float, Counter[float]] = {}
    for a, b in pairwise(lines):
        step = b.baseline - a.baseline
        size = _rounded(a.size)
        if size == _rounded(b.size) and 0.8 * size < step < 2.6 * size:
            steps.setdefault(size, Counter())[round(step * 2) / 2] += 1
    return {size: _within_paragraphs(counted) for size, counted in steps.items()}


def _within_paragraphs(counted: Counter[float]) -> float:
    """Returns the least of the common steps: wider steps separate paragraphs or items."""
    least = max(2, 0.15 * counted.total())
    common = [step for step, count in counted.items() if count >= least]
    return min(common) if common else min(counted, key=lambda step: (-counted[step], step))


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _edges(lines: Sequence[PageLine]) -> tuple[float, float]:
    """Returns left and right edge of the column's text."""
    lefts = Counter(round(line.l) for line in lines)
    left = min((x for x, n in lefts.items() if n >= max(2, 0.15 * len(lines))), default=min(line.l for line in lines))
    rights = sorted(line.r for line in lines)
    return float(left), rights[int(0.92 * (len(rights) - 1))]


def _begins_block(b: PageLine, block: list[PageLine], after: PageLine | None, column: _Column) -> bool:
    """Returns whether the line begins another block than the block of the lines before it; `after` is the next line."""
    first, a, right = block[0], block[-1], column.right
    if LISTED.search(a.text):  # an entry of a table of contents
        return True
    larger = max(a.size, b.size)
    if abs(a.size - b.size) > 0.09 * larger and not (len(b.text) < 4 or len(a.text) < 4):
        return True
    step = b.baseline - a.baseline
    usual = column.steps.get(_rounded(b.size), 1.25 * b.size)
    if step > WIDER_STEP * usual + 0.6 or step < 0.3 * b.size:
        return True
    if a.bold != b.bold and not _runs_on(a, b, right):
        return True
    if starts_item(b, after) or _starts_note(b):
        return True
    if _starts_term(first) and _starts_term(b) and (_fits(a, b, right) or (_has_label(first) and _has_label(b))):
        return True
    if starts_item(first, None):
        hanging = first.l + 0.4 * b.size
        if len(block) > 1:
            return b.l < block[1].l - 0.6 * b.size
        return b.l < hanging and _ended(a, b, right)
    if _ended(a, b, right):
        return True
    indent = b.l - a.l
    if indent > INDENT * b.size and SENTENCE_END.search(a.text) and b.l < column.left + 6 * b.size:
        return not (len(block) == 1 and after is not None and abs(after.l - b.l) < 1.5)
    # an indented first line after a line that fills the column, as in paragraphs without space between
    return (
        indent > INDENT * b.size
        and indent < 4 * b.size
        and after is not None
        and b.l - after.l > INDENT * b.size
        and abs(after.l - a.l) < 1.5
        and b.text[:1].isupper()
    )


def _starts_note(line: PageLine) -> bool:
    """Returns whether the line begins with a raised mark."""
    words = line.words
    return len(words) > 1 and words[0].size < words[1].size and script_of(words[0], words[1]) > 0


def _runs_on(a: PageLine, b: PageLine, right: float) -> bool:
    """Returns whether the sentence goes over from `a` to `b`: bold words at its beginning or end only."""
    fills = a.r > right - 4 * a.size
    return fills and (b.text[:1].islower() or not SENTENCE_END.search(a.text)) and a.words[0].bold == b.words[0].bold


def _ended(a: PageLine, b: PageLine, right: float) -> bool:
    """Returns whether `a` ends a sentence with so much room to spare that the first word of `b` would have fitted behind it."""
    return bool(SENTENCE_END.search(a.text)) and _fits(a, b, right) and not b.text[:1].islower()


def _fits(a: PageLine, b: PageLine, right: float) -> bool:
    """Returns whether the first word of `b` would have fitted behind `a`."""
    word = b.words[0]
    return a.r + 0.3 * a.size + (word.r - word.l) < right - 0.5 * a.size


def _starts_term(line: PageLine) -> bool:
    """Returns whether the line begins with bold words, as a term does in a list of terms."""
    return line.words[0].bold and not line.bold


def _has_label(line: PageLine) -> bool:
    """Returns whether the bold words that the line begins with end with a colon."""
    bold = [word for word, _ in zip(line.words, range(MAX_LABEL), strict=False) if word.bold]
    return bool(bold) and bold[-1].text.endswith(":")


def broken_on_purpose(block: PageBlock) -> bool:
    """Returns whether each line but the last ends where more would have fitted: an address, a verse, a programme."""
    if len(block.lines) < 2 or any(len(line.text) >= FULL_LINE for line in block.lines):
        return False
    right = block.lines[-1].r + block.room
    return all(_fits(a, b, right) for a, b in pairwise(block.lines))
