"""Joins the lines of a table without upright rules to its rows, where cells go over several lines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from fathom.conversion.geometric.layout.page_columns import ColumnPiece, ColumnRow, HorizontalSpan

# So many rules between rows part each from the next.
RULED_ROWS = 2


def rows_between(rows: Sequence[ColumnRow], parting: Sequence[float]) -> list[list[ColumnPiece]] | None:
    """Returns the rows of the table where each stands between two rules; None where rules separate it otherwise.

    The lines between two rules are a single row if its cells have different numbers of lines.
    """
    if len(parting) < RULED_ROWS:
        return None
    bands: dict[int, list[ColumnRow]] = {}
    for row in rows:
        middle = sum((p.t + p.b) / 2 for p in row) / len(row)
        bands.setdefault(bisect_left(parting, middle), []).append(row)
    if any(len(band) > 1 and len({len(row) for row in band}) == 1 for band in bands.values()):
        return None
    return [[piece for row in band for piece in row] for _, band in sorted(bands.items())]


def joined_rows(rows: Sequence[ColumnRow], columns: Sequence[HorizontalSpan]) -> list[list[ColumnPiece]]:
    """Returns rows of the table; a row of text that only goes on with cells of the row above is part of it."""
    wrapped = _wrapped(rows, columns)
    if wrapped is not None:
        return wrapped
    steps = [min(p.t for p in b) - min(p.t for p in a) for a, b in pairwise(rows)]
    starts = [step for step, row in zip(steps, rows[1:], strict=False) if _first(row, columns)]
    usual = median(starts) if starts else 0.0
    groups: list[list[ColumnPiece]] = [list(rows[0])]
    for step, row in zip(steps, rows[1:], strict=False):
        size = max(p.line.size for p in row if p.line)
        goes_on = not _first(row, columns) and step < 1.45 * size and (step < 0.9 * usual or len(row) == 1)
        if goes_on and len(row) < len(columns):
            groups[-1].extend(row)
        else:
            groups.append(list(row))
    return groups


def _wrapped(rows: Sequence[ColumnRow], columns: Sequence[HorizontalSpan]) -> list[list[ColumnPiece]] | None:
    """Returns the rows of a table whose cells go over several lines, by the room between rows; None where that is no evidence.

    Lines of a row stand closely; the first of them has nearly all cells, the others have not.
    """
    steps = [min(p.t for p in b) - min(p.t for p in a) for a, b in pairwise(rows)]
    if not steps:
        return None
    close = min(steps)
    wide = [step for step in steps if step > 1.2 * close]
    if len(wide) < 2 or len(wide) == len(steps) or max(step for step in steps if step not in wide) > 0.85 * min(wide):
        return None
    groups = [[rows[0]]]
    for step, row in zip(steps, rows[1:], strict=True):
        if step > 1.2 * close:
            groups.append([row])
        else:
            groups[-1].append(row)
    full = len(columns)
    if any(len(group[0]) < full - 1 or any(len(row) >= full for row in group[1:]) for group in groups if len(group) > 1):
        return None
    return [[piece for row in group for piece in row] for group in groups]


def _first(row: ColumnRow, columns: Sequence[HorizontalSpan]) -> bool:
    return row[0].l < columns[0][1]
