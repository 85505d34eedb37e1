"""Writes a generated document as Markdown (GFM with footnotes)."""

from __future__ import annotations

import re

from tests.evaluation.generated.content import Block, Grid, Heading, Items, Line, Paragraph, Story

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
MARKS = {"bold": ("**", "**"), "italic": ("*", "*"), "link": ("[", "](https://example.org/a_(b))")}


def markdown(story: Story) -> str:
    """Returns the text."""
    notes: list[Line] = []
    blocks = [_block(block, notes) for block in story]
    blocks += [f"[^{number}]: {_line(note)}" for number, note in enumerate(notes, 1)]
    return "\n\n".join(blocks) + "\n"


def _block(block: Block, notes: list[Line]) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_line(block.line)}"
    if isinstance(block, Paragraph):
        if not block.note:
            return _line(block.line)
        notes.append(block.note)
        return f"{_line(block.line)}[^{len(notes)}]"
    return "\n".join(_items(block, "")) + "\n\n<!-- end -->" if isinstance(block, Items) else _grid(block)


def _line(line: Line) -> str:
    """Returns the line; a mark is left out where Markdown has none: beside blanks and punctuation."""
    shown = ""
    for run, after in zip(line, [*line[1:], None], strict=True):
        text = PUNCTUATION.sub(r"\\\1", run.text)
        begin, end = MARKS.get(run.mark, ("", ""))
        beside = shown[-1:].isalnum() or shown[-1:] in ("", " ")
        beyond = after is None or after.text[0].isalnum() or after.text[0] == " "
        if run.text[0].isalnum() and run.text[-1].isalnum() and beside and beyond and not shown.endswith(("*", ")")):
            text = f"{begin}{text}{end}"
        shown += text
    return shown


def _items(items: Items, indent: str) -> list[str]:
    found: list[str] = []
    for number, item in enumerate(items.items, 1):
        mark = f"{number}." if items.ordered else "-"
        found.append(f"{indent}{mark} {_line(item.line)}")
        if item.below is not None:
            found += _items(item.below, f"{indent}{' ' * (len(mark) + 1)}")
    return found


def _grid(grid: Grid) -> str:
    rows = [f"| {' | '.join(_line(cell.line) for cell in row)} |" for row in grid.rows]
    return "\n".join([rows[0], "|" + "---|" * len(grid.rows[0]), *rows[1:]])
