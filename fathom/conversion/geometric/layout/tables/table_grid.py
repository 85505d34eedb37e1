"""A table as a grid of cells with their texts; spans say how many rows and columns a cell covers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from fathom.conversion.geometric.layout.page_content import Box, PageLine, Word
from fathom.conversion.geometric.layout.text_lines import join_words, merge_lines

NUMERIC = re.compile(r"^[\s(\-–+±~<>≈$€£¥%.,:/\d)]*\d[\s(\-–+±$€£¥%.,:/\d)*†‡kKMB]*$")
YEAR = re.compile(r"^\(?(?:19|20)\d\d(?:[/–-]\d\d(?:\d\d)?)?\)?$")
HYPHEN_AT_END = re.compile(r"(?<=[^\W\d_])-$")


@dataclass(slots=True)
class LineGridCell:
    """A cell: its place in the grid (end exclusive), its box on the page and its text."""

    row: int
    column: int
    end_row: int
    end_column: int
    box: Box
    text: str = ""
    header: bool = False


@dataclass(slots=True)
class LineGrid:
    """A table. `confidence` is the share of a table's properties (filled, aligned cells) that it has, 0-1."""

    box: Box
    rows: int
    columns: int
    cells: list[LineGridCell] = field(default_factory=list[LineGridCell])
    confidence: float = 1.0
    ruled: bool = True


def cell_text(words: Sequence[Word]) -> str:
    """Returns the words of a cell, line after line, with words that were divided at a line's end put together."""
    text = ""
    for line in cell_lines(words):
        if text and HYPHEN_AT_END.search(text) and line.text[:1].islower():
            text = text[:-1] + line.text
        else:
            text = f"{text} {line.text}" if text else line.text
    return text.strip()


def cell_lines(words: Sequence[Word]) -> list[PageLine]:
    """Returns the lines of a cell, each from the words on the same baseline."""
    lines: list[PageLine] = []
    group: list[PageLine] = []
    for piece in join_words(words):
        if group and _beside(group[0], piece):
            group.append(piece)
            continue
        if group:
            lines.append(merge_lines(group))
        group = [piece]
    if group:
        lines.append(merge_lines(group))
    return lines


def _beside(a: PageLine, b: PageLine) -> bool:
    return min(a.b, b.b) - max(a.t, b.t) > 0.5 * min(a.height, b.height)


def mark_header(grid: LineGrid, bold_rows: set[int]) -> None:
    """Cells of the first row (and rows it spans) are headers, if they read like names of columns."""
    first = [cell for cell in grid.cells if cell.row == 0]
    if grid.rows < 2 or not first:
        return
    named = [cell for cell in first if cell.text]
    figures = [cell for cell in named if NUMERIC.match(cell.text)]
    years = len(figures) < len(named) and all(YEAR.match(cell.text) for cell in figures)
    if not named or (len(figures) > 0.5 * len(named) and not years and 0 not in bold_rows):
        return
    last = max((cell.end_row for cell in first if cell.text and cell.end_column - cell.column < grid.columns), default=1)
    for cell in grid.cells:
        if cell.end_row <= max(1, min(last, 3)):
            cell.header = True


def read_leftward(grid: LineGrid) -> LineGrid:
    """Returns the grid; where most of its letters are of scripts that run leftward, its rightmost column comes first."""
    leftward = rightward = 0
    for cell in grid.cells:
        for character in cell.text:
            direction = unicodedata.bidirectional(character)
            leftward += direction in {"R", "AL"}
            rightward += direction == "L"
    if leftward > rightward:
        for cell in grid.cells:
            cell.column, cell.end_column = grid.columns - cell.end_column, grid.columns - cell.column
        grid.cells.sort(key=lambda cell: (cell.row, cell.column))
    return grid
