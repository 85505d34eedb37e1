"""Defines the blocks of marked-up text: headings, paragraphs, lists, tables and the like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fathom.conversion.docling_backends.markup.markup_inline import Run

ParagraphKind = Literal["text", "caption"]


@dataclass(slots=True)
class MarkupHeading:
    """A heading; level 0 is the document's title."""

    runs: list[Run]
    level: int


@dataclass(slots=True)
class Paragraph:
    """A paragraph, or a caption without an object."""

    runs: list[Run]
    kind: ParagraphKind = "text"


@dataclass(slots=True)
class Footnote:
    """A note with the mark that refers to it, if any."""

    runs: list[Run]
    mark: str = ""


@dataclass(slots=True)
class Code:
    """Code or other preformatted text."""

    text: str
    language: str = ""
    caption: list[Run] = field(default_factory=list[Run])


@dataclass(slots=True)
class Formula:
    """A displayed formula in TeX, or as text if the file has no TeX."""

    text: str


@dataclass(slots=True)
class Picture:
    """A picture with its caption and description."""

    caption: list[Run] = field(default_factory=list[Run])
    description: str = ""


@dataclass(slots=True)
class ListItem:
    """An item; its own marker, if any, replaces the list's."""

    blocks: list[MarkupBlock]
    marker: str = ""


@dataclass(slots=True)
class ItemList:
    """A list of items, numbered if `ordered`."""

    items: list[ListItem] = field(default_factory=list[ListItem])
    ordered: bool = False


@dataclass(slots=True)
class Cell:
    """A table cell; spans are in rows and columns, at least 1."""

    blocks: list[MarkupBlock]
    row_span: int = 1
    column_span: int = 1
    column_header: bool = False
    row_header: bool = False


@dataclass(slots=True)
class MarkupTable:
    """A table by rows; a row has the cells that begin in it. Notes go below the table."""

    rows: list[list[Cell]]
    caption: list[Run] = field(default_factory=list[Run])
    notes: list[Footnote] = field(default_factory=list[Footnote])


MarkupBlock = MarkupHeading | Paragraph | Footnote | Code | Formula | Picture | ItemList | MarkupTable
