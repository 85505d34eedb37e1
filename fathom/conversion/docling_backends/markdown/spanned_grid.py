"""Reads grid tables with row or column spans: each cell is a rectangle of `-` and `|` between its `+`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from fathom.conversion.docling_backends.markdown.table_tokens import MarkdownCell

MAX_LINES = 2000
MAX_WIDTH = 1000
MAX_CELLS = 4000

_HEAD_RULE = re.compile(r"\+(?:[=:]+\+)+$")


@dataclass(frozen=True, slots=True)
class _Box:
    """The rectangle of a cell: the lines and columns of its rules."""

    top: int
    left: int
    bottom: int
    right: int


def spanned_rows(lines: Sequence[str]) -> list[tuple[list[MarkdownCell], bool]]:
    """Returns the cells of each row that begin in it, and whether the row is a header; empty if the grid has gaps."""
    width = max(map(len, lines))
    if len(lines) > MAX_LINES or width > MAX_WIDTH:
        return []
    head = next((number for number, line in enumerate(lines) if number and _HEAD_RULE.fullmatch(line)), 0)
    head = 0 if head == len(lines) - 1 else head
    drawn = [_plain_rule(line).ljust(width) for line in lines]
    boxes = _boxes(drawn)
    if sum((box.bottom - box.top) * (box.right - box.left) for box in boxes) != (len(lines) - 1) * (width - 1):
        return []
    tops, lefts = sorted({box.top for box in boxes}), sorted({box.left for box in boxes})
    rows: list[tuple[list[MarkdownCell], bool]] = [([], top < head) for top in tops]
    for box in sorted(boxes, key=lambda box: (box.top, box.left)):
        text = "\n".join(inner for line in lines[box.top + 1 : box.bottom] if (inner := line[box.left + 1 : box.right].strip()))
        down = sum(box.top <= top < box.bottom for top in tops)
        across = sum(box.left <= left < box.right for left in lefts)
        rows[tops.index(box.top)][0].append(MarkdownCell(text, down, across))
    return rows


def _plain_rule(line: str) -> str:
    return line.replace("=", "-").replace(":", "-") if line.startswith("+") and line.strip("+-=:") == "" else line


def _boxes(drawn: Sequence[str]) -> list[_Box]:
    """Returns the rectangles of all cells; adjacent cells share corners."""
    found: list[_Box] = []
    waiting, seen = [(0, 0)], {(0, 0)}
    while waiting and len(found) < MAX_CELLS:
        top, left = heappop(waiting)
        box = _box(drawn, top, left)
        if box is None:
            continue
        found.append(box)
        for corner in ((top, box.right), (box.bottom, left)):
            if corner not in seen:
                seen.add(corner)
                heappush(waiting, corner)
    return found


def _box(drawn: Sequence[str], top: int, left: int) -> _Box | None:
    """Returns the smallest rectangle with its upper left corner there."""
    if drawn[top][left] != "+":
        return None
    for right in range(left + 1, len(drawn[top])):
        if drawn[top][right] == "+":
            for bottom in range(top + 1, len(drawn)):
                sign = drawn[bottom][right]
                if sign == "+" and _closes(drawn, _Box(top, left, bottom, right)):
                    return _Box(top, left, bottom, right)
                if sign not in "+|":
                    break
        elif drawn[top][right] != "-":
            return None
    return None


def _closes(drawn: Sequence[str], box: _Box) -> bool:
    """Returns whether the lower rule and the left edge of the rectangle are drawn."""
    below = drawn[box.bottom][box.left : box.right + 1]
    return below[0] == "+" and not below.strip("+-") and all(drawn[at][box.left] in "+|" for at in range(box.top, box.bottom))
