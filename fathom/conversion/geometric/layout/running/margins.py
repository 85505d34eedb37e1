"""Finds the margins of a page: the lines at its top and bottom that stand apart from the text between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fathom.conversion.geometric.layout.page_content import PageContent, Word

# A margin's lines end within this share of the page's height from its edge, and are so many rows at most.
ZONE = 0.2
MAX_ROWS = 5
HALF = 0.5
# Text stands apart with so much more room than lines of a text have between them; a painted line separates, too.
WIDER_STEP = 1.4
MIN_ROOM = 0.45  # ems
ROOM_AT_A_RULE = 0.1
MIN_RULE = 0.3  # of the page's width
USUAL_STEP = 1.2  # from baseline to baseline, ems
# Words of a row stand on a line within this, its pieces are separated by that, in ems; smaller text, in sizes of the next.
SAME_ROW, WIDE, SMALLER = 0.3, 1.2, 0.93


@dataclass(frozen=True, slots=True)
class Margin:
    """The margin at the top or bottom of a page: its inner edge, and the white space between it and the text, in points.

    A `close` margin is a row that has no more room than lines have, and is only set otherwise than the next.
    """

    edge: float
    room: float
    top: bool
    close: bool = False

    def holds(self, l: float, t: float, r: float, b: float) -> bool:
        """Returns whether a box lies in the margin."""
        return b <= self.edge + 0.01 if self.top else t >= self.edge - 0.01


def usual_step(pages: Iterable[PageContent], size: float) -> float:
    """Returns the points from baseline to baseline inside paragraphs of the body, whose text has this size."""
    steps: Counter[float] = Counter()
    for page in pages:
        for a, b in pairwise(page.words):
            step = b.baseline - a.baseline
            if b.l < a.l and 0.8 * size < step < 2.6 * size and abs(a.size - size) < 0.5 and abs(b.size - size) < 0.5:
                steps[round(step * 2) / 2] += 1
    if not steps:
        return USUAL_STEP * size
    least = max(2, 0.15 * steps.total())
    common = [step for step, count in steps.items() if count >= least]
    return min(common) if common else min(steps, key=lambda step: (-steps[step], step))


def margins_of(page: PageContent, size: float, step: float) -> list[Margin]:
    """Returns the margins of the page that have something in them; `size` and `step` are the body's, in points.

    A page whose text is a single block, or is closer than that, has none.
    """
    height = page.height
    need = max(WIDER_STEP * step - size, MIN_ROOM * size)
    bars = [rule for rule in page.rules if rule.horizontal and rule.r - rule.l > MIN_RULE * page.width]
    found = []
    for top in (True, False):
        spans = _spans(page.words, height, top=top)
        if len(spans) < len(page.words):
            spans.append((HALF * height, HALF * height))  # the rest, beyond the middle
        edge = _inner_edge(spans, ZONE * height, need, [rule.t if top else height - rule.t for rule in bars], size)
        if edge is not None:
            found.append(Margin(edge[0] if top else height - edge[0], edge[1], top))
        elif (close := _close_margin(page.words, height, top=top)) is not None:
            found.append(close)
    return found


def _close_margin(words: Sequence[Word], height: float, *, top: bool) -> Margin | None:
    """Returns the first or last row of the page, if it is small or in another font than the next, and no row of a table."""
    near = [word for word in words if (word.b < ZONE * height if top else word.t > (1 - ZONE) * height)]
    rows: list[list[Word]] = []
    for word in sorted(near, key=lambda word: word.b if top else -word.b):
        if rows and abs(rows[-1][0].b - word.b) < SAME_ROW * word.size:
            rows[-1].append(word)
        elif len(rows) < 2:
            rows.append([word])
        else:
            break
    if len(rows) < 2:
        return None
    first, second = rows
    smaller = max(word.size for word in first) <= SMALLER * min(word.size for word in second)
    other_font = {word.font for word in first}.isdisjoint(word.font for word in second)
    heads = all(word.bold for word in first) and not all(word.bold for word in second)
    if not smaller and (not other_font or heads):
        return None
    starts, others = _starts(first), _starts(second)
    if len(starts) > 1 and all(any(abs(x - other) < 3 for other in others) for x in starts):
        return None  # names of columns
    edge = max(word.b for word in first) if top else min(word.t for word in first)
    room = (min(word.t for word in second) - edge) if top else (edge - max(word.b for word in second))
    return Margin(edge, room, top, close=True)


def _starts(row: Sequence[Word]) -> list[float]:
    """Returns where the pieces of a row begin, separated by blanks that are wide."""
    words = sorted(row, key=lambda word: word.l)
    return [word.l for index, word in enumerate(words) if not index or word.l - words[index - 1].r > WIDE * word.size]


def _spans(words: Sequence[Word], height: float, *, top: bool) -> list[tuple[float, float]]:
    """Returns (nearer end, farther end) of the words as seen from the edge, the nearest first, without those in the middle."""
    middle = HALF * height
    if top:
        return sorted((word.t, word.b) for word in words if word.t < middle)
    return sorted((height - word.b, height - word.t) for word in words if word.b > height - middle)


def _inner_edge(
    spans: Sequence[tuple[float, float]], zone: float, need: float, bars: Sequence[float], size: float
) -> tuple[float, float] | None:
    """Returns where the rows nearest to the edge end, and the room behind them; None if they do not stand apart."""
    rows, end = 0, -1e9
    start = -1e9
    for near, far in spans:
        if near >= end - 0.3 * size:
            room = near - end
            if rows and end <= zone:
                ruled = any(end - 1 < bar < near + 1 for bar in bars)
                if room >= need or (ruled and room >= ROOM_AT_A_RULE * size):
                    return end, room
            if end > zone or rows == MAX_ROWS:
                return None
            rows, start = rows + 1, near
        elif far - start > zone:
            return None
        end = max(end, far)
    return None
