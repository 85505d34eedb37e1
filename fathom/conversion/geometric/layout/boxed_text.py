"""Boxes that set words of a page apart: the text in a box is read by itself, and the text beside it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from fathom.conversion.geometric.layout.page_content import Box, PageContent, Rule, inside, overlap
from fathom.conversion.geometric.layout.text_lines import join_words

# A box holds at least so many words, and is no wider than this share of the page, or it is its background.
MIN_WORDS = 12
MAX_SHARE = 0.45
MIN_HEIGHT = 3.0  # ems
# Text wholly in this share of the page at its edges is a running header or footer.
EDGE = 0.1
MAX_INDENT = 4.0  # from the left edge of its text, ems, that a line of it begins
MEET = 2.5
MAX_RULES = 120
MAX_BOXES = 40


def find_boxed_texts(content: PageContent, size: float, taken: Sequence[Box]) -> list[Box]:
    """Returns the boxes of the page that hold text, none within another; `taken` are tables, `size` is the body size."""
    page = content.width * content.height
    found: list[Box] = []
    fills = [fill for fill in content.fills[: 4 * MAX_BOXES] if fill.width > 8 and fill.height > 6]
    candidates = [*(fill for fill in fills if not _in_a_row(fill, fills)), *_frames(content.rules)]
    for box in sorted(candidates, key=lambda candidate: -candidate.area):
        if box.height < MIN_HEIGHT * size or box.width < 6 * size or box.area > MAX_SHARE * page:
            continue
        if box.b < EDGE * content.height or box.t > (1 - EDGE) * content.height:
            continue
        if any(overlap(box, other) > 0.2 * min(box.area, other.area) for other in [*taken, *found]):
            continue
        if _holds_text(content, box):
            found.append(box)
    return found[:MAX_BOXES]


def _in_a_row(box: Box, others: Sequence[Box]) -> bool:
    """Returns whether it touches another area beside, above or below it, as cells and bars do."""
    for other in others:
        wide = min(box.r, other.r) - max(box.l, other.l)
        high = min(box.b, other.b) - max(box.t, other.t)
        if other is not box and max(wide, high) > MEET and -2 * MEET < min(wide, high) < MEET:
            return True
    return False


def _holds_text(content: PageContent, box: Box) -> bool:
    """Returns whether the box holds words enough in lines of a single column, and none that crosses an edge."""
    held = inside(content.words, box)
    if len(held) < MIN_WORDS or len({round(word.baseline) for word in held}) < 2:
        return False
    if any(word.l < box.l - 1 or word.r > box.r + 1 for word in held):
        return False
    lines = sorted(join_words(held), key=lambda line: line.t)
    if any(a.b - b.t > 0.5 * min(a.height, b.height) for a, b in pairwise(lines)):
        return False  # beside each other: a table, a form, columns
    left = min(line.l for line in lines)
    if sum(line.l - left > MAX_INDENT * line.size for line in lines) > 0.15 * len(lines):
        return False
    return sum(any(c.isalpha() for c in word.text) for word in held) > 0.6 * len(held)


def _frames(rules: Sequence[Rule]) -> list[Box]:
    """Rectangles that four rules make, as they are drawn around a text."""
    if not 4 <= len(rules) <= MAX_RULES:
        return []
    upright = [rule for rule in rules if not rule.horizontal]
    flat = [rule for rule in rules if rule.horizontal]
    found = []
    for edge, other in combinations(upright, 2):
        if abs(edge.t - other.t) > MEET or abs(edge.b - other.b) > MEET or abs(edge.l - other.l) < MEET:
            continue
        left, right = sorted((edge.l, other.l))
        spanning = [rule for rule in flat if abs(rule.l - left) <= MEET and abs(rule.r - right) <= MEET]
        if any(abs(rule.t - edge.t) <= MEET for rule in spanning) and any(abs(rule.t - edge.b) <= MEET for rule in spanning):
            found.append(Box(left, edge.t, right, edge.b))
    return found
