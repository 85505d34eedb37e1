"""Headings that say nothing are none: a paragraph set as one and left empty, or one that only holds a picture."""

from __future__ import annotations

from typing import Any


def empty_headings_are_text(document: Any) -> None:
    """Every heading or title of docling's document has a text; what stood below an empty one stands there still."""
    from docling_core.types.doc import DocItemLabel
    from docling_core.types.doc.document import SectionHeaderItem, TextItem, TitleItem

    for index, item in enumerate(document.texts):
        if isinstance(item, SectionHeaderItem | TitleItem) and not item.text.strip():
            document.texts[index] = TextItem(
                self_ref=item.self_ref,
                parent=item.parent,
                children=item.children,
                content_layer=item.content_layer,
                label=DocItemLabel.TEXT,
                prov=item.prov,
                orig=item.orig,
                text=item.text,
            )
