"""The title of a PDF: its layout knows it, and Docling's assembly takes headings only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument


def first_heading_is_title(document: DoclingDocument) -> None:
    """The first heading of the first page is the document's title, and the others count from 1 below it.

    Nothing changes where that page has no heading.
    """
    from docling_core.types.doc.document import SectionHeaderItem, TitleItem

    for index, item in enumerate(document.texts):
        if isinstance(item, SectionHeaderItem) and item.prov and item.prov[0].page_no == 1:
            document.texts[index] = TitleItem(
                self_ref=item.self_ref,
                parent=item.parent,
                children=item.children,
                content_layer=item.content_layer,
                prov=item.prov,
                orig=item.orig,
                text=item.text,
                formatting=item.formatting,
                hyperlink=item.hyperlink,
            )
            others = [other for other in document.texts if isinstance(other, SectionHeaderItem)]
            above = min((other.level for other in others), default=1) - 1
            for other in others:
                other.level -= above
            return
