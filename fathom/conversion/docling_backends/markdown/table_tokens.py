"""Writes text-drawn tables as the tokens of Markdown's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

# Filler behind a double-width character; it is no text.
FILLER = "\x00"


@dataclass(frozen=True, slots=True)
class MarkdownCell:
    """The text of a cell, and its row and column spans."""

    text: str
    rows: int = 1
    columns: int = 1


def push_table(state: StateBlock, rows: Sequence[tuple[list[MarkdownCell], bool]]) -> None:
    """Adds the tokens of a table; each row comes with a header flag."""
    state.push("table_open", "table", 1)
    for cells, is_header in rows:
        if is_header:
            state.push("thead_open", "thead", 1)
        state.push("tr_open", "tr", 1)
        for cell in cells:
            tag = "th" if is_header else "td"
            opening = state.push(f"{tag}_open", tag, 1)
            opening.attrs = {name: span for name, span in (("rowspan", cell.rows), ("colspan", cell.columns)) if span > 1}
            inline: Token = state.push("inline", "", 0)
            inline.content, inline.children = cell.text.replace(FILLER, ""), []
            state.push(f"{tag}_close", tag, -1)
        state.push("tr_close", "tr", -1)
        if is_header:
            state.push("thead_close", "thead", -1)
    state.push("table_close", "table", -1)
