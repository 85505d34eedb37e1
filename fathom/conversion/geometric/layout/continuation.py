"""Joins text that goes on elsewhere: below an interruption, in the next column, on the next page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from fathom.conversion.geometric.layout.page_blocks import SENTENCE_END, BlockRole, PageBlock
from fathom.conversion.geometric.layout.text_lines import MARKER

ALIKE = 0.06
MOSTLY = 0.6
BLANK = 0.6  # between two words, ems
BEGINS = re.compile(r"^[\"'“‘«(\[]?[^\W\d_]")
BEGINS_SMALL = re.compile(r"^[\"'“‘«(\[]?[a-zß-öø-ÿ]")
DIVIDED = re.compile(r"[^\W\d_][-\u2010\u00ad]$")


def join_columns(columns: Sequence[list[PageBlock]]) -> list[PageBlock]:
    """Returns the blocks of all columns, joining a block to the end of another column's block that it continues."""
    found: list[PageBlock] = []
    ends: list[PageBlock] = []  # the last block of each column
    for column in columns:
        rest = column
        above = next((end for end in reversed(ends) if column and _right_below(end, column[0])), None)
        if above is not None:
            above.lines += column[0].lines
            above.room = column[0].room
            rest = column[1:]
        found += rest
        if rest:
            ends.append(rest[-1])
    return found


def _right_below(above: PageBlock, below: PageBlock) -> bool:
    if above.role is not BlockRole.TEXT or below.role is not BlockRole.TEXT or above.boxed or below.boxed:
        return False
    a, b = above.lines[-1], below.lines[0]
    if abs(a.size - b.size) > ALIKE * a.size or a.bold != b.bold:
        return False
    steps = [lower.baseline - upper.baseline for lines in (above.lines, below.lines) for upper, lower in pairwise(lines)]
    usual = median(steps) if steps else 1.3 * a.size
    step = b.baseline - a.baseline
    if not 0.8 * usual < step < 1.2 * usual + 0.5:
        return False
    left = above.lines[1].l if len(above.lines) > 1 else a.l
    hanging = len(above.lines) == 1 and 0 <= left - b.l < 4 * a.size
    return (abs(left - b.l) < 0.3 * a.size or hanging) and not SENTENCE_END.search(a.text)


@dataclass(frozen=True, slots=True)
class ParagraphShape:
    """The typesetting of a block, as far as it shows where the text goes on.

    `begin` and `end` are its first and last line, `first` is the width of its first word, `room` the space behind the last;
    `left` is where its text begins, behind the mark of an item.
    """

    begin: str
    end: str
    lines: int
    letters: int
    size: float
    first: float
    room: float
    indented: bool
    boxed: bool
    left: float


def shape_of(block: PageBlock) -> ParagraphShape | None:
    """Returns the shape of a block of text; None of a block without lines."""
    if not block.lines:
        return None
    begin, end = block.lines[0].text, block.lines[-1].text
    letters = sum(len(line.text) for line in block.lines)
    word = block.lines[0].words[0]
    first = word.r - word.l
    words = block.lines[0].words
    left = words[1 if len(words) > 1 and MARKER.match(words[0].text) else 0].l
    return ParagraphShape(
        begin, end, len(block.lines), letters, block.size, first, block.room, block.indented, block.boxed, left
    )


def paragraphs_indented(shapes: Iterable[ParagraphShape]) -> bool:
    """Returns whether the first lines of paragraphs are indented, so that a paragraph without an indent continues another."""
    found = [shape.indented for shape in shapes if shape.lines > 1 and not shape.boxed]
    return len(found) >= 4 and sum(found) >= MOSTLY * len(found)


def continues_in(a: ParagraphShape, b: ParagraphShape, *, indented: bool = False) -> bool:
    """Returns whether `a` goes on in `b`, in the next column or on the next page; paragraphs begin `indented` in the document.

    Where a sentence ends with the column only an indent can tell.
    """
    if a.boxed != b.boxed or abs(a.size - b.size) > ALIKE * a.size or not BEGINS.match(b.begin):
        return False
    full = a.room < b.first + BLANK * a.size
    if SENTENCE_END.search(a.end):
        return indented and full and a.lines > 1 and b.lines > 1 and not b.indented
    if DIVIDED.search(a.end) or BEGINS_SMALL.match(b.begin):
        return True
    # a name begins with a capital: then the line must be full, and both be running text
    return full and not b.indented and a.lines > 1 and a.letters > 80 and b.letters > 40 and not a.end.endswith(":")
