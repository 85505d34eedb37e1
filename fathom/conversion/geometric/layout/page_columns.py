"""Finds the reading order of a page's parts: columns are separated by the gutters between them, never across a gutter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from fathom.conversion.geometric.layout.page_content import Box, PageLine, Rule, bounds

# A gutter is at least so wide, in ems of the text beside it, and separates so many rows on each side.
GUTTER = 0.8
GUTTER_ROWS = 3
# A side of a gutter is running text if its pieces are on average so long and so many of them go on in mid-sentence.
PROSE_CHARACTERS = 18
PROSE_GOES_ON = 0.2
# Two sides whose rows stand on the same baselines to this share are a table rather than two columns, unless both are prose.
ALIGNED = 0.7
MAX_DEPTH = 12
# A line so close below a row, in ems of the body, is drawn under it.
UNDERLINED = 1.2
# The widest blank of a justified line in a narrow column, in ems.
JUSTIFIED_BLANK = 1.5


@dataclass(slots=True)
class ColumnPiece:
    """Something that is read as a whole: a piece of a line, or blocks found before (then `line` is None)."""

    l: float
    t: float
    r: float
    b: float
    line: PageLine | None = None
    block: list[Any] | None = None


ColumnRow = list[ColumnPiece]
HorizontalSpan = tuple[float, float]
T = TypeVar("T")


def read_columns(pieces: Sequence[ColumnPiece], size: float, bars: Sequence[Rule] = ()) -> list[list[ColumnRow]]:
    """Returns the columns in reading order, each a list of rows from top to bottom; `size` is the body size in points.

    `bars` are painted lines that lie flat: a gutter ends at a bar that crosses it, and before a row that stands apart and is
    underlined by a bar, which has the names of a table's columns.
    """
    return _cut(list(pieces), size, bars, 0)


def rows_of(pieces: Sequence[ColumnPiece]) -> list[ColumnRow]:
    """Returns pieces that stand beside each other, from top to bottom; in a row from left to right."""
    rows: list[ColumnRow] = []
    low = high = 0.0
    for piece in sorted(pieces, key=lambda p: ((p.t + p.b) / 2, p.l)):
        middle = (piece.t + piece.b) / 2
        if rows and piece.line is not None and rows[-1][-1].line is not None and low <= middle <= high:
            rows[-1].append(piece)
            continue
        rows.append([piece])
        height = piece.b - piece.t
        low, high = middle - 0.3 * height, middle + 0.3 * height
    for row in rows:
        row.sort(key=lambda p: p.l)
    return rows


def _cut(pieces: list[ColumnPiece], size: float, bars: Sequence[Rule], depth: int) -> list[list[ColumnRow]]:
    rows = rows_of(pieces)
    if depth >= MAX_DEPTH or len(rows) < GUTTER_ROWS:
        return [rows] if rows else []
    found = _best_gutter(rows, size, bars)
    if found is None:
        return [rows]
    first, last, x = found
    above = [p for row in rows[:first] for p in row]
    below = [p for row in rows[last + 1 :] for p in row]
    band = [p for row in rows[first : last + 1] for p in row]
    left = [p for p in band if (p.l + p.r) / 2 < x]
    right = [p for p in band if (p.l + p.r) / 2 >= x]
    columns = _cut(left, size, bars, depth + 1) + _cut(right, size, bars, depth + 1)
    before = _cut(above, size, bars, depth + 1) if above else []
    after = _cut(below, size, bars, depth + 1) if below else []
    return before + columns + after


def _best_gutter(rows: list[ColumnRow], size: float, bars: Sequence[Rule]) -> tuple[int, int, float] | None:
    """Returns (first row, last row, x) of the gutter that runs along most rows; None if the rows are a single column."""
    region = bounds(p for row in rows for p in row)
    free = [_free(row, region) for row in rows]
    least = GUTTER * size
    best: tuple[float, int, int, float] | None = None
    start = 0
    while start < len(rows):
        gaps: list[tuple[HorizontalSpan, int]] = [(gap, start) for gap in free[start]]
        ended: list[tuple[HorizontalSpan, int]] = []
        end = start
        for end in range(start + 1, len(rows) + 1):
            if end == len(rows):
                break
            after = _meet([g for g, _ in gaps], free[end], least)
            if bars:
                after = _uncrossed(after, rows[end - 1], rows[end], bars, size)
            for gap, _ in gaps:
                if not any(a[0] >= gap[0] - 0.01 and a[1] <= gap[1] + 0.01 for a in after):
                    ended.append((gap, end - 1))
            gaps = [(gap, end) for gap in after]
            if not gaps:
                break
        ended += [(gap, min(end, len(rows) - 1)) for gap, _ in gaps]
        for gap, last in ended:
            score = _worth(rows, start, last, gap, region, size)
            if score and (best is None or score > best[0]):
                best = (score, start, last, (gap[0] + gap[1]) / 2)
        start += 1
        if best is not None and len(rows) - start < best[0]:
            break
    return (best[1], best[2], best[3]) if best else None


def _uncrossed(
    gaps: list[HorizontalSpan], row: ColumnRow, after: ColumnRow, bars: Sequence[Rule], size: float
) -> list[HorizontalSpan]:
    """Returns the gaps that go on to the next row: no bar crosses them between the two, or under a next row apart."""
    high, low = (row[0].t + row[0].b) / 2, (after[0].t + after[0].b) / 2
    if min(piece.t for piece in after) - max(piece.b for piece in row) > size:
        low = max(piece.b for piece in after) + UNDERLINED * size
    near = [bar for bar in bars if high < bar.t < low]
    return [gap for gap in gaps if not any(bar.l <= gap[0] - size and bar.r >= gap[1] + size for bar in near)]


def _free(row: ColumnRow, region: Box) -> list[HorizontalSpan]:
    gaps: list[HorizontalSpan] = []
    at = region.l
    for piece in row:
        if piece.l > at:
            gaps.append((at, piece.l))
        at = max(at, piece.r)
    if region.r > at:
        gaps.append((at, region.r))
    return gaps


def _meet(a: Sequence[HorizontalSpan], b: Sequence[HorizontalSpan], least: float) -> list[HorizontalSpan]:
    met = []
    for low, high in a:
        for other_low, other_high in b:
            l, r = max(low, other_low), min(high, other_high)
            if r - l >= least:
                met.append((l, r))
    return met


def _worth(rows: list[ColumnRow], first: int, last: int, gap: HorizontalSpan, region: Box, size: float) -> float:
    """Returns how many rows the gutter separates; 0 if it is no gutter."""
    if gap[1] - gap[0] < GUTTER * size or gap[0] <= region.l + 0.5 or gap[1] >= region.r - 0.5:
        return 0
    left: list[ColumnPiece] = []
    right: list[ColumnPiece] = []
    with_left = with_right = both = 0
    for row in rows[first : last + 1]:
        on_left = [p for p in row if p.r <= gap[0] + 0.5]
        on_right = [p for p in row if p.l >= gap[1] - 0.5]
        left += on_left
        right += on_right
        with_left += bool(on_left)
        with_right += bool(on_right)
        both += bool(on_left) and bool(on_right)
    if not left or not right:
        return 0
    if min(with_left, with_right) < GUTTER_ROWS and not _blocks_face(left, right):
        return 0
    a, b = bounds(left), bounds(right)
    shared = min(a.b, b.b) - max(a.t, b.t)
    if shared < 0.4 * min(a.height, b.height):
        return 0
    if not _separate(left, right, both / max(1, min(with_left, with_right))):
        return 0
    return with_left + with_right + 0.5 * both


def _blocks_face(left: list[ColumnPiece], right: list[ColumnPiece]) -> bool:
    """Returns whether a picture or table stands beside text of some height."""
    if all(p.line for p in left) and all(p.line for p in right):
        return False
    return len(left) + len(right) > GUTTER_ROWS


def _separate(left: list[ColumnPiece], right: list[ColumnPiece], beside: float) -> bool:
    """Returns whether the two sides are read in turn, not row by row."""
    prose_left, prose_right = is_prose(left), is_prose(right)
    if prose_left and prose_right:
        return True
    if any(p.line is None for p in left + right) and (prose_left or prose_right):
        return True
    aligned = _aligned(left, right)
    if prose_left or prose_right:
        return aligned < ALIGNED or beside < 0.5
    return aligned < 0.35 and min(len(left), len(right)) >= 4


def _aligned(left: list[ColumnPiece], right: list[ColumnPiece]) -> float:
    """Returns the share of the rows of the shorter side that stand on a baseline of the other."""
    few, many = sorted((left, right), key=len)
    lines = [p.line for p in many if p.line is not None]
    here = [p.line for p in few if p.line is not None]
    if not here or not lines:
        return 0.0
    baselines = sorted(line.baseline for line in lines)
    return sum(any(abs(b - line.baseline) < 0.12 * line.size for b in baselines) for line in here) / len(here)


def _runs(pieces: Sequence[ColumnPiece]) -> list[str]:
    """Returns the texts of the pieces, joined where only the wide blanks of a justified line separate them."""
    runs: list[str] = []
    last: PageLine | None = None
    for piece in sorted(pieces, key=lambda p: (round(p.b), p.l)):
        line = piece.line
        if line is None:
            continue
        beside = last is not None and abs(line.baseline - last.baseline) < 0.15 * line.size
        if last is not None and beside and 0 < line.l - last.r < JUSTIFIED_BLANK * line.size:
            runs[-1] += f" {line.text}"
        else:
            runs.append(line.text)
        last = line
    return runs


def is_prose(pieces: Sequence[ColumnPiece]) -> bool:
    """Returns whether it is running text: long pieces, many of which begin in mid-sentence (or have no capitals)."""
    texts = [text for text in _runs(pieces) if len(text) > 2]
    if len(texts) < GUTTER_ROWS:
        return False
    if median(len(text) for text in texts) < PROSE_CHARACTERS and sum(map(len, texts)) / len(texts) < PROSE_CHARACTERS:
        return False
    cased = [text for text in texts if text[0].islower() or text[0].isupper()]
    if len(cased) < 0.3 * len(texts):
        return not any(text[0].isdigit() for text in texts[: len(texts) // 2 + 1]) or len(cased) > 0
    return sum(text[0].islower() for text in cased) >= PROSE_GOES_ON * len(cased)
