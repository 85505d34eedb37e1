"""Tells raised and lowered figures that a font draws so by itself: their size and baseline are those of the text."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import replace

from fathom.conversion.geometric.pdf.pages.glyph_styles import GlyphStyle
from fathom.conversion.geometric.pdf.pages.pdfium_calls import glyph_origin, glyph_shape

# Text objects of so many figures at most are looked at.
MAX_FIGURES = 4
# A figure is so high at most; a raised figure begins so far above the baseline, a lowered figure ends so far above it; in ems.
HIGHEST, RAISED, LOWERED = 0.58, 0.2, 0.5
BELOW = -0.06
# The size and rise of such a figure in the rest of the reader, in sizes of the text.
SIZE, UP, DOWN = 0.6, 0.35, -0.15
FIGURES = frozenset("0123456789")


class SmallFigures:
    """Finds the small figures of a page; call it under pdfium's lock."""

    def __init__(self, text_page: int) -> None:
        self._text = text_page
        self._doubles = (ctypes.c_double * 6)()
        at = ctypes.addressof(self._doubles)
        self._to_doubles = [at + 8 * part for part in range(6)]

    def restyle(
        self, styles: list[GlyphStyle], runs: Sequence[int], characters: Sequence[str], places: Sequence[int]
    ) -> dict[int, float]:
        """Gives raised and lowered figures a smaller style in `styles`; returns by run how far each is raised, in points.

        `runs` has where each text object begins in `characters`, the last entry being its end; `places` are their indexes.
        """
        raised: dict[int, float] = {}
        for number, style in enumerate(styles):
            start, end = runs[number], runs[number + 1]
            if end - start > MAX_FIGURES or not style.upright or not FIGURES.issuperset(characters[start:end]):
                continue
            up = self._raised(places[start], style.size)
            if up:
                styles[number] = replace(style, size=SIZE * style.size)
                raised[number] = up * style.size
        return raised

    def _raised(self, index: int, size: float) -> float:
        """Returns how far the glyph is raised, in ems: UP, DOWN, or 0 where it stands as figures do."""
        to = self._to_doubles
        if size < 2 or not glyph_shape(self._text, index, *to[:4]) or not glyph_origin(self._text, index, *to[4:]):
            return 0.0
        _, _, bottom, top, _, y = self._doubles
        low, high = (bottom - y) / size, (top - y) / size
        if not 0.15 < high - low < HIGHEST:
            return 0.0
        if low > RAISED:
            return UP
        return DOWN if high < LOWERED and low < BELOW else 0.0
