"""Orders the shapes of a slide as they are read: from top to bottom, rows from left to right, columns under heads one by one.

Docling 2.142.1 reads two columns under two heads row by row; not needed once it reads them column by column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Columns are aligned where their edges are this near to each other, as a share of a column's width.
_ALIGNED_SHARE = 0.15
# A head is at most this share of the height of what stands under it.
_HEAD_SHARE = 0.6


@dataclass(frozen=True)
class PlacedShape:
    """The rectangle of a shape and its number in the file, in any unit of length."""

    number: int
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height


def in_reading_order(shapes: Sequence[PlacedShape], row_tolerance: float) -> list[int]:
    """Returns the numbers of the shapes as they are read; tops within `row_tolerance` of the one before are of one row."""
    rows: list[list[PlacedShape]] = []
    last = 0.0
    for shape in sorted(shapes, key=lambda shape: shape.top):
        if rows and shape.top - last <= row_tolerance:
            rows[-1].append(shape)
        else:
            rows.append([shape])
        last = shape.top
    rows = [sorted(row, key=lambda shape: shape.left) for row in rows]
    ordered: list[int] = []
    at = 0
    while at < len(rows):
        end = at + 1
        while end < len(rows) and len(rows[at]) > 1 and _are_aligned(rows[at], rows[end]):
            end += 1
        columns = [list(column) for column in zip(*rows[at:end], strict=True)] if end > at + 1 else []
        if columns and (_written_by_column(columns) or _has_heads(rows[at:end], columns)):
            ordered += [shape.number for column in columns for shape in column]
        else:
            ordered += [shape.number for row in rows[at:end] for shape in row]
        at = end
    return ordered


def _are_aligned(above: Sequence[PlacedShape], below: Sequence[PlacedShape]) -> bool:
    """Tells whether the rows have as many shapes, each under one, and clear of its neighbours."""
    if len(above) != len(below):
        return False
    aligned = all(
        abs(upper.left - lower.left) <= _ALIGNED_SHARE * max(upper.width, lower.width)
        and abs(upper.right - lower.right) <= _ALIGNED_SHARE * max(upper.width, lower.width)
        for upper, lower in zip(above, below, strict=True)
    )
    return aligned and all(shape.right <= other.left for row in (above, below) for shape, other in pairwise(row))


def _written_by_column(columns: Sequence[Sequence[PlacedShape]]) -> bool:
    """Tells whether the file has the shapes column by column, which is the order that screen readers read them in."""
    numbers = [shape.number for column in columns for shape in column]
    return numbers == sorted(numbers)


def _has_heads(rows: Sequence[Sequence[PlacedShape]], columns: Sequence[Sequence[PlacedShape]]) -> bool:
    """Tells whether two rows are heads and what stands under them, nearer to each other than the columns are."""
    if len(rows) != 2 or any(head.height > _HEAD_SHARE * body.height for head, body in columns):
        return False
    apart = min(right.left - left.right for row in rows for left, right in pairwise(row))
    return max(body.top - head.bottom for head, body in columns) <= apart
