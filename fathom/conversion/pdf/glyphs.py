"""The words of a PDF page with their boxes, sizes and fonts, as pdfium sees its glyphs."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.layout.content import Word
from fathom.conversion.pdf.glyph_calls import address_of, glyph_box, glyph_code, glyph_object, glyph_origin

# A blank between glyphs that no space character stands for, in ems.
WORD_GAP = 0.28
# A glyph so much higher or lower than the one before it, in ems, begins another word.
SHIFT = 0.18
BLANKS = frozenset(" \t\r\n\f\v\u00a0\u2002\u2003\u2009\u200a\u202f\u3000")
# pdfium marks a hyphen at a line's end with one of these.
HYPHENS = {"\x02": "-", "\ufffe": "-", "\xad": "-"}
INVISIBLE = {"\u200b", "\u200c", "\u200d", "\ufeff", "\u200e", "\u200f"}
BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi\b|[-,]bd|cmbx|ptmb|medi\b", re.I)
ITALIC_NAME = re.compile(r"italic|oblique|cmti|cmsl|-ita\b", re.I)
BOLD_WEIGHT = 600
# How far a font reaches above and below the baseline, in ems.
ASCENT, DESCENT = 0.78, 0.22
# Letters of scripts that run to the left, and the forms of them that only fonts tell apart.
LEFTWARD = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
ALEFS, LAM = "\u0622\u0623\u0625\u0627", "\u0644"
UPRIGHT_WITHIN = math.radians(8)

Glyph = tuple[str, float, float, float, float]  # its character, and its box: left, top, right, bottom


@dataclass(slots=True)
class _Style:
    """What all glyphs of one text object share."""

    size: float
    angle: float
    font: str
    bold: bool
    italic: bool
    upright: bool = field(init=False)

    def __post_init__(self) -> None:
        self.upright = abs(self.angle) <= UPRIGHT_WITHIN


@dataclass(frozen=True, slots=True)
class Frame:
    """From pdfium's coordinates of a page to points from the top left corner of the page as shown."""

    l: float
    b: float
    r: float
    t: float
    rotation: int  # quarter turns clockwise

    @property
    def width(self) -> float:
        """Of the page as shown, points."""
        return self.t - self.b if self.rotation % 2 else self.r - self.l

    @property
    def height(self) -> float:
        """Of the page as shown, points."""
        return self.r - self.l if self.rotation % 2 else self.t - self.b

    def box(self, l: float, b: float, r: float, t: float) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) as shown."""
        if self.rotation == 0:
            return l - self.l, self.t - t, r - self.l, self.t - b
        if self.rotation == 1:
            return b - self.b, l - self.l, t - self.b, r - self.l
        if self.rotation == 2:
            return self.r - r, b - self.b, self.r - l, t - self.b
        return self.t - t, self.r - r, self.t - b, self.r - l


class GlyphReader:
    """Reads the words of one page; call it under pdfium's lock."""

    def __init__(self, page: Any, text_page: Any, frame: Frame) -> None:
        self._text = text_page
        self._frame = frame
        self._fonts: dict[int, tuple[str, int, int]] = {}
        self._styles: dict[int, _Style] = {}
        self._matrix = pdfium.FS_MATRIX()

    def words(self) -> tuple[list[Word], list[Word]]:
        """(upright words, words that are turned), each in the order of the file."""
        upright: list[Word] = []
        turned: list[Word] = []
        pending: list[Glyph] = []
        style: _Style | None = None
        text, frame = address_of(self._text), self._frame
        rect, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        to_rect, to_x, to_y = ctypes.byref(rect), ctypes.byref(x), ctypes.byref(y)

        def flush() -> None:
            if pending and style is not None:
                word = _word(pending, style, len(upright) + len(turned))
                if word is not None:
                    (upright if style.upright else turned).append(word)
            pending.clear()

        last_object: int | None = -1
        edges, top, bottom = (math.nan, math.nan), 0.0, 0.0
        for index in range(pdfium.FPDFText_CountChars(self._text)):
            code = glyph_code(text, index)
            character = _shown(code) if code < 0xD800 or code >= 0xE000 else self._half(code, index)
            if not character:
                continue
            if character == " ":
                flush()
                continue
            address = glyph_object(text, index)
            if address != last_object:
                found = self._style(address, index)
                if style is not None and not _alike(style, found):
                    flush()
                style, last_object, edges = found, address, (math.nan, math.nan)
            if style is None or not glyph_box(text, index, to_rect):
                continue
            l, t, r, b = frame.box(rect.left, rect.bottom, rect.right, rect.top)
            if style.upright:
                if (rect.bottom, rect.top) != edges:  # else it stands where the glyph before it does
                    edges, top, bottom = (rect.bottom, rect.top), t, b
                    if glyph_origin(text, index, to_x, to_y):
                        # fonts lie about their height: the baseline and the size say where the glyph stands
                        baseline = frame.box(x.value, y.value, x.value, y.value)[1]
                        top, bottom = baseline - ASCENT * style.size, baseline + DESCENT * style.size
                t, b = top, bottom
            if pending and _apart(pending[-1], l, t, r, b, style):
                flush()
            pending.append((character, l, t, r, b))
        flush()
        return upright, turned

    def _half(self, code: int, index: int) -> str:
        """Nothing for the high half of a pair, what the two mean for the low one."""
        if code < 0xDC00 and index + 1 < pdfium.FPDFText_CountChars(self._text):
            return ""
        high = glyph_code(address_of(self._text), index - 1) if index else 0
        joined = 0xD800 <= high < 0xDC00 <= code
        return _shown(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if joined else 0xFFFD)

    def _style(self, address: int | None, index: int) -> _Style:
        if address is None:  # a glyph pdfium made up, e.g. a hyphen
            return _Style(float(pdfium.FPDFText_GetFontSize(self._text, index)) or 10.0, 0.0, "", False, False)
        known = self._styles.get(address)
        if known is not None:
            return known
        size = float(pdfium.FPDFText_GetFontSize(self._text, index)) or 1.0
        angle, scale = 0.0, 1.0
        if pdfium.FPDFText_GetMatrix(self._text, index, self._matrix):
            m = self._matrix
            scale = math.hypot(m.c, m.d)
            angle = math.atan2(m.b, m.a)
        angle -= self._frame.rotation * math.pi / 2
        angle = math.atan2(math.sin(angle), math.cos(angle))
        name, weight, flags = self._font(pdfium.FPDFText_GetTextObject(self._text, index))
        style = _Style(
            size=size * scale if scale > 0 else size,
            angle=angle,
            font=name,
            bold=weight >= BOLD_WEIGHT or bool(BOLD_NAME.search(name)) or bool(flags & (1 << 18)),
            italic=bool(ITALIC_NAME.search(name)) or bool(flags & (1 << 6)),
        )
        self._styles[address] = style
        return style

    def _font(self, text_object: Any) -> tuple[str, int, int]:
        font = pdfium.FPDFTextObj_GetFont(text_object)
        address = address_of(font)
        known = self._fonts.get(address)
        if known is None:
            name = ctypes.create_string_buffer(128)
            length = pdfium.FPDFFont_GetBaseFontName(font, name, 128) if font else 0
            text = name.value.decode("utf-8", "replace") if length else ""
            weight = int(pdfium.FPDFFont_GetWeight(font)) if font else 0
            flags = int(pdfium.FPDFFont_GetFlags(font)) if font else 0
            known = (text.partition("+")[2] or text, weight, max(flags, 0))
            self._fonts[address] = known
        return known


