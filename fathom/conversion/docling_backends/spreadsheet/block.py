"""Splits a sheet into rectangles of filled cells, and determines the value kinds of their columns."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fathom.conversion.docling_backends.spreadsheet.sheet import CellKind, SheetCell, ShownSheet

# Rows sampled to determine the value kind of a column.
MAX_SAMPLED = 200

NumberedCell = tuple[int, SheetCell]


@dataclass(slots=True)
class CellBlock:
    """Filled cells by row, each row sorted by column; no row is empty."""

    cells: dict[int, list[NumberedCell]]
    _columns: list[int] = field(default_factory=list[int])
    _kinds: dict[tuple[int, int], dict[int, CellKind]] = field(default_factory=dict[tuple[int, int], dict[int, CellKind]])

    @staticmethod
    def of(sheet: ShownSheet) -> CellBlock:
        """Returns all filled cells of the sheet."""
        return CellBlock({row: sorted(cells.items(), key=_column) for row, cells in sorted(sheet.cells.items()) if cells})

    @property
    def rows(self) -> list[int]:
        """The filled rows, in order."""
        return list(self.cells)

    def columns(self) -> list[int]:
        """Returns the columns in which a cell begins, in order."""
        if not self._columns:
            self._columns = sorted({column for placed in self.cells.values() for column, _ in placed})
        return self._columns

    def of_rows(self, rows: Iterable[int]) -> CellBlock:
        """Returns the block of the given rows."""
        return CellBlock({row: self.cells[row] for row in rows})

    def of_columns(self, left: int, right: int) -> CellBlock:
        """Returns the cells that begin between two columns, both included."""
        kept: dict[int, list[NumberedCell]] = {}
        for row, placed in self.cells.items():
            start = bisect_left(placed, left, key=_column)
            end = bisect_left(placed, right + 1, key=_column)
            if start < end:
                kept[row] = placed[start:end]
        return CellBlock(kept)

    def row_texts(self, row: int) -> list[str]:
        """Returns the texts of a row's cells."""
        return [cell.text.strip() for _, cell in self.cells[row]]

    def kinds(self, rows: Sequence[int]) -> dict[int, CellKind]:
        """Returns, by column, the most frequent value kind in these rows; only the first rows are sampled."""
        rows = rows[:MAX_SAMPLED]
        key = (rows[0] if rows else -1, len(rows))
        if key not in self._kinds:
            counts: dict[int, Counter[CellKind]] = {}
            for row in rows:
                for column, cell in self.cells[row]:
                    counts.setdefault(column, Counter())[cell.kind] += 1
            self._kinds[key] = {column: counted.most_common(1)[0][0] for column, counted in counts.items()}
        return self._kinds[key]


def is_typed(cell: SheetCell) -> bool:
    """Returns whether the value is not text; a year counts as text, since it may name a column."""
    return cell.kind not in ("text", "error") and not is_year(cell)


def is_year(cell: SheetCell) -> bool:
    """Returns whether the value is a whole number from 1900 to 2100 in the format of a year."""
    return cell.kind == "number" and len(cell.text) == 4 and cell.text.isdigit() and 1900 <= int(cell.text) <= 2100


def stands_out(placed: Sequence[NumberedCell]) -> bool:
    """Returns whether most cells of a row are bold or filled."""
    return 2 * sum(cell.look.stands_out for _, cell in placed) > len(placed)


def is_counted(placed: Sequence[NumberedCell]) -> bool:
    """Returns whether a row's numbers increase evenly, like weeks or years that name columns."""
    numbers = [int(cell.text) for _, cell in placed if cell.kind == "number" and cell.text.isdigit() and len(cell.text) < 6]
    steps = {second - first for first, second in pairwise(numbers)}
    return len(numbers) > 2 and len(steps) == 1 and steps.pop() > 0


def _column(placed: NumberedCell) -> int:
    return placed[0]
