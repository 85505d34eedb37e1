"""Tables without rules between their cells: rows whose pieces stand under each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from fathom.conversion.geometric.layout.page_columns import (
    JUSTIFIED_BLANK,
    ColumnPiece,
    ColumnRow,
    HorizontalSpan,
    is_prose,
    rows_of,
)
from fathom.conversion.geometric.layout.page_content import Box, PageContent, PageLine, Rule, Word, bounds, inside
from fathom.conversion.geometric.layout.tables.row_groups import RULED_ROWS, joined_rows, rows_between
from fathom.conversion.geometric.layout.tables.ruled_tables import join_rules
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid, LineGridCell, cell_text, mark_header
from fathom.conversion.geometric.layout.text_lines import MARKER, join_words, make_line

# Blank between two columns, in ems.
COLUMN_GAP = 0.45
MIN_ROWS = 3
# Longest pieces, in characters on average, that still make cells.
MAX_CELL_LENGTH = 48
# Rows further apart than this, in ems, belong to different tables.
MAX_ROW_GAP = 3.6
# Names of columns stand so near above a table's first rule, in ems.
MAX_NAMES_GAP = 1.9
# A line larger than a table's by this factor is a heading.
HEADING = 1.14
# A rule shorter than this share of the table's width brackets the columns that a name stands over.
MAX_BRACKET = 0.9
LEADER = re.compile(r"[.·…_\s]{4,}\d{0,4}$|^[.·…]{3,}")


def tables_between_rules(content: PageContent, lines: Sequence[PageLine], taken: Sequence[Box]) -> list[LineGrid]:
    """Returns tables with a rule above, a rule below and perhaps some between, and none upright."""
    flat = [r for r in join_rules(content.rules) if r.horizontal and r.r - r.l > 40]
    flat = [r for r in flat if not any(_across(r, box) for box in taken)]
    grids: list[LineGrid] = []
    used: set[int] = set()
    flat.sort(key=lambda r: r.t)
    for index, top in enumerate(flat):
        if index in used:
            continue
        same = [i for i in range(index, len(flat)) if abs(flat[i].l - top.l) < 4 and abs(flat[i].r - top.r) < 4]
        for last in reversed(same[1:]):
            box = Box(top.l, top.t, top.r, flat[last].t)
            grid = _between(box, lines, flat[index + 1 : last])
            if grid is not None:
                grid = _with_names(grid, top, lines, flat[index:last])
                grids.append(grid)
                used.update(i for i in range(len(flat)) if box.t - 1 <= flat[i].t <= box.b + 1 and _across(flat[i], box))
                break
    return grids


def _with_names(grid: LineGrid, top: Rule, lines: Sequence[PageLine], rules: Sequence[Rule]) -> LineGrid:
    """Returns the table with the row of names right above its first rule, where each column but one has a name."""
    near = inside(lines, Box(top.l - 1, top.t - MAX_NAMES_GAP * median_size(lines), top.r + 1, top.t))
    if len(near) < max(2, grid.columns - 1) or max(line.t for line in near) > min(line.b for line in near):
        return grid
    if grid.columns > 1 and any(cell.header for cell in grid.cells) and not all(line.bold for line in near):
        return grid
    box = Box(grid.box.l, min(line.t for line in near), grid.box.r, grid.box.b)
    whole = _between(box, lines, rules)
    return whole if whole is not None and whole.columns == grid.columns else grid


def median_size(lines: Sequence[PageLine]) -> float:
    """Returns the median size of the lines, points; 10 of none."""
    return median(line.size for line in lines) if lines else 10.0


def _across(rule: Rule, box: Box) -> bool:
    return box.t - 2 <= rule.t <= box.b + 2 and rule.l < box.r and rule.r > box.l


def _between(box: Box, lines: Sequence[PageLine], rules: Sequence[Rule]) -> LineGrid | None:
    held = inside(lines, box, 1.0)
    if len(held) < 4:
        return None
    over = [rule for rule in rules if rule.r - rule.l < MAX_BRACKET * box.width]
    pieces = [_as_wide_as_its_rule(ColumnPiece(line.l, line.t, line.r, line.b, line), over) for line in held]
    rows = rows_of(pieces)
    many = [row for row in rows if len(row) > 1]
    parting = sorted(r.t for r in rules if r.r - r.l >= MAX_BRACKET * box.width and box.t + 3 < r.t < box.b - 3)
    if len(rows) < 2 or len(many) < max(2, 0.5 * len(rows)):
        return None
    if len(parting) < RULED_ROWS and (is_prose(pieces) or _mean_length(many) > MAX_CELL_LENGTH):
        return None
    columns = _columns_of_full_rows(rows) or _columns(rows, tolerated=max(1, len(rows) // 5))
    if len(columns) < 2:
        return None
    grid = _grid(rows, columns, regular=True, groups=rows_between(rows, parting))
    grid.box = Box(min(box.l, grid.box.l), min(box.t, grid.box.t), max(box.r, grid.box.r), max(box.b, grid.box.b))
    return grid


def _as_wide_as_its_rule(piece: ColumnPiece, rules: Sequence[Rule]) -> ColumnPiece:
    """Returns a name with a rule right below it that is wider stands over all the columns that the rule stands over."""
    middle, size = (piece.l + piece.r) / 2, piece.b - piece.t
    for rule in rules:
        below = piece.b - 0.2 * size <= rule.t < piece.b + 0.8 * size
        centred = abs((rule.l + rule.r) / 2 - middle) < 0.15 * (rule.r - rule.l)
        if below and centred and rule.l - 1 <= piece.l and piece.r <= rule.r + 1:
            return ColumnPiece(rule.l, piece.t, rule.r, piece.b, piece.line)
    return piece


def _columns_of_full_rows(rows: Sequence[ColumnRow]) -> list[HorizontalSpan]:
    """Returns the columns of the rows with the most cells; none where too few have so many, or they keep them not apart."""
    most = max(len(row) for row in rows)
    full = [row for row in rows if len(row) == most]
    if most < 3 or len(full) < max(2, 0.4 * len(rows)):
        return []
    columns = _columns(full, tolerated=0)
    return columns if len(columns) == most else []


def find_tables(rows: Sequence[ColumnRow]) -> list[tuple[int, int, LineGrid]]:
    """Returns (first row, last row, table) of every table among the rows of a column, from top to bottom."""
    found: list[tuple[int, int, LineGrid]] = []
    start = 0
    while start < len(rows):
        end = _run(rows, start)
        if end is None:
            start += 1
            continue
        table = _table(rows[start : end + 1])
        if table is None:
            start += 1
            continue
        if start and (not found or found[-1][1] < start - 1) and _heads(rows[start - 1], rows[start : end + 1]):
            start -= 1
            table = _table(rows[start : end + 1]) or table
        found.append((start, end, table))
        start = end + 1
    return found


def _heads(row: ColumnRow, rows: Sequence[ColumnRow]) -> bool:
    """Returns whether the row, a line whose words stand closely together, names the columns of the rows below it."""
    if len(row) != 1 or row[0].line is None or _far(row, rows[0]) or _set_apart(row, rows):
        return False
    columns = _columns([r for r in rows if len(r) > 1])
    return len(_split(row[0], columns)) >= max(2, len(columns) - 1)


def _run(rows: Sequence[ColumnRow], start: int) -> int | None:
    """Returns the last row of the longest run from `start` on whose pieces keep at least two columns apart."""
    if not _cells(rows[start]):
        return None
    last = None
    best = start
    count = 0
    for end in range(start, len(rows)):
        row = rows[end]
        if any(p.line is None for p in row) or (end > start and _far(rows[end - 1], row)):
            break
        if end > start and _set_apart(row, rows[start:end]):
            break
        if _cells(row) and not (count > 1 and _foreign(row, rows[start:end])):
            columns = _columns([r for r in rows[start : end + 1] if len(r) > 1])
            if len(columns) < 2 or (count >= 2 and last is not None and len(columns) < min(last, 3)):
                break
            last, best, count = len(columns), end, count + 1
        elif end - best > 2:
            break
    return best if count >= 2 else None


def _set_apart(row: ColumnRow, rows: Sequence[ColumnRow]) -> bool:
    """Returns whether the row is a line so much larger than the rows of a table that it heads the next."""
    if len(row) != 1 or row[0].line is None:
        return False
    sizes = [p.line.size for other in rows for p in other if p.line]
    return bool(sizes) and row[0].line.size > HEADING * median(sizes)


def _foreign(row: ColumnRow, rows: Sequence[ColumnRow]) -> bool:
    """Returns whether blanks of a justified line separate the row's pieces, and they stand across the columns above."""
    lines = [p.line for p in row if p.line]
    if any(b.l - a.r > JUSTIFIED_BLANK * b.size for a, b in pairwise(lines)):
        return False
    columns = _columns([r for r in rows if len(r) > 1])
    return any(sum(line.l < high and line.r > low for low, high in columns) > 1 for line in lines)


