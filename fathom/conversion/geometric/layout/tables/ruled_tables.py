"""Tables whose cells are separated by painted rules."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from fathom.conversion.geometric.layout.page_content import Box, PageContent, Rule, Word, bounds, inside
from fathom.conversion.geometric.layout.tables.striped_rows import with_unshaded_rows
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid, LineGridCell, cell_lines, cell_text, mark_header

# Rules whose ends come so near to each other meet, in points; rules so near to each other are the same.
MEET = 3.0
SAME = 2.5
# Nothing stands between rules that are so near: a double rule.
NARROWEST = 4.0
MAX_RULES = 4_000
MAX_SLOTS = 20_000
# Of the cells of a table at least so many have a text; a plot's grid has none.
FILLED = 0.2


def find_ruled_tables(content: PageContent) -> list[LineGrid]:
    """Returns every table with rules between its cells, from top to bottom."""
    rules = join_rules(content.rules)
    grids = _grids(rules, content.words)
    # shading inside a table with rules says nothing of its cells; elsewhere its edges part them
    loose = [fill for fill in content.fills if not any(_within(fill, grid.box) for grid in grids)]
    shaded = fill_edges(with_unshaded_rows(loose, content.words))
    if shaded:
        free = [rule for rule in rules if not any(_on(rule, grid.box) for grid in grids)]
        grids += _grids(join_rules([*free, *shaded]), content.words)
    grids.sort(key=lambda grid: (grid.box.t, grid.box.l))
    return [g for g in grids if not any(_within(g.box, other.box) for other in grids if other is not g)]


def _grids(rules: Sequence[Rule], words: Sequence[Word]) -> list[LineGrid]:
    if len(rules) > MAX_RULES:
        return []
    found = [_grid(group, words) for group in _connected(rules)]
    return [grid for grid in found if grid is not None]


def _on(rule: Rule, box: Box) -> bool:
    return rule.l >= box.l - SAME and rule.r <= box.r + SAME and rule.t >= box.t - SAME and rule.b <= box.b + SAME


def _within(a: Box, b: Box) -> bool:
    return a.l >= b.l - SAME and a.t >= b.t - SAME and a.r <= b.r + SAME and a.b <= b.b + SAME and a.area < b.area


def fill_edges(fills: Sequence[Box]) -> list[Rule]:
    """Returns the edges of shaded areas that lie side by side like cells."""
    cells = [f for f in fills if f.width > 8 and 6 < f.height < 120]
    if not 4 <= len(cells) <= 1500:
        return []
    edges: list[Rule] = []
    tops: dict[int, int] = {}
    for cell in cells:
        tops[round(cell.t)] = tops.get(round(cell.t), 0) + 1
    for cell in cells:
        if tops[round(cell.t)] < 2:
            continue  # a bar across the page is no cell
        edges += [
            Rule(cell.l, cell.t, cell.r, cell.t),
            Rule(cell.l, cell.b, cell.r, cell.b),
            Rule(cell.l, cell.t, cell.l, cell.b),
            Rule(cell.r, cell.t, cell.r, cell.b),
        ]
    return edges


def join_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Joins rules that lie on the same line and touch."""
    joined: list[Rule] = []
    for horizontal in (True, False):
        lines: list[tuple[float, float, float]] = sorted(
            (r.t, r.l, r.r) if horizontal else (r.l, r.t, r.b) for r in rules if r.horizontal == horizontal
        )
        open_rules: list[list[float]] = []
        done: list[list[float]] = []
        for at, low, high in lines:
            kept: list[list[float]] = []
            for rule in open_rules:
                (kept if at - rule[0] <= SAME else done).append(rule)
            open_rules = kept
            for rule in open_rules:
                if low <= rule[2] + MEET and high >= rule[1] - MEET:
                    rule[1], rule[2] = min(rule[1], low), max(rule[2], high)
                    break
            else:
                open_rules.append([at, low, high])
        for at, low, high in done + open_rules:
            joined.append(Rule(low, at, high, at) if horizontal else Rule(at, low, at, high))
    return joined


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Returns groups of rules that meet, directly or through others."""
    flat = sorted((r for r in rules if r.horizontal), key=lambda r: r.t)
    upright = [r for r in rules if not r.horizontal]
    heights = [r.t for r in flat]
    parent = {id(r): id(r) for r in rules}

    def root(key: int) -> int:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for v in upright:
        for h in flat[bisect_left(heights, v.t - MEET) : bisect_left(heights, v.b + MEET)]:
            if h.l - MEET <= v.l <= h.r + MEET:
                parent[root(id(v))] = root(id(h))
    groups: dict[int, list[Rule]] = {}
    for rule in rules:
        groups.setdefault(root(id(rule)), []).append(rule)
    return [group for group in groups.values() if len(group) >= 4]


def _grid(group: Sequence[Rule], words: Sequence[Word]) -> LineGrid | None:
    """Returns the table the rules make; None if they make a frame, a plot or an underlining."""
    box = bounds(group)
    flat = [r for r in group if r.horizontal]
    upright = [r for r in group if not r.horizontal]
    xs = _places([r.l for r in upright] + [box.l, box.r])
    ys = _places([r.t for r in flat] + [box.t, box.b])
    columns, rows = len(xs) - 1, len(ys) - 1
    if not flat or not upright or columns < 1 or rows < 1 or columns * rows < 2 or columns * rows > MAX_SLOTS:
        return None
    held = inside(words, box, 1.0)
    if not held:
        return None
    if columns == 1 and rows < 3:
        return None  # a box or two under each other: framed text
    if columns == 1 and any(len(cell_lines(inside(held, Box(xs[0], ys[i], xs[1], ys[i + 1])))) > 4 for i in range(rows)):
        return None
    spans = _spans(xs, ys, flat, upright)
    return _with_texts(LineGrid(box, rows, columns), spans, xs, ys, held)


def _places(values: Sequence[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > NARROWEST:
            places.append(value)
    return places


def _spans(xs: list[float], ys: list[float], flat: list[Rule], upright: list[Rule]) -> list[tuple[int, int, int, int]]:
    """Returns (row, column, end row, end column) of every cell; slots without a rule between them are merged."""
    rows, columns = len(ys) - 1, len(xs) - 1
    right = [[_ruled(upright, xs[j + 1], ys[i], ys[i + 1], flat=False) for j in range(columns - 1)] for i in range(rows)]
    below = [[_ruled(flat, ys[i + 1], xs[j], xs[j + 1], flat=True) for j in range(columns)] for i in range(rows - 1)]
    taken = [[False] * columns for _ in range(rows)]
    spans = []
    for i in range(rows):
        for j in range(columns):
            if taken[i][j]:
                continue
            end_column = j + 1
            while end_column < columns and not right[i][end_column - 1] and not taken[i][end_column]:
                end_column += 1
            end_row = i + 1
            while (
                end_row < rows
                and not any(below[end_row - 1][c] for c in range(j, end_column))
                and not any(taken[end_row][c] for c in range(j, end_column))
                and all(not right[end_row][c] for c in range(j, end_column - 1))
            ):
                end_row += 1
            for r in range(i, end_row):
                for c in range(j, end_column):
                    taken[r][c] = True
            spans.append((i, j, end_row, end_column))
    return spans


def _ruled(rules: list[Rule], at: float, low: float, high: float, *, flat: bool) -> bool:
    """Returns whether a rule runs at `at` along at least half of the way from `low` to `high`."""
    covered = 0.0
    for rule in rules:
        place, start, end = (rule.t, rule.l, rule.r) if flat else (rule.l, rule.t, rule.b)
        if abs(place - at) <= NARROWEST:
            covered += max(0.0, min(end, high) - max(start, low))
    return covered >= 0.5 * (high - low)


def _with_texts(
    grid: LineGrid, spans: list[tuple[int, int, int, int]], xs: list[float], ys: list[float], words: list[Word]
) -> LineGrid | None:
    placed = [(span, inside(words, Box(xs[span[1]], ys[span[0]], xs[span[3]], ys[span[2]]))) for span in spans]
    filled = sum(bool(held) for _, held in placed)
    if filled < max(2, FILLED * len(placed)):
        return None
    bold: set[int] = set()
    offset = 0
    for row in range(grid.rows):
        own = [(span, held) for span, held in placed if span[0] == row]
        single = all(span[2] == row + 1 for span, _ in own) and all(s[2] <= row or s[0] >= row for s, _ in placed)
        parts = _subrows([held for _, held in own]) if single and len(own) > 1 else None
        if any(word.bold for _, held in own for word in held) and all(w.bold for _, held in own for w in held):
            bold.add(row + offset)
        for (top, left, bottom, right), held in own:
            box = Box(xs[left], ys[top], xs[right], ys[bottom])
            if parts is None:
                end = bottom + offset
                grid.cells.append(LineGridCell(row + offset, left, end, right, box, cell_text(held)))
                continue
            for index, (low, high) in enumerate(parts):
                text = cell_text([w for w in held if low <= (w.t + w.b) / 2 < high])
                part = Box(box.l, max(low, box.t), box.r, min(high, box.b))
                grid.cells.append(LineGridCell(row + offset + index, left, row + offset + index + 1, right, part, text))
        offset += len(parts) - 1 if parts else 0
    grid.rows += offset
    grid.confidence = round(min(1.0, 0.5 + 0.5 * filled / len(placed)), 3)
    mark_header(grid, bold)
    return grid


def _subrows(cells: list[list[Word]]) -> list[tuple[float, float]] | None:
    """Returns the heights (from, to) of each row of text within a ruled row; None if it is a single row."""
    lines = [cell_lines(held) for held in cells if held]
    if len(lines) < 2 or len(lines) < len(cells) - 1:
        return None
    count = len(lines[0])
    if count < 3 or any(len(column) != count for column in lines):
        return None
    for row in range(count):
        baselines = [column[row].baseline for column in lines]
        if max(baselines) - min(baselines) > 0.25 * lines[0][row].size:
            return None
    edges = [(lines[0][i].b + lines[0][i + 1].t) / 2 for i in range(count - 1)]
    return list(zip([-1e9, *edges], [*edges, 1e9], strict=True))
