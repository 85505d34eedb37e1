"""Collects runs into paragraphs, and paragraphs and other blocks in order."""

from __future__ import annotations

from dataclasses import replace

from fathom.conversion.docling_backends.markup.markup_blocks import (
    Code,
    Footnote,
    Formula,
    ItemList,
    MarkupBlock,
    MarkupHeading,
    MarkupTable,
    Paragraph,
    Picture,
)
from fathom.conversion.docling_backends.markup.markup_inline import PLAIN, InlineStyle, Run, is_blank


class Sink:
    """Collects runs and blocks. An inline sink joins everything into a line: a title, a caption, a note."""

    def __init__(self, *, inline: bool = False) -> None:
        self.blocks: list[MarkupBlock] = []
        self.runs: list[Run] = []
        self._inline = inline
        self._aside: list[MarkupBlock] = []

    def emit(self, text: str, style: InlineStyle = PLAIN) -> None:
        """Adds text to the paragraph."""
        if text:
            self.runs.append(Run(text, style))

    def paragraph(self) -> None:
        """Ends the paragraph."""
        if self._inline:
            self.emit(" ")
            return
        if not is_blank(self.runs):
            self.blocks.append(Paragraph(self.runs))
        self.runs = []
        self.blocks += self._aside
        self._aside = []

    def add(self, block: MarkupBlock) -> None:
        """Ends the paragraph and adds a block behind it."""
        if self._inline:
            self.runs += [Run(" "), *flatten_block(block), Run(" ")]
            return
        self.paragraph()
        self.blocks.append(block)

    def add_aside(self, block: MarkupBlock) -> None:
        """Adds a block to be placed behind the paragraph, which continues."""
        if self._inline or is_blank(self.runs):
            self.add(block)
        else:
            self._aside.append(block)

    def finish(self) -> list[MarkupBlock]:
        """Ends the last paragraph and returns all blocks."""
        self.paragraph()
        return self.blocks

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been added yet."""
        return not self.blocks and is_blank(self.runs)


def flatten_block(block: MarkupBlock) -> list[Run]:
    """Returns the text of a block as the runs of a line."""
    match block:
        case MarkupHeading() | Paragraph() | Footnote():
            return list(block.runs)
        case Code():
            return [Run(block.text, InlineStyle(code=True))]
        case Formula():
            return [Run(block.text, InlineStyle(formula=True))]
        case Picture():
            return list(block.caption)
        case ItemList():
            found: list[Run] = []
            for item in block.items:
                found.append(Run(f" {item.marker or '-'} "))
                found += join_blocks(item.blocks)
            return found
        case MarkupTable():
            lines = [[join_blocks(cell.blocks) for cell in row] for row in block.rows]
            return [run for row in lines for cell in row for run in (*cell, Run(" "))]


def join_blocks(blocks: list[MarkupBlock]) -> list[Run]:
    """Returns the text of blocks as the runs of a line."""
    found: list[Run] = []
    for block in blocks:
        found += [*([Run(" ")] if found else []), *flatten_block(block)]
    return found


def in_style(runs: list[Run], **changes: bool | str) -> list[Run]:
    """Returns the runs with their style changed."""
    return [replace(run, style=replace(run.style, **changes)) for run in runs]  # type: ignore[arg-type]
