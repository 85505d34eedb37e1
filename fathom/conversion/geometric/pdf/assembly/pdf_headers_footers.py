"""Keeps each distinct running header and footer of a PDF once, as body text where it first stands."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from fathom.conversion.geometric.layout.running.page_numbers import read_number

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument


def keep_headers_footers_once(document: DoclingDocument) -> None:
    """Moves the first of equal headers or footers to the body, unless the body has the text before; page numbers stay apart."""
    from docling_core.types.doc import ContentLayer, DocItemLabel

    apart = [item for item in document.texts if _label(item) in {"page_header", "page_footer"}]
    if not apart:
        return
    times = Counter(_key(item.text) for item in apart)
    said: dict[str, int] = {}
    for item in document.texts:
        if item.content_layer is ContentLayer.BODY:
            said.setdefault(_key(item.text), _page(item))
    kept: set[str] = set()
    for item in apart:
        key = _key(item.text)
        number = read_number(item.text)
        if not key or key in kept or (number is not None and not number.text and times[key] == 1):
            continue
        kept.add(key)
        if key not in said or said[key] > _page(item):
            item.label = DocItemLabel.TEXT
            item.content_layer = ContentLayer.BODY


def _page(item: Any) -> int:
    return int(item.prov[0].page_no) if item.prov else 0


def _label(item: Any) -> str:
    return str(getattr(item.label, "value", item.label))


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
