"""Reads grid tables, which pandoc and reStructuredText draw with `+`, `-` and `|`; Markdown parsers read them as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it.rules_block import StateBlock

from fathom.conversion.docling_backends.markdown.spanned_grid import spanned_rows
from fathom.conversion.docling_backends.markdown.table_tokens import FILLER, MarkdownCell, push_table

MAX_COLUMNS = 200

# Double-width characters, which are followed by a filler for the second column.
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0001faff]"
)
_RULE = re.compile(r"\+(?:[-=:]+\+)+$")


def grid_table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Reads a grid table (markdown-it block rule); returns False for a block of other lines."""
    first = _line(state, start_line)
    if not _RULE.fullmatch(first) or first.count("+") > MAX_COLUMNS or state.is_code_block(start_line):
        return False
    lines = [first]
    for number in range(start_line + 1, end_line):
        line = _line(state, number)
        if not line.startswith(("+", "|")) or state.sCount[number] < state.blkIndent:
            break
        lines.append(line)
    if len(lines) < 3 or not _RULE.fullmatch(lines[-1]):
        return False
    rows = _grid(lines)
    if not rows and not all(map(str.isascii, lines)):
        rows = _grid([_WIDE.sub(rf"\g<0>{FILLER}", line) for line in lines])
    if not rows:
        return False
    if not silent:
        push_table(state, rows)
        state.line = start_line + len(lines)
    return True


def _grid(lines: Sequence[str]) -> list[tuple[list[MarkdownCell], bool]]:
    """Returns the cells of each row, and whether the row is a header; empty if the lines are no grid."""
    edges = [at for at, character in enumerate(lines[0]) if character == "+"]
    fits = all(_fits(line, edges) for line in lines)
    rows = [] if fits and all(_is_even(line, edges) for line in lines) else spanned_rows(lines)
    if fits and not rows:
        rows = [([MarkdownCell(text) for text in cells], is_header) for cells, is_header in _rows(lines, edges)]
    return rows


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _fits(line: str, edges: Sequence[int]) -> bool:
    """Returns whether the line is a rule of the table or has a bar at every edge."""
    return all(at < len(line) and line[at] in "+|" for at in edges) and len(line) == edges[-1] + 1


def _is_even(line: str, edges: Sequence[int]) -> bool:
    """Returns whether the line draws no rule within a cell."""
    if _RULE.fullmatch(line):
        return [at for at, character in enumerate(line) if character == "+"] == list(edges)
    return "+--" not in line and "--+" not in line


def _rows(lines: Sequence[str], edges: Sequence[int]) -> Iterator[tuple[list[str], bool]]:
    """Yields the cells of each row, and whether it is a header: those above a rule of `=`."""
    has_header = any("=" in line for line in lines if _RULE.fullmatch(line))
    held: list[list[str]] = []
    for line in lines:
        if not _RULE.fullmatch(line):
            held.append([line[left + 1 : right].strip() for left, right in pairwise(edges)])
        elif held:
            yield ["\n".join(filter(None, column)) for column in zip(*held, strict=True)], has_header
            held = []
        has_header = has_header and not (_RULE.fullmatch(line) and "=" in line)