def _cells(row: ColumnRow) -> bool:
    if len(row) < 2 or any(p.line is None for p in row):
        return False
    texts = [p.line.text for p in row if p.line]
    if len(row) == 2 and MARKER.match(texts[0]):
        return False
    return not any(LEADER.search(text) for text in texts)


def _far(a: ColumnRow, b: ColumnRow) -> bool:
    size = max(p.line.size for p in b if p.line)
    return min(p.t for p in b) - max(p.b for p in a) > MAX_ROW_GAP * size


def _mean_length(rows: Sequence[ColumnRow]) -> float:
    texts = [p.line.text for row in rows for p in row if p.line]
    return sum(map(len, texts)) / max(1, len(texts))


def _columns(rows: Sequence[ColumnRow], tolerated: int | None = None) -> list[HorizontalSpan]:
    """Returns the columns: stretches that pieces cover, separated by stretches that nearly no row covers."""
    pieces = [p for row in rows for p in row if p.line]
    if not pieces:
        return []
    allowed = len(rows) // 12 if tolerated is None else tolerated
    size = median(p.line.size for p in pieces if p.line)
    edges = sorted([(p.l, 1) for p in pieces] + [(p.r, -1) for p in pieces])
    columns: list[list[float]] = []
    depth = 0
    for x, step in edges:
        before, depth = depth, depth + step
        if before <= allowed < depth:
            if columns and x - columns[-1][1] < COLUMN_GAP * size:
                continue
            columns.append([x, x])
        elif before > allowed >= depth and columns:
            columns[-1][1] = x
    return [(low, high) for low, high in columns]


