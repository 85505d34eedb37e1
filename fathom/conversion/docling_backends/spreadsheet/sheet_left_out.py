"""Writes the notices of hidden or missing content of a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.conversion.docling_backends.spreadsheet.sheet import column_name
from fathom.conversion.report import Notice

MAX_NAMED = 8


def hidden_sheet(name: str) -> Notice:
    """Returns the notice of a hidden sheet."""
    return Notice(kind="hidden_sheet", message=f'The sheet "{name}" is hidden and was left out.', where=name)


def hidden_rows(name: str, rows: Sequence[int]) -> Notice:
    """Returns the notice of hidden rows (from 0) with content."""
    return _hidden("row", name, len(rows), _runs([row + 1 for row in sorted(rows)]))


def hidden_columns(name: str, columns: Sequence[int]) -> Notice:
    """Returns the notice of hidden columns (from 0) with content."""
    return _hidden("column", name, len(columns), _few([column_name(column) for column in sorted(columns)]))


def hidden_values(name: str, count: int) -> Notice:
    """Returns the notice of values hidden by their number format."""
    verb = "is" if count == 1 else "are"
    message = f'{_count(count, "value")} of the sheet "{name}" {verb} hidden by the number format and left out.'
    return Notice(kind="hidden_values", message=message, count=count, where=name)


def formulas_without_value(name: str, cells: Sequence[str]) -> Notice:
    """Returns the notice of cells whose formula was never calculated."""
    has, shown = ("has", "is shown as a formula") if len(cells) == 1 else ("have", "are shown as formulas")
    subject = f'{_count(len(cells), "formula")} of the sheet "{name}" ({_few(cells)})'
    message = f"{subject} {has} no calculated value in the file and {shown}."
    return Notice(kind="formula_without_value", message=message, count=len(cells), where=name)


def repeated_cells(name: str, count: int) -> Notice:
    """Returns the notice of cell repetitions beyond the limit."""
    message = (
        f'{_count(count, "repetition")} of the same cells of the sheet "{name}" {"was" if count == 1 else "were"} left out.'
    )
    return Notice(kind="repeated_cells", message=message, count=count, where=name)


def _hidden(line: str, name: str, count: int, places: str) -> Notice:
    verb = "was" if count == 1 else "were"
    message = f'{_count(count, f"hidden {line}")} of the sheet "{name}" ({places}) {verb} left out.'
    return Notice(kind=f"hidden_{line}s", message=message, count=count, where=name)


def _count(number: int, singular: str) -> str:
    return f"{number} {singular}" if number == 1 else f"{number} {singular}s"


def _few(names: Sequence[str]) -> str:
    return ", ".join([*names[:MAX_NAMED], "…"] if len(names) > MAX_NAMED else names)


def _runs(numbers: Sequence[int]) -> str:
    """Returns sorted numbers as runs, `3-5, 9`."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return _few([str(first) if first == last else f"{first}-{last}" for first, last in runs])
