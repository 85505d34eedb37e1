"""Changes the kind of a text in docling's document (title, heading or plain) without moving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument


def relabel_text(document: DoclingDocument, index: int, kind: type[Any], **more: Any) -> None:
    """Replaces the text at `index` of the document's texts by a `kind` with the same words, place and children.

    `more` are fields of the new kind.
    """
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
