"""The words of a PDF page with their boxes, sizes and fonts, as pdfium sees its glyphs."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.layout.content import Word

# A blank between glyphs that no space character stands for, in ems.
WORD_GAP = 0.28
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


@dataclass(slots=True)
class _Style:
    """What all glyphs of one text object share."""

    size: float
    angle: float
    font: str
    bold: bool
    italic: bool


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
        self._rect = pdfium.FS_RECTF()
        self._matrix = pdfium.FS_MATRIX()
        self._number = ctypes.c_float()
        self._flags = ctypes.c_int()

    def words(self) -> tuple[list[Word], list[Word]]:
        """(upright words, words that are turned), each in the order of the file."""
        upright: list[Word] = []
        turned: list[Word] = []
        count = pdfium.FPDFText_CountChars(self._text)
        pending: list[tuple[str, float, float, float, float]] = []
        style: _Style | None = None
        rect, frame = self._rect, self._frame
        get_unicode, get_box = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
        get_object, get_origin = pdfium.FPDFText_GetTextObject, pdfium.FPDFText_GetCharOrigin
        x, y = ctypes.c_double(), ctypes.c_double()

        def flush() -> None:
            if pending and style is not None:
                word = _word(pending, style, len(upright) + len(turned))
                if word is not None:
                    (upright if abs(style.angle) <= UPRIGHT_WITHIN else turned).append(word)
            pending.clear()

        last_object = None
        for index in range(count):
            code = get_unicode(self._text, index)
            if 0xD800 <= code < 0xDC00 and index + 1 < count:
                continue  # joined with the low half below
            if 0xDC00 <= code < 0xE000 and index:
                high = get_unicode(self._text, index - 1)
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if 0xD800 <= high < 0xDC00 else 0xFFFD
            character = chr(code) if code <= 0x10FFFF else "\ufffd"
            character = HYPHENS.get(character, character)
            if character in INVISIBLE:
                continue
            if character in BLANKS or (code < 32 and character != "-"):
                flush()
                continue
            text_object = get_object(self._text, index)
            address = ctypes.cast(text_object, ctypes.c_void_p).value if text_object else None
            if address != last_object:
                found = self._style(text_object, address, index)
                if style is not None and not _alike(style, found):
                    flush()
                style = found
                last_object = address
            if not get_box(self._text, index, rect):
                continue
            box = frame.box(rect.left, rect.bottom, rect.right, rect.top)
            if style is not None and abs(style.angle) <= UPRIGHT_WITHIN and get_origin(self._text, index, x, y):
                # fonts lie about their height: the baseline and the size say where the glyph stands
                baseline = frame.box(x.value, y.value, x.value, y.value)[1]
                box = (box[0], baseline - ASCENT * style.size, box[2], baseline + DESCENT * style.size)
            if pending and style is not None and _apart(pending[-1], box, style):
                flush()
            pending.append((character, *box))
        flush()
        return upright, turned

    def _style(self, text_object: Any, address: int | None, index: int) -> _Style:
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
        name, weight, flags = self._font(text_object)
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
        address = ctypes.cast(font, ctypes.c_void_p).value or 0
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


def _apart(last: tuple[str, float, float, float, float], box: tuple[float, float, float, float], style: _Style) -> bool:
    """The glyph does not go on the word that ends with `last`: a gap, or another line."""
    _, l, t, r, b = last
    size = max(style.size, 1.0)
    if abs(style.angle) > UPRIGHT_WITHIN:
        return max(box[0] - r, l - box[2], box[1] - b, t - box[3]) > size * 0.6
    middle, other = (t + b) / 2, (box[1] + box[3]) / 2
    if abs(middle - other) > size * 0.5:
        return True
    gap = box[0] - r if box[0] >= l else l - box[2]  # right-to-left text goes on to the left
    return gap > WORD_GAP * size or gap < -1.2 * size


def _word(glyphs: list[tuple[str, float, float, float, float]], style: _Style, order: int) -> Word | None:
    text = "".join(glyph[0] for glyph in glyphs)
    if LEFTWARD.search(text):
        text = _spelled_leftward(glyphs)
    l = min(glyph[1] for glyph in glyphs)
    t, r, b = min(glyph[2] for glyph in glyphs), max(glyph[3] for glyph in glyphs), max(glyph[4] for glyph in glyphs)
    if not (math.isfinite(l) and math.isfinite(t) and math.isfinite(r) and math.isfinite(b)):
        return None
    return Word(text, l, t, r, b, style.size, style.font, style.bold, style.italic, order, baseline=b)


def _spelled_leftward(glyphs: list[tuple[str, float, float, float, float]]) -> str:
    """The letters in the order they are spoken: pdfium turns lam and alef about where the two have one glyph."""
    spelled: list[str] = []
    for _, same in groupby(glyphs, key=itemgetter(1, 3)):
        letters = [glyph[0] for glyph in same]
        turned = len(letters) == 2 and letters[0] in ALEFS and letters[1] == LAM
        spelled += reversed(letters) if turned else letters
    return unicodedata.normalize("NFKC", "".join(spelled))
