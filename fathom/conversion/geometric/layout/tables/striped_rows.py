"""Finds the unshaded rows of a table in which every other row is shaded, so that its stripes are read as a whole table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fathom.conversion.geometric.layout.page_content import Box, Word, centre_inside

# Cells touch, and stripes have the same columns, within so many points.
MEET = 3.0
# A row without shade is no higher than so many shaded rows.
HIGHEST = 2.2
MAX_CELLS = 1500
# Rows without shade above the first stripe: the names of the columns, and a row where stripes begin with the second.
MAX_HEADS = 2


def with_unshaded_rows(fills: Sequence[Box], words: Sequence[Word]) -> list[Box]:
    """Returns the shaded areas, with an area for each cell that stands between, above or below the stripes of a table."""
    rows = _stripes(fills)
    found = list(fills)
    for above, below in pairwise(rows):
        gap = below[0].t - above[0].b
        if _alike(above, below) and MEET < gap <= HIGHEST * max(_height(above), _height(below)):
            found += _row(above, above[0].b, below[0].t)
    for number, row in enumerate(rows):
        first = number == 0 or not _goes_on(rows[number - 1], row)
        last = number + 1 == len(rows) or not _goes_on(row, rows[number + 1])
        if first and last:
            continue
        height = _height(row)
        top = row[0].t
        for number_above in range(MAX_HEADS if first else 0):
            farthest = 1.3 if not number_above else 0.8
            if not _filled(row, top - farthest * height, top - 0.2 * height * number_above, words):
                break
            found += _row(row, top - height, top)
            top -= height
        if last and _filled(row, row[0].b, row[0].b + 1.3 * height, words):
            found += _row(row, row[0].b, row[0].b + height)
    return found


def _stripes(fills: Sequence[Box]) -> list[list[Box]]:
    """Returns rows of at least two shaded cells that touch, from top to bottom."""
    by_top: dict[int, list[Box]] = {}
    for fill in fills[:MAX_CELLS]:
        if fill.width > 8 and 6 < fill.height < 120:
            by_top.setdefault(round(fill.t), []).append(fill)
    rows = []
    for _, cells in sorted(by_top.items()):
        cells.sort(key=lambda cell: cell.l)
        alike = all(abs(b.l - a.r) < MEET and abs(b.height - a.height) < MEET for a, b in pairwise(cells))
        if len(cells) > 1 and alike:
            rows.append(cells)
    return rows


def _goes_on(above: Sequence[Box], below: Sequence[Box]) -> bool:
    gap = below[0].t - above[0].b
    return _alike(above, below) and gap <= HIGHEST * max(_height(above), _height(below))


def _alike(above: Sequence[Box], below: Sequence[Box]) -> bool:
    return len(above) == len(below) and all(
        abs(a.l - b.l) < MEET and abs(a.r - b.r) < MEET for a, b in zip(above, below, strict=True)
    )


def _height(row: Sequence[Box]) -> float:
    return row[0].height


def _row(row: Sequence[Box], top: float, bottom: float) -> list[Box]:
    return [Box(cell.l, top, cell.r, bottom) for cell in row]


def _filled(row: Sequence[Box], top: float, bottom: float, words: Sequence[Word]) -> bool:
    """Returns whether most columns have a word between the two heights, and none crosses to the next column."""
    held = [word for word in words if centre_inside(word, Box(row[0].l, top, row[-1].r, bottom))]
    if any(word.l < edge.r - 1 < word.r - 2 for word in held for edge in row[:-1]):
        return False
    filled = sum(any(cell.l <= (word.l + word.r) / 2 <= cell.r for word in held) for cell in row)
    return filled >= max(2, 0.6 * len(row))
