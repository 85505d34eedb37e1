"""A text of docling's document becomes one of another kind, title, heading or plain, and stays where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument


def text_becomes(document: DoclingDocument, index: int, kind: type[Any], **more: Any) -> None:
    """The text at `index` of the document's texts is a `kind`, with the same words, place and children; `more` are its own."""
    item = document.texts[index]
    document.texts[index] = kind(
        self_ref=item.self_ref,
        parent=item.parent,
        children=item.children,
        content_layer=item.content_layer,
        prov=item.prov,
        orig=item.orig,
        text=item.text,
        formatting=item.formatting,
        hyperlink=item.hyperlink,
        **more,
    )
