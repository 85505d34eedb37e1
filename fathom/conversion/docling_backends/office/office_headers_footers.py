"""Keeps each distinct paragraph of running headers and footers once: headers before the text, footers behind it.

Docling 2.142.1 treats all of them as furniture, even the address of a letter; not needed once it keeps unique texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docling_core.types.doc import ContentLayer, DoclingDocument, NodeItem, TableItem, TextItem

from fathom.conversion.geometric.layout.running.page_numbers import read_number

_PAGE = re.compile(r"\b(?:page|seite|p[áa]gina|strona|sida|side|blz\.|стр\.)\s*\d+\s*-?")
_HEADER, _FOOTER = "page header", "page footer"  # docling's names of the groups


def keep_headers_footers(document: DoclingDocument) -> None:
    """Moves texts of headers and footers that the body lacks into the body; page numbers stay apart."""
    seen = {_key(item.text) for item in document.texts if item.content_layer is ContentLayer.BODY}
    kept: dict[str, list[Any]] = {_HEADER: [], _FOOTER: []}
    for reference in list(document.body.children):
        group: Any = reference.resolve(document)
        if getattr(group, "name", None) not in kept or group.content_layer is not ContentLayer.FURNITURE:
            continue
        for child in list(group.children):
            _keep(child.resolve(document), document, seen)
        if any(below.content_layer is ContentLayer.BODY for below in _below(group, document) if below is not group):
            group.content_layer = ContentLayer.BODY
            kept[group.name].append(reference)
    if kept[_HEADER] or kept[_FOOTER]:
        moved = {reference.cref for references in kept.values() for reference in references}
        rest = [reference for reference in document.body.children if reference.cref not in moved]
        document.body.children = [*kept[_HEADER], *rest, *kept[_FOOTER]]


def _keep(node: NodeItem, document: DoclingDocument, seen: set[str]) -> None:
    nodes = list(_below(node, document))
    text = " ".join(filter(None, (_text(item) for item in nodes)))
    key, number = _key(text), read_number(text)
    if key in seen or not any(map(str.isalpha, text)) or (number is not None and not number.text):
        return
    seen.add(key)
    for item in nodes:
        item.content_layer = ContentLayer.BODY


def _below(node: NodeItem, document: DoclingDocument) -> Iterator[Any]:
    waiting: list[Any] = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(child.resolve(document) for child in reversed(current.children))


def _text(item: Any) -> str:
    if isinstance(item, TextItem):
        return str(item.text)
    return " ".join(cell.text for cell in item.data.table_cells) if isinstance(item, TableItem) else ""


def _key(text: str) -> str:
    return " ".join(_PAGE.sub("", text.casefold()).split())
