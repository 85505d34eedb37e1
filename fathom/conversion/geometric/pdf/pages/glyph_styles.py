"""Styles that all glyphs of a text object share: size, angle and font, and whether a reader may not see them."""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

from fathom.conversion.geometric.pdf.pages.page_coordinates import PageFrame
from fathom.conversion.geometric.pdf.pages.pdfium_calls import (
    count_marks,
    fill_colour,
    glyph_matrix,
    glyph_size,
    glyph_unmapped,
    mark_at,
    mark_name,
    text_font,
    text_mode,
)

BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi\b|[-,]bd|cmbx|ptmb|medi\b", re.I)
ITALIC_NAME = re.compile(r"italic|oblique|cmti|cmsl|-ita\b", re.I)
BOLD_WEIGHT = 600
UPRIGHT_WITHIN = math.radians(8)
# Letters smaller than this, in points, are not read.
SMALLEST = 1.0
# Colours from so light on, of 255, and paint no denser than that may not be seen on a page.
LIGHT, FAINT = 225, 40
INVISIBLE_MODES = frozenset({pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP})
STROKED_MODES = frozenset({pdfium.FPDF_TEXTRENDERMODE_STROKE, pdfium.FPDF_TEXTRENDERMODE_STROKE_CLIP})
MAX_MARKS = 8
# Why a text may not be seen.
TINY, INVISIBLE, LAYER = "too small to read", "painted invisibly", "in a layer that is off"
LIGHT_COLOUR = "in the colour of the page"


@dataclass(slots=True)
class GlyphStyle:
    """How the glyphs of a text object are set; `doubt` says why they may not be seen, and is empty where nothing does.

    `unmapped`: the file does not say which letters they are.
    """

    size: float
    angle: float
    font: str
    bold: bool
    italic: bool
    doubt: str = ""
    unmapped: bool = False
    upright: bool = field(init=False)

    def __post_init__(self) -> None:
        self.upright = abs(self.angle) <= UPRIGHT_WITHIN

    @property
    def turn(self) -> int:
        """How many quarter turns to the right make the glyphs upright; 0 where none does."""
        quarters = round(self.angle / (math.pi / 2))
        return quarters % 4 if abs(self.angle - quarters * math.pi / 2) <= UPRIGHT_WITHIN else 0


class StyleReader:
    """Reads the styles of a page's text objects, each once; call it under pdfium's lock."""

    def __init__(self, text_page: int, frame: PageFrame, *, layers: bool = False) -> None:
        self._text = text_page
        self._turn = frame.rotation * math.pi / 2
        self._layers = layers
        self._fonts: dict[int, tuple[str, bool, bool]] = {}
        self._styles: dict[int, GlyphStyle] = {}
        self._matrix = pdfium.FS_MATRIX()
        self._to_matrix = ctypes.addressof(self._matrix)
        self._colour = (ctypes.c_uint * 4)()
        self._to_colour = [ctypes.addressof(self._colour) + 4 * part for part in range(4)]

    @property
    def doubtful(self) -> dict[int, str]:
        """By the address of a text object, why its glyphs may not be seen."""
        return {address: style.doubt for address, style in self._styles.items() if style.doubt}

    def style(self, address: int, index: int) -> GlyphStyle:
        """Returns the style of the text object at the address, which has the character of that index."""
        if not address:  # a glyph pdfium made up, e.g. a hyphen
            return GlyphStyle(glyph_size(self._text, index) or 10.0, 0.0, "", bold=False, italic=False)
        known = self._styles.get(address)
        if known is not None:
            return known
        size = glyph_size(self._text, index) or 1.0
        angle, scale = 0.0, 1.0
        if glyph_matrix(self._text, index, self._to_matrix):
            m = self._matrix
            scale = math.hypot(m.c, m.d)
            angle = math.atan2(m.b, m.a)
        angle -= self._turn
        angle = math.atan2(math.sin(angle), math.cos(angle))
        name, bold, italic = self._font(text_font(address) or 0)
        size = size * scale if scale > 0 else size
        unmapped = glyph_unmapped(self._text, index) == 1
        style = GlyphStyle(size, angle, name, bold, italic, self._doubt(address, size), unmapped)
        self._styles[address] = style
        return style

    def _font(self, font: int) -> tuple[str, bool, bool]:
        """Returns (name, bold, italic)."""
        known = self._fonts.get(font)
        if known is None:
            handle = ctypes.cast(font, pdfium.FPDF_FONT) if font else None
            name = ctypes.create_string_buffer(128)
            length = pdfium.FPDFFont_GetBaseFontName(handle, name, 128) if handle else 0
            text = name.value.decode("utf-8", "replace") if length else ""
            weight = int(pdfium.FPDFFont_GetWeight(handle)) if handle else 0
            flags = max(0, int(pdfium.FPDFFont_GetFlags(handle))) if handle else 0
            text = text.partition("+")[2] or text
            bold = weight >= BOLD_WEIGHT or bool(BOLD_NAME.search(text)) or bool(flags & (1 << 18))
            known = (text, bold, bool(ITALIC_NAME.search(text)) or bool(flags & (1 << 6)))
            self._fonts[font] = known
        return known

    def _doubt(self, address: int, size: float) -> str:
        if size < SMALLEST:
            return TINY
        mode = text_mode(address)
        if mode in INVISIBLE_MODES:
            return INVISIBLE
        if self._layers and self._in_layer(address):
            return LAYER
        if mode in STROKED_MODES or not fill_colour(address, *self._to_colour):
            return ""
        r, g, b, a = self._colour
        return LIGHT_COLOUR if min(r, g, b) >= LIGHT or a <= FAINT else ""

    def _in_layer(self, address: int) -> bool:
        name, length = (ctypes.c_ushort * 8)(), ctypes.c_ulong()
        for index in range(min(MAX_MARKS, max(0, count_marks(address)))):
            mark = mark_at(address, index)
            known = mark and mark_name(mark, ctypes.addressof(name), 16, ctypes.addressof(length))
            if known and bytes(name)[: max(0, length.value - 2)].decode("utf-16-le", "replace") == "OC":
                return True
        return False
