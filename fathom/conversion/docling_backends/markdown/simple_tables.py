"""Reads the simple and multiline tables of pandoc, whose columns stand below or above rules of dashes with gaps.

Other parsers read their rules as thematic breaks and headings. A block whose lines violate the columns is no table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.rules_block import StateBlock

from fathom.conversion.docling_backends.markdown.table_tokens import MarkdownCell, push_table

MAX_COLUMNS = 100
MAX_LINES = 5000

_COLUMN_RULE = re.compile(r" {0,3}-{2,}(?: +-{2,})+ *")
_FULL_RULE = re.compile(r" {0,3}-{10,} *")

Rows = list[tuple[list[MarkdownCell], bool]]


def simple_table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Reads a table that begins at the line: with its header, a rule of columns, or a full-width rule."""
    if state.is_code_block(start_line):
        return False
    first, second = _line(state, start_line), _line(state, start_line + 1) if start_line + 1 < end_line else ""
    if _FULL_RULE.fullmatch(first):
        found = _multiline(state, start_line, end_line)
    elif _COLUMN_RULE.fullmatch(first):
        found = _without_header(state, start_line, end_line)
    elif first.strip() and _COLUMN_RULE.fullmatch(second):
        found = _with_header(state, start_line, end_line)
    else:
        return False
    if found is None:
        return False
    rows, end = found
    if not silent:
        push_table(state, rows)
        state.line = end
    return True


def _with_header(state: StateBlock, start: int, end: int) -> tuple[Rows, int] | None:
    lines = _lines_until_blank(state, start + 2, end)
    if lines and _COLUMN_RULE.fullmatch(lines[-1]):
        lines = lines[:-1]
        after = start + 3 + len(lines)
    else:
        after = start + 2 + len(lines)
    columns = _columns(_line(state, start + 1))
    header = _cells([_line(state, start)], columns)
    body = [_cells([line], columns) for line in lines]
    return _rows(body, after, header=header) if header is not None else None


def _without_header(state: StateBlock, start: int, end: int) -> tuple[Rows, int] | None:
    lines = _lines_until_blank(state, start + 1, end)
    closing = next((number for number, line in enumerate(lines) if _COLUMN_RULE.fullmatch(line)), None)
    if not closing:
        return None
    columns = _columns(_line(state, start))
    return _rows([_cells([line], columns) for line in lines[:closing]], start + closing + 2)


def _multiline(state: StateBlock, start: int, end: int) -> tuple[Rows, int] | None:
    """Reads header lines up to a rule of columns, then multi-line rows separated by blank lines, up to a full rule."""
    lines: list[str] = []
    for number in range(start + 1, min(end, start + MAX_LINES)):
        line = _line(state, number)
        if _FULL_RULE.fullmatch(line):
            break
        lines.append(line)
    else:
        return None
    last = len(lines)
    rule = next((number for number, line in enumerate(lines) if _COLUMN_RULE.fullmatch(line)), None)
    if not rule or not all(line.strip() for line in lines[:rule]):
        return None
    columns = _columns(lines[rule])
    body: list[list[MarkdownCell] | None] = []
    group: list[str] = []
    for line in [*lines[rule + 1 :], ""]:
        if line.strip():
            group.append(line)
        elif group:
            body.append(_cells(group, columns))
            group = []
    header = _cells(lines[:rule], columns)
    return _rows(body, start + last + 2, header=header) if header is not None else None


def _rows(
    body: Sequence[list[MarkdownCell] | None], end: int, *, header: list[MarkdownCell] | None = None
) -> tuple[Rows, int] | None:
    """Returns the rows with the line behind them; None if a row violates the columns."""
    rows: Rows = [(header, True)] if header is not None else []
    for cells in body:
        if cells is None:
            return None
        rows.append((cells, False))
    return (rows, end) if body else None


def _columns(rule: str) -> list[int]:
    """Returns where each column begins."""
    return [found.start() for found in re.finditer(r"-+", rule)]


def _cells(lines: Sequence[str], columns: Sequence[int]) -> list[MarkdownCell] | None:
    """Returns the cells of a row of lines; None if a word crosses the beginning of a column."""
    if len(columns) > MAX_COLUMNS:
        return None
    texts: list[list[str]] = [[] for _ in columns]
    for line in lines:
        for number, start in enumerate(columns):
            if number and line[start - 1 : start].strip():
                return None
            until = columns[number + 1] if number + 1 < len(columns) else len(line)
            if text := line[start if number else 0 : until].strip():
                texts[number].append(text)
    return [MarkdownCell("\n".join(text)) for text in texts]


def _lines_until_blank(state: StateBlock, start: int, end: int) -> list[str]:
    lines: list[str] = []
    for number in range(start, min(end, start + MAX_LINES)):
        line = _line(state, number)
        if not line.strip():
            break
        lines.append(line)
    return lines


def _line(state: StateBlock, number: int) -> str:
    """Returns the line with its indentation relative to the block."""
    return state.getLines(number, number + 1, state.blkIndent, False).rstrip("\n")
