"""A piece of a file's source that conversion must not lose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fathom.conversion.geometric.layout.running.page_numbers import read_number

# Past so many characters, some ten thousand pages, the comparison ends: its memory must have a bound.
MAX_CHARACTERS = 30_000_000
# Stands in a block's text between the halves of a word that its line's end divides.
DIVIDED_HERE = "\ufffe"


@dataclass(
    slots=True
)  # not frozen: a workbook has hundreds of thousands, and frozen instances take three times as long to make
class SourceBlock:
    """A paragraph, cell, note or line as the file's own markup separates it.

    `where` names its part of the file. `is_figure`: a number or date that is shown by a format, so that its own letters are
    not to be looked for, only some figure in a cell. `in_sheet`: a cell, whose figures are counted. `group`: the blocks of a
    name may be left out together, as menus and lists of references are; where most of them is shown, all of it must be.
    `in_chart`: of a chart, which a document may show as a table or as text. `repeated`: on every page or slide, as headers and
    footers are, so that it is asked for once, and not at all where the text says the same.
    """

    text: str
    where: str
    is_figure: bool = False
    in_sheet: bool = False
    group: str = ""
    in_chart: bool = False
    repeated: bool = False


def is_page_number(text: str) -> bool:
    """Returns whether a header or footer says no more than the page's number."""
    number = read_number(text)
    return not any(map(str.isalpha, text)) or (number is not None and not number.text)


def within_bound(blocks: Iterable[SourceBlock]) -> Iterator[SourceBlock]:
    """Yields the blocks until they have `MAX_CHARACTERS` characters together."""
    characters = 0
    for block in blocks:
        characters += len(block.text)
        if characters > MAX_CHARACTERS:
            return
        yield block
