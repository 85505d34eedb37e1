"""Headings that say nothing are none: a paragraph set as one and left empty, or one that only holds a picture."""

from __future__ import annotations

from typing import Any

from fathom.conversion.docling_backends.relabel import text_becomes


def empty_headings_are_text(document: Any) -> None:
    """Every heading or title of docling's document has a text; what stood below an empty one stands there still."""
    from docling_core.types.doc import DocItemLabel
    from docling_core.types.doc.document import SectionHeaderItem, TextItem, TitleItem

    for index, item in enumerate(document.texts):
        if isinstance(item, SectionHeaderItem | TitleItem) and not item.text.strip():
            text_becomes(document, index, TextItem, label=DocItemLabel.TEXT)
