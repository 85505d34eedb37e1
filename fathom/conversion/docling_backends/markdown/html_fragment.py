"""Adds a piece of HTML to a document as the HTML backend reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from docling.datamodel.backend_options import HTMLBackendOptions
from docling.datamodel.base_models import InputFormat
from docling.datamodel.document import InputDocument
from docling_core.types.doc import DoclingDocument
from docling_core.types.doc.document import NodeItem, RefItem

from fathom.conversion.docling_backends.html import HtmlBackend
from fathom.conversion.docling_backends.markdown.raw_html import pieces_of
from fathom.conversion.report import Notice

COLLECTIONS = ("texts", "tables", "pictures", "groups", "key_value_items", "form_items", "field_regions", "field_items")
_SEEN = re.compile(r"<(?:img|input|svg|table)\b", re.I)


def add_html(document: DoclingDocument, markup: str, parent_of: Callable[[], NodeItem | None]) -> list[Notice]:
    """Appends the visible content of the markup to the parent from `parent_of`; returns the notices of the reading."""
    if not _SEEN.search(markup) and not any(kind == "text" and piece.strip() for kind, piece in pieces_of(markup)):
        return []
    options = HTMLBackendOptions(infer_furniture=False, add_title=False)
    stream = BytesIO(f"<html><body>{markup}</body></html>".encode("utf-8", errors="replace"))
    source = InputDocument(
        path_or_stream=stream, format=InputFormat.HTML, backend=HtmlBackend, filename="fragment.html", backend_options=options
    )
    backend: Any = source._backend  # an HtmlBackend
    merge(backend.convert(), document, parent_of() or document.body)
    return list(backend.notices)


def merge(source: DoclingDocument, document: DoclingDocument, parent: NodeItem) -> None:
    """Moves the content of `source` to the end of `parent`, with all references.

    docling-core 2.142's `add_document` drops references of captions and of rich cells; not needed once it keeps them.
    """
    offsets = {name: len(getattr(document, name)) for name in COLLECTIONS if hasattr(document, name)}
    for name in offsets:
        for item in getattr(source, name):
            moved = item.model_dump(mode="json", by_alias=True, exclude_none=True)
            _shift(moved, offsets, parent.self_ref)
            getattr(document, name).append(type(item).model_validate(moved))
    for child in source.body.children:
        parent.children.append(RefItem(cref=_move(child.cref, offsets, parent.self_ref)))


def _shift(value: Any, offsets: Mapping[str, int], parent: str) -> None:
    """Renumbers every reference in place; those to the body become references to `parent`."""
    waiting: list[Any] = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            for key, inner in current.items():
                if key in ("$ref", "self_ref") and isinstance(inner, str):
                    current[key] = _move(inner, offsets, parent)
                else:
                    waiting.append(inner)
        elif isinstance(current, list):
            waiting.extend(current)


def _move(ref: str, offsets: Mapping[str, int], parent: str) -> str:
    _, _, rest = ref.partition("#/")
    name, _, number = rest.partition("/")
    if name in offsets and number.isdigit():
        return f"#/{name}/{int(number) + offsets[name]}"
    return parent if rest == "body" else ref