def _alike(a: _Style, b: _Style) -> bool:
    return abs(a.size - b.size) < 0.3 and abs(a.angle - b.angle) < 0.02


@lru_cache(maxsize=65_536)
def _shown(code: int) -> str:
    """The character as a word has it; a blank for any that ends a word, nothing for what is not seen."""
    character = chr(code) if code <= 0x10FFFF else "\ufffd"
    character = HYPHENS.get(character, character)
    if character in INVISIBLE:
        return ""
    return " " if character in BLANKS or (code < 32 and character != "-") else character


def _apart(last: Glyph, l: float, t: float, r: float, b: float, style: _Style) -> bool:
    """The glyph does not go on the word that ends with `last`: a gap, or another line."""
    _, last_l, last_t, last_r, last_b = last
    size = max(style.size, 1.0)
    if not style.upright:
        return max(l - last_r, last_l - r, t - last_b, last_t - b) > size * 0.6
    if abs(last_t + last_b - t - b) > 2 * SHIFT * size:
        return True  # raised, lowered, or in another line
    gap = l - last_r if l >= last_l else last_l - r  # right-to-left text goes on to the left
    return gap > WORD_GAP * size or gap < -1.2 * size


def _word(glyphs: list[Glyph], style: _Style, order: int) -> Word | None:
    characters, lefts, tops, rights, bottoms = zip(*glyphs, strict=True)
    text = "".join(characters)
    if not text.isascii() and LEFTWARD.search(text):
        text = _spelled_leftward(glyphs)
    l, t, r, b = min(lefts), min(tops), max(rights), max(bottoms)
    if not (math.isfinite(l) and math.isfinite(t) and math.isfinite(r) and math.isfinite(b)):
        return None
    return Word(text, l, t, r, b, style.size, style.font, style.bold, style.italic, order, baseline=b)


def _spelled_leftward(glyphs: list[Glyph]) -> str:
    """The letters in the order they are spoken: pdfium turns lam and alef about where the two have one glyph."""
    spelled: list[str] = []
    for _, same in groupby(glyphs, key=itemgetter(1, 3)):
        letters = [glyph[0] for glyph in same]
        turned = len(letters) == 2 and letters[0] in ALEFS and letters[1] == LAM
        spelled += reversed(letters) if turned else letters
    return unicodedata.normalize("NFKC", "".join(spelled))
