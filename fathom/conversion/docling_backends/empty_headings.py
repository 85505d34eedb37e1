"""Turns headings without words into text: empty paragraphs in a heading style, and headings that only hold a picture."""

from __future__ import annotations

from typing import Any

from fathom.conversion.docling_backends.relabel import relabel_text


def relabel_empty_headings(document: Any) -> None:
    """Relabels wordless headings and titles of docling's document as text; their children keep their place.

    A heading with links or formatting has its words in an inline group below it.
    """
    from docling_core.types.doc import DocItemLabel
    from docling_core.types.doc.document import SectionHeaderItem, TextItem, TitleItem

    for index, item in enumerate(document.texts):
        if isinstance(item, SectionHeaderItem | TitleItem) and not item.text.strip() and not _has_words(item, document):
            relabel_text(document, index, TextItem, label=DocItemLabel.TEXT)


def _has_words(heading: Any, document: Any) -> bool:
    """Returns whether the first thing below the heading is a line of runs with words."""
    from docling_core.types.doc.document import InlineGroup

    first = heading.children[0].resolve(document) if heading.children else None
    if not isinstance(first, InlineGroup):
        return False
    return any(getattr(run.resolve(document), "text", "").strip() for run in first.children)
