"""Orders the shapes of a slide for reading: top to bottom, rows left to right, columns under heads column by column.

Docling 2.142.1 reads two columns under two heads row by row; not needed once it reads them column by column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Maximum distance of the edges of aligned columns, as a share of a column's width.
_ALIGNED_SHARE = 0.15
# Maximum height of a head, as a share of the height of the shape under it.
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


def reading_order(shapes: Sequence[PlacedShape], row_tolerance: float) -> list[int]:
    """Returns the shapes' indexes in reading order; a top within `row_tolerance` of the previous top is in the same row."""
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
    """Returns whether the rows have equally many shapes, aligned in pairs and clear of their neighbours."""
    if len(above) != len(below):
        return False
    aligned = all(
        abs(upper.left - lower.left) <= _ALIGNED_SHARE * max(upper.width, lower.width)
        and abs(upper.right - lower.right) <= _ALIGNED_SHARE * max(upper.width, lower.width)
        for upper, lower in zip(above, below, strict=True)
    )
    return aligned and all(shape.right <= other.left for row in (above, below) for shape, other in pairwise(row))


def _written_by_column(columns: Sequence[Sequence[PlacedShape]]) -> bool:
    """Returns whether the file orders the shapes column by column, as screen readers read them."""
    numbers = [shape.number for column in columns for shape in column]
    return numbers == sorted(numbers)


def _has_heads(rows: Sequence[Sequence[PlacedShape]], columns: Sequence[Sequence[PlacedShape]]) -> bool:
    """Returns whether two rows are heads and their content, nearer to each other than the columns are."""
    if len(rows) != 2 or any(head.height > _HEAD_SHARE * body.height for head, body in columns):
        return False
    apart = min(right.left - left.right for row in rows for left, right in pairwise(row))
    return max(body.top - head.bottom for head, body in columns) <= apart
