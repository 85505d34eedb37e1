"""Reads grid tables, which pandoc and reStructuredText draw with `+`, `-` and `|`; Markdown parsers take them for text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

MAX_COLUMNS = 200

_RULE = re.compile(r"\+(?:[-=:]+\+)+$")


def grid_table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Reads a grid table without spans; a block of other lines stays what it is."""
    first = _line(state, start_line)
    if not _RULE.fullmatch(first) or first.count("+") > MAX_COLUMNS or state.is_code_block(start_line):
        return False
    edges = [at for at, character in enumerate(first) if character == "+"]
    lines = [first]
    for number in range(start_line + 1, end_line):
        line = _line(state, number)
        if not line.startswith(("+", "|")) or state.sCount[number] < state.blkIndent:
            break
        lines.append(line)
    if len(lines) < 3 or not _RULE.fullmatch(lines[-1]) or not all(_fits(line, edges) for line in lines):
        return False
    if not silent:
        _push(state, _rows(lines, edges))
        state.line = start_line + len(lines)
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _fits(line: str, edges: Sequence[int]) -> bool:
    """True of a rule of the table, or of a line with a bar at every edge."""
    return all(at < len(line) and line[at] in "+|" for at in edges) and len(line) == edges[-1] + 1


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


def _push(state: StateBlock, rows: Iterator[tuple[list[str], bool]]) -> None:
    state.push("table_open", "table", 1)
    for cells, is_header in rows:
        if is_header:
            state.push("thead_open", "thead", 1)
        state.push("tr_open", "tr", 1)
        for cell in cells:
            tag = "th" if is_header else "td"
            state.push(f"{tag}_open", tag, 1)
            inline: Token = state.push("inline", "", 0)
            inline.content, inline.children = cell, []
            state.push(f"{tag}_close", tag, -1)
        state.push("tr_close", "tr", -1)
        if is_header:
            state.push("thead_close", "thead", -1)
    state.push("table_close", "table", -1)
