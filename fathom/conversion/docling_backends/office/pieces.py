"""Represents a paragraph as formatted pieces and adds it to a document with its blanks unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from docling_core.types.doc import DocItemLabel, DoclingDocument, NodeItem
from docling_core.types.doc.document import Formatting, Script
from pydantic import AnyUrl, ValidationError

from fathom.conversion.docling_backends.formatted_runs import EXACT_RUNS, superscript

# Zero-width characters that only mark possible word breaks.
_BREAK_HINTS = {ord("\u00ad"): None, ord("\ufeff"): None}
_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
LinkTarget = AnyUrl | Path


@dataclass(frozen=True)
class OfficePiece:
    """A formatted text with its own blanks; a formula is LaTeX."""

    text: str
    formatting: Formatting | None = None
    hyperlink: LinkTarget | None = None
    is_formula: bool = False

    def __iter__(self) -> Any:
        """Yields text, formatting and hyperlink, as docling unpacks its runs."""
        return iter((self.text, self.formatting, self.hyperlink))

    def joins(self, other: OfficePiece) -> bool:
        """Returns whether the next piece has the same format and target."""
        alike = self.formatting == other.formatting and self.hyperlink == other.hyperlink
        return alike and not self.is_formula and not other.is_formula


def tidy_pieces(pieces: Iterable[OfficePiece]) -> list[OfficePiece]:
    """Joins adjacent pieces of the same format, removes the format of blanks, and strips both ends."""
    found: list[OfficePiece] = []
    for piece in pieces:
        text = _EMPTY_LINES.sub("\n\n", piece.text.translate(_BREAK_HINTS))
        if not text:
            continue
        formatting = None if piece.formatting == Formatting() else piece.formatting
        kept = OfficePiece(text, formatting, piece.hyperlink, piece.is_formula)
        if not text.strip() and not kept.is_formula:
            before = found[-1] if found else None
            if before is not None and not before.is_formula and before.hyperlink == kept.hyperlink:
                found[-1] = replace(before, text=before.text + text)
                continue
            kept = OfficePiece(text)
        if found and found[-1].joins(kept):
            found[-1] = replace(found[-1], text=found[-1].text + kept.text)
        else:
            found.append(kept)
    while found and not found[0].text.strip():
        found.pop(0)
    while found and not found[-1].text.strip():
        found.pop()
    if found:
        found[0] = replace(found[0], text=found[0].text.lstrip())
        found[-1] = replace(found[-1], text=found[-1].text.rstrip())
    return found


def plain_line(pieces: Iterable[OfficePiece]) -> str:
    """Returns the pieces as unformatted text: superscript numbers, struck text and formulas with their marks."""
    line = ""
    for piece in pieces:
        text = piece.text
        formatting = piece.formatting
        if piece.is_formula:
            text = f"${text}$"
        elif formatting is not None and formatting.script is Script.SUPER:
            text = superscript(text, line)
        if formatting is not None and formatting.strikethrough and text.strip():
            text = text.replace(text.strip(), f"~~{text.strip()}~~", 1)
        line += text
    return line


def add_pieces(
    document: DoclingDocument,
    pieces: Sequence[OfficePiece],
    *,
    label: DocItemLabel = DocItemLabel.TEXT,
    parent: NodeItem | None = None,
    layer: Any = None,
    prov: Any = None,
) -> NodeItem:
    """Adds the pieces as a text, or as a group of runs if they differ in format; returns the text or group.

    The pieces must be tidied and not empty.
    """
    if len(pieces) == 1:
        return add_run(document, pieces[0], label=label, parent=parent, layer=layer, prov=prov)
    return add_runs(document, pieces, label=label, parent=parent, layer=layer, prov=prov)


def add_runs(
    document: DoclingDocument,
    pieces: Sequence[OfficePiece],
    *,
    label: DocItemLabel = DocItemLabel.TEXT,
    parent: NodeItem | None = None,
    layer: Any = None,
    prov: Any = None,
) -> NodeItem:
    """Adds the pieces as a group of runs that carry their blanks, and returns it."""
    group = document.add_inline_group(name=EXACT_RUNS, parent=parent, content_layer=layer)
    for piece in pieces:
        add_run(document, piece, label=label, parent=group, layer=layer, prov=prov)
    return group


def add_run(
    document: DoclingDocument,
    piece: OfficePiece,
    *,
    label: DocItemLabel = DocItemLabel.TEXT,
    parent: NodeItem | None = None,
    layer: Any = None,
    prov: Any = None,
) -> NodeItem:
    """Adds a piece as a text or a formula."""
    return document.add_text(
        label=DocItemLabel.FORMULA if piece.is_formula else label,
        text=piece.text,
        parent=parent,
        prov=prov,
        formatting=piece.formatting,
        hyperlink=piece.hyperlink,
        content_layer=layer,
    )


def link_target(address: str | None) -> LinkTarget | None:
    """Returns the target of a link in docling's types: a URL, or a path if it has no scheme; None if it is neither."""
    address = (address or "").strip()
    if not address or address.startswith("#"):
        return None
    try:
        if not urlparse(address).scheme:
            return Path(address)
        return AnyUrl(address)
    except (ValidationError, ValueError):
        return None
