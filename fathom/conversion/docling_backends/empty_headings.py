"""Makes text of headings that say nothing: a paragraph set as one and left empty, or one that only holds a picture."""

from __future__ import annotations

from typing import Any

from fathom.conversion.docling_backends.relabel import text_becomes


def empty_headings_are_text(document: Any) -> None:
    """Leaves docling's document with headings and titles that have words; what stood below an empty one stands there still.

    A heading with links or formatting has its words in an inline group below it.
    """
    from docling_core.types.doc import DocItemLabel
    from docling_core.types.doc.document import SectionHeaderItem, TextItem, TitleItem

    for index, item in enumerate(document.texts):
        if isinstance(item, SectionHeaderItem | TitleItem) and not item.text.strip() and not _says_something(item, document):
            text_becomes(document, index, TextItem, label=DocItemLabel.TEXT)


def _says_something(heading: Any, document: Any) -> bool:
    """True if the first thing below the heading is a line of runs with words."""
    from docling_core.types.doc.document import InlineGroup

    first = heading.children[0].resolve(document) if heading.children else None
    if not isinstance(first, InlineGroup):
        return False
    return any(getattr(run.resolve(document), "text", "").strip() for run in first.children)