def _table(rows: Sequence[ColumnRow]) -> LineGrid | None:
    many = [row for row in rows if len(row) > 1]
    columns = _columns(many)
    if len(columns) < 2 or _mean_length(many) > MAX_CELL_LENGTH:
        return None
    if len(many) < MIN_ROWS and not (len(many) == 2 and len(columns) >= 3):
        return None
    if is_prose([p for row in rows for p in row]) and len(columns) == 2:
        return None
    aligned = _alignment(many, columns)
    if aligned < 0.55:
        return None
    grid = _grid(rows, columns)
    grid.confidence = round(min(1.0, 0.4 + 0.6 * aligned) * len(many) / len(rows), 3)
    return grid


def _alignment(rows: Sequence[ColumnRow], columns: Sequence[HorizontalSpan]) -> float:
    """Returns the share of the pieces that share their left edge, right edge or middle with most of their column."""
    good = total = 0
    for low, high in columns:
        held = [p for row in rows for p in row if low - 1 <= (p.l + p.r) / 2 <= high + 1]
        if len(held) < 2:
            continue
        edges = ([p.l for p in held], [p.r for p in held], [(p.l + p.r) / 2 for p in held])
        good += max(_near_median(edge) for edge in edges)
        total += len(held)
    return good / total if total else 0.0


def _near_median(edges: list[float]) -> int:
    middle = median(edges)
    return sum(abs(edge - middle) < 2.5 for edge in edges)


