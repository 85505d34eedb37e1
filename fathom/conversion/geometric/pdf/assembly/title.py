"""The title of a PDF: its layout knows it, and Docling's assembly takes headings only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.relabel import relabel_text

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument


def first_heading_is_title(document: DoclingDocument) -> None:
    """Makes the first heading of the first page the document's title, and counts the others from 1 below it.

    Nothing changes where that page has no heading.
    """
    from docling_core.types.doc.document import SectionHeaderItem, TitleItem

    for index, item in enumerate(document.texts):
        if isinstance(item, SectionHeaderItem) and item.prov and item.prov[0].page_no == 1:
            relabel_text(document, index, TitleItem)
            others = [other for other in document.texts if isinstance(other, SectionHeaderItem)]
            above = min((other.level for other in others), default=1) - 1
            for other in others:
                other.level -= above
            return
