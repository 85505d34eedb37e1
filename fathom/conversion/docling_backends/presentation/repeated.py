"""Keeps repeated texts of slides once: footers, and the texts that layouts and masters draw on every slide.

Docling 2.142.1 sets footers apart and reads no layout; not needed once it keeps those that occur nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fathom.conversion.docling_backends.office.pieces import OfficePiece, plain_line
from fathom.conversion.docling_backends.presentation.slide_markup import A, P
from fathom.conversion.docling_backends.presentation.slide_paragraphs import body_lines
from fathom.conversion.geometric.layout.running.page_numbers import read_number

_OFF = frozenset({"0", "false"})


class RepeatedTexts:
    """The repeated texts of a presentation that a slide has kept; `width` and `height` are those of its slides."""

    def __init__(self, width: int | None, height: int | None) -> None:
        self._width, self._height = width or 0, height or 0
        self._seen: set[str] = set()

    def is_new(self, text: str) -> bool:
        """Returns whether no earlier slide has the text, and records it; page numbers are never new."""
        key = _key(text)
        number = read_number(text)
        if key in self._seen or not any(map(str.isalpha, text)) or (number is not None and not number.text):
            return False
        self._seen.add(key)
        return True

    def forget(self, text: str) -> None:
        """Forgets a text whose slide is not shown."""
        self._seen.discard(_key(text))

    def drawn_on(self, slide: Any) -> list[list[OfficePiece]]:
        """Returns the lines of its layout and master that a slide shows and none before it did."""
        found: list[list[OfficePiece]] = []
        for holder in _holders(slide):
            for shape in holder.element.iter(f"{P}sp"):
                body = shape.find(f"{P}txBody")
                if body is None or not self._is_shown(shape):
                    continue
                lines = body_lines(body, holder.part)
                if lines and self.is_new(" ".join(map(plain_line, lines))):
                    found += lines
        return found

    def _is_shown(self, shape: Any) -> bool:
        """Returns whether the shape is no placeholder, which a slide fills itself, not hidden, and on the slide."""
        named = shape.find(f"{P}nvSpPr/{P}cNvPr")
        is_hidden = named is not None and named.get("hidden", "0") not in _OFF
        if is_hidden or shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph") is not None:
            return False
        place = shape.find(f"{P}spPr/{A}xfrm/{A}off")
        if place is None:
            return True
        try:
            left, top = int(place.get("x", "0")), int(place.get("y", "0"))
        except ValueError:
            return True
        return 0 <= left < self._width and 0 <= top < self._height


def _holders(slide: Any) -> Iterator[Any]:
    """Yields the master and the layout whose shapes the slide shows."""
    layout = slide.slide_layout
    if slide.element.get("showMasterSp", "1") in _OFF:
        return
    if layout.element.get("showMasterSp", "1") not in _OFF:
        yield layout.slide_master
    yield layout


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