def _grid(
    rows: Sequence[ColumnRow],
    columns: Sequence[HorizontalSpan],
    *,
    regular: bool = False,
    groups: list[list[ColumnPiece]] | None = None,
) -> LineGrid:
    groups = groups or joined_rows(rows, columns)
    edges = [(columns[i][1] + columns[i + 1][0]) / 2 for i in range(len(columns) - 1)]
    grid = LineGrid(bounds(p for row in rows for p in row), len(groups), len(columns), ruled=False)
    bold: set[int] = set()
    for index, group in enumerate(groups):
        if all(p.line.bold for p in group if p.line):
            bold.add(index)
        top, bottom = min(p.t for p in group), max(p.b for p in group)
        cells: dict[tuple[int, int], list[ColumnPiece]] = {}
        for piece in (part for whole in group for part in _split(whole, columns)):
            first, last = _covered(piece, columns, edges)
            if (span := _overlapping(cells, first, last)) is not None:
                held = cells.pop(span)
                cells[(min(first, span[0]), max(last, span[1]))] = [*held, piece]
            else:
                cells[(first, max(first, last))] = [piece]
        covered: set[int] = set()
        for (first, last), held in sorted(cells.items()):
            words = [word for p in held if p.line for word in p.line.words]
            grid.cells.append(LineGridCell(index, first, index + 1, last + 1, bounds(held), cell_text(words)))
            covered.update(range(first, last + 1))
        for column in range(len(columns)):
            if column not in covered:
                low, high = columns[column]
                grid.cells.append(LineGridCell(index, column, index + 1, column + 1, Box(low, top, high, bottom)))
    grid.cells.sort(key=lambda cell: (cell.row, cell.column))
    mark_header(grid, bold)
    if regular:
        filled = sum(bool(cell.text) for cell in grid.cells)
        grid.confidence = round(0.5 + 0.5 * filled / max(1, len(grid.cells)), 3)
    return grid


def _covered(piece: ColumnPiece, columns: Sequence[HorizontalSpan], edges: Sequence[float]) -> tuple[int, int]:
    """Returns the first and the last column the piece stands over: if as wide as a rule, those whose middle is above it."""
    if piece.line is not None and piece.r - piece.l > piece.line.width + 1:
        under = [index for index, (low, high) in enumerate(columns) if piece.l <= (low + high) / 2 <= piece.r]
        if under:
            return under[0], under[-1]
    over = [index for index, (low, high) in enumerate(columns) if piece.l < high - 1 and piece.r > low + 1]
    if over:
        return over[0], over[-1]
    return sum(piece.l > edge - 1 for edge in edges), sum(piece.r > edge + 1 for edge in edges)


def _split(piece: ColumnPiece, columns: Sequence[HorizontalSpan]) -> list[ColumnPiece]:
    """Splits the piece at the columns it covers, if its blanks fall between them; else returns the piece, which spans them."""
    line = piece.line
    if line is None or len(line.words) < 2:
        return [piece]
    groups: dict[int, list[Word]] = {}
    for word in line.words:
        held = [i for i, (low, high) in enumerate(columns) if word.l < high and word.r > low]
        if len(held) > 1:
            return [piece]
        middle = (word.l + word.r) / 2
        place = held[0] if held else min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - middle))
        groups.setdefault(place, []).append(word)
    if len(groups) < 2:
        return [piece]
    parts = [make_line(words) for words in groups.values()]
    parts.sort(key=lambda part: part.l)
    gaps = [b.l - a.r for a, b in pairwise(parts)]
    if any(gap < 0.22 * line.size for gap in gaps):
        return [piece]
    # a title over several columns has blanks like any text, a row of heads has wider blanks, or sits under none
    inner = [b.l - a.r for part in parts for a, b in pairwise(part.words)]
    if inner and min(gaps) < 1.15 * max(inner):
        return [piece]
    return [ColumnPiece(part.l, part.t, part.r, part.b, part) for part in parts]


def _overlapping(cells: dict[tuple[int, int], list[ColumnPiece]], first: int, last: int) -> tuple[int, int] | None:
    return next((span for span in cells if span[0] <= last and first <= span[1]), None)


def grid_of_region(content: PageContent, box: Box) -> LineGrid | None:
    """Returns the words in `box` as a table, whatever they look like; None if they keep no two columns apart."""
    lines = join_words(inside(content.words, box, 1.0))
    rows = rows_of([ColumnPiece(line.l, line.t, line.r, line.b, line) for line in lines])
    columns = _columns(rows, tolerated=max(0, len(rows) // 5)) if rows else []
    return _grid(rows, columns, regular=True) if len(columns) > 1 else None
