"""Writes a document as Markdown, of the same headings and blocks that chunks are made of."""

from __future__ import annotations

import re

from fathom.conversion.structure.document_blocks import (
    MARKDOWN_INDENT,
    MAX_DEPTH,
    DocumentBlock,
    Heading,
    NewScope,
    ReadDocument,
)
from fathom.conversion.structure.document_inline import escaped
from fathom.conversion.structure.document_tables import Table, row_line

MAX_HEADING_MARKS = 6
_LINE = re.compile(r"(?m)^(?=.)")


def markdown_of(document: ReadDocument) -> str:
    """Returns the document as Markdown: all that chunks hold, in the same order.

    The blocks of a list item are indented below it; a heading ends all lists.
    """
    pieces: list[str] = []
    before: DocumentBlock | None = None
    deepest = 0  # how deep the next block may stand
    for part in document.parts:
        if isinstance(part, NewScope):
            before, deepest = None, 0
            continue
        if isinstance(part, Heading):
            text, gap, before = f"{'#' * min(part.level + 1, MAX_HEADING_MARKS)} {part.markdown}", "\n\n", None
            deepest = 0
        else:
            continues = part.continues and before is not None and before.kind == part.kind
            depth = min(part.depth, deepest, MAX_DEPTH)
            text = _indented(part.markdown if part.table is None else _table(part.table), MARKDOWN_INDENT * depth)
            deepest = depth + 1 if part.kind == "list" else depth
            gap, before = "\n" if continues else "\n\n", part
        pieces += [gap, text] if pieces else [text]
    return "".join(pieces)


def _indented(text: str, indent: int) -> str:
    return _LINE.sub(" " * indent, text) if indent else text


def _table(table: Table) -> str:
    """Writes the table; a table without column names has an empty header, which Markdown requires."""
    width = max(len(table.columns), *(len(row.cells) for row in table.rows))
    names = tuple(map(escaped, table.columns)) or ("",) * width
    lines = [row_line([*names, *[""] * (width - len(names))]), f"|{'-|' * width}"]
    return "\n".join([*lines, *(row_line([*row.marked, *[""] * (width - len(row.marked))]) for row in table.rows)])
