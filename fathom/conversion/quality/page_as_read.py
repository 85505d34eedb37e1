"""Facts of a PDF's page for its report, taken while the page was open: opening it again would cost as much as reading it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fathom.conversion.geometric.layout.page_content import PageContent
from fathom.conversion.quality.source_words.page_source import blocks_of_page
from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.table_recall import RuledGrid, grids_of_page


@dataclass(slots=True)
class PageAsRead:
    """The words of a page as pdfium has them, and its grids of painted lines; `hidden` and `files` are named in notices."""

    blocks: list[SourceBlock] = field(default_factory=list[SourceBlock])
    grids: list[RuledGrid] = field(default_factory=list[RuledGrid])
    hidden: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    files: list[tuple[str, int | None]] = field(default_factory=list[tuple[str, int | None]])


def page_as_read(page: Any, number: int, content: PageContent) -> PageAsRead:
    """Takes it of a page (its number from 1) with this content; `page` is pypdfium2's and open, under pdfium's lock."""
    blocks = list(blocks_of_page(page, f"page {number}", content.said))
    return PageAsRead(blocks, grids_of_page(number, content.rules, content.words), content.hidden, content.files)
