"""What a generated document says: headings, paragraphs with notes, nested lists and tables, in lines whose marks cut words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Run:
    """A piece of a line that is set in one way; it may begin or end within a word."""

    text: str
    mark: str = ""


Line: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the highest."""

    level: int
    line: Line


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, with a note on its last word where there is one."""

    line: Line
    note: Line = ()


@dataclass(frozen=True)
class Item:
    """An item of a list, with a list below it where there is one."""

    line: Line
    below: Items | None = None


@dataclass(frozen=True)
class Items:
    """A list."""

    ordered: bool
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Cell:
    """A cell over so many columns: a line, and a list or a table below it where there is one."""

    line: Line
    across: int = 1
    below: Items | Grid | None = None


@dataclass(frozen=True)
class Grid:
    """A table whose rows are equally wide, its first one a header where it says so."""

    rows: tuple[tuple[Cell, ...], ...]
    header: bool = True


Block: TypeAlias = Heading | Paragraph | Items | Grid
Story: TypeAlias = tuple[Block, ...]


def text_of(line: Line) -> str:
    """Returns the line without marks."""
    return "".join(run.text for run in line)


def texts_of(story: Story) -> Iterator[str]:
    """Yields every line of the document, notes and cells among them."""
    for block in story:
        if isinstance(block, Heading):
            yield text_of(block.line)
        elif isinstance(block, Paragraph):
            yield text_of(block.line)
            yield text_of(block.note)
        elif isinstance(block, Items):
            yield from _texts_of_items(block)
        else:
            for row in block.rows:
                for cell in row:
                    yield from _texts_of_cell(cell)


def _texts_of_cell(cell: Cell) -> Iterator[str]:
    yield text_of(cell.line)
    if cell.below is not None:
        yield from texts_of((cell.below,))


def _texts_of_items(items: Items) -> Iterator[str]:
    for item in items.items:
        yield text_of(item.line)
        if item.below is not None:
            yield from _texts_of_items(item.below)
