"""Puts the points of a chart's series into a table: a row for every category, a column for every series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from docling_core.types.doc import TableCell, TableData

Points = dict[int, str]


@dataclass
class Series:
    """A series: its name, and the category, value and size of each point by number."""

    name: str
    categories: Points = field(default_factory=dict[int, str])
    values: Points = field(default_factory=dict[int, str])
    sizes: Points = field(default_factory=dict[int, str])


def join_levels(levels: Sequence[Points]) -> Points:
    """Joins levels of categories, innermost first; an outer name holds until the next outer name."""
    if not levels:
        return {}
    inner, *outer = levels
    names = [""] * len(outer)
    found: Points = {}
    for number in sorted({number for level in levels for number in level}):
        for at, level in enumerate(outer):
            names[at] = level.get(number, names[at])
        found[number] = " ".join(filter(None, [*reversed(names), inner.get(number, "")]))
    return found


def table_of(series: Sequence[Series], corner: str) -> TableData | None:
    """Returns a row for every category, with a column for each series; if their categories differ, a row for every point."""
    filled = [entry for entry in series if entry.values or entry.categories]
    if not filled:
        return None
    shared = [entry.categories for entry in filled if entry.categories]
    if any(categories != shared[0] for categories in shared) and not _extend_each_other(shared):
        rows = [["", corner]]
        rows += [
            [entry.name, entry.categories.get(at, ""), entry.values.get(at, ""), *_size(entry, at)]
            for entry in filled
            for at in sorted({*entry.categories, *entry.values})
        ]
        return _grid(rows)
    names = max(shared, key=len, default={})
    columns: list[tuple[str, Points]] = []
    for entry in filled:
        columns.append((entry.name, entry.values))
        if entry.sizes:
            columns.append((f"{entry.name} size".strip(), entry.sizes))
    numbers = sorted({*names, *(at for _, points in columns for at in points)})
    rows = [[corner, *(name for name, _ in columns)]]
    rows += [[names.get(at, ""), *(points.get(at, "") for _, points in columns)] for at in numbers]
    return _grid(rows)


def _extend_each_other(categories: Sequence[Points]) -> bool:
    """Returns whether all series' categories agree with the longest in position."""
    longest = max(categories, key=len)
    return all(longest.get(at) == name for points in categories for at, name in points.items())


def _size(entry: Series, at: int) -> list[str]:
    return [entry.sizes[at]] if at in entry.sizes else []


def _grid(rows: Sequence[Sequence[str]]) -> TableData:
    cells = [
        TableCell(
            text=text,
            start_row_offset_idx=row,
            end_row_offset_idx=row + 1,
            start_col_offset_idx=column,
            end_col_offset_idx=column + 1,
            column_header=row == 0,
            row_header=row > 0 and column == 0,
        )
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    return TableData(num_rows=len(rows), num_cols=max(map(len, rows)), table_cells=cells)
