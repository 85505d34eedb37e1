"""Docling's reader of EPUBs, made to know the title of the book and to leave out its table of contents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docling.backend.epub_backend import EpubDocumentBackend

from fathom.conversion.docling_backends.relabel import text_becomes

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument

# What leads to places in the book: its headings again, its pages' numbers.
_WAYS = re.compile(r"""<nav\b[^>]*\bepub:type\s*=\s*["'][^"'>]*\b(?:toc|landmarks|page-list)\b[^>]*>.*?</nav>""", re.S | re.I)


class EpubBackend(EpubDocumentBackend):
    """EpubDocumentBackend, mended where docling 2.142.1 loses something; the tests beside it name the cases."""

    def convert(self) -> DoclingDocument:
        """As docling, which leaves the title of the book out, and takes the first heading of every chapter for one."""
        document = super().convert()
        title = " ".join(self.metadata.get("title", "").split())
        if title:
            has_title(document, title)
        return document

    def _fix_internal_links(self, html_content: str) -> str:
        """Of every document of the book, before they are joined."""
        return str(super()._fix_internal_links(_WAYS.sub("", html_content)))


def has_title(document: DoclingDocument, title: str) -> None:
    """The title is the document's only one and stands first, above all headings."""
    from docling_core.types.doc.document import SectionHeaderItem, TitleItem

    titles = [item for item in document.texts if isinstance(item, TitleItem)]
    if len(titles) == 1 and titles[0].text.casefold() == title.casefold():
        return
    for index, item in enumerate(document.texts):
        if isinstance(item, TitleItem):
            text_becomes(document, index, SectionHeaderItem, level=1)
        elif titles and isinstance(item, SectionHeaderItem):
            item.level += 1
    document.add_title(title)
    document.body.children.insert(0, document.body.children.pop())
