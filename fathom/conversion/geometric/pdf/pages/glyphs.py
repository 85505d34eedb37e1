"""The words of a PDF page with their boxes, sizes and fonts, as pdfium sees its glyphs."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy
import numpy.typing
import pypdfium2.raw as pdfium

from fathom.conversion.geometric.layout.page_content import Word
from fathom.conversion.geometric.pdf.pages.glyph_styles import GlyphStyle, StyleReader
from fathom.conversion.geometric.pdf.pages.page_coordinates import FloatArray, PageFrame
from fathom.conversion.geometric.pdf.pages.pdfium_calls import (
    address_of,
    glyph_box,
    glyph_code,
    glyph_object,
    glyph_origin,
    glyph_unmapped,
    text_into,
)
from fathom.conversion.geometric.pdf.pages.small_figures import SmallFigures
from fathom.conversion.geometric.pdf.pages.soft_hyphens import SOFT, unseen_hyphens

# A blank between glyphs that no space character stands for, in ems.
WORD_GAP = 0.28
# A glyph so much higher or lower than the glyph before it, in ems, begins another word.
SHIFT = 0.18
TURNED_GAP = 0.6
BLANKS = frozenset(" \t\r\n\f\v\u00a0\u2002\u2003\u2009\u200a\u202f\u3000")
# pdfium marks a hyphen at a line's end with any of these.
HYPHENS = {"\x02": "-", "\ufffe": "-", "\xad": "-"}
INVISIBLE = {"\u200b", "\u200c", "\u200d", "\ufeff", "\u200e", "\u200f"}
# How far a font reaches above and below the baseline, in ems.
ASCENT, DESCENT = 0.78, 0.22
# Letters of scripts that run to the left, and the forms of them that only fonts tell apart.
LEFTWARD = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
UNSURE = re.compile("\ufffe")  # a hyphen at a line's end, or a glyph that stands for nothing known
HALVES = re.compile("[\ud800-\udfff]")
ALEFS, LAM = "\u0622\u0623\u0625\u0627", "\u0644"


IntArray = numpy.typing.NDArray[numpy.int_]
BoolArray = numpy.typing.NDArray[numpy.bool_]


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """The visible glyphs of a page, in the order of the file; `blanks` counts the blanks before each.

    `places` are their indexes in the page's text, `addresses` those of their text objects, `boxes` are pdfium's.
    """

    characters: list[str]
    places: Sequence[int]
    addresses: Sequence[int]
    boxes: FloatArray
    blanks: IntArray


@dataclass(frozen=True, slots=True)
class _StyleRuns:
    """The runs of glyphs of the same text object: the style of each, how far some are raised, and the run of each glyph."""

    styles: list[GlyphStyle]
    raised: dict[int, float]
    of_glyph: IntArray


@dataclass(frozen=True, slots=True)
class _Setting:
    """How the glyphs are set: for each its sides as shown, its size and its angle."""

    l: FloatArray
    t: FloatArray
    r: FloatArray
    b: FloatArray
    sizes: FloatArray
    angles: FloatArray
    upright: BoolArray


class GlyphReader:
    """Reads the words of a page; call it under pdfium's lock.

    `said` is the page's text as pdfium has it, a character for each of its indexes; `objects` has for each word, by its order,
    the address of its text object; `unmapped` are the orders of words whose letters the file does not give.
    """

    def __init__(self, text_page: Any, frame: PageFrame, styles: StyleReader) -> None:
        self._text = address_of(text_page)
        self._frame = frame
        self._styles = styles
        self._count = max(0, pdfium.FPDFText_CountChars(text_page))
        self.objects: list[int] = []
        self.said = ""
        self._places: list[tuple[int, int]] = []
        self.unmapped: set[int] = set()
        self._behind_unseen: list[int] = []

    def words(self) -> tuple[list[Word], list[Word]]:
        """Returns (upright words, words that are turned), each in the order of the file."""
        shown = self._characters()
        places = [index for index, character in enumerate(shown) if character and character != " "]
        if not places:
            return [], []
        text = self._text
        addresses = [glyph_object(text, index) or 0 for index in places]
        buffer = (ctypes.c_float * (4 * len(places)))()
        at = ctypes.addressof(buffer)
        known = [glyph_box(text, index, at + 16 * number) for number, index in enumerate(places)]
        boxes = numpy.ctypeslib.as_array(buffer).reshape(-1, 4).astype(numpy.float64)
        if not all(known):
            kept = [number for number, found in enumerate(known) if found]
            boxes, places = boxes[kept], [places[number] for number in kept]
            addresses = [addresses[number] for number in kept]
            if not places:
                return [], []
        # a blank before a glyph: pdfium's own or the file's
        blanks = numpy.cumsum([character == " " for character in shown])[places]
        return self._joined(_Glyphs([shown[index] for index in places], places, addresses, boxes, blanks))

    def said_without(self, orders: Iterable[int]) -> str:
        """Returns the page's text as pdfium has it, without the words of these orders."""
        said, end = [], 0
        for start, after in sorted(self._places[order] for order in orders):
            said.append(self.said[end:start])
            end = max(end, after)
        return "".join([*said, self.said[end:]])

    def _characters(self) -> list[str]:
        """Returns each of pdfium's characters as it is in a word: a blank for a separator, nothing if invisible."""
        count, text = self._count, self._text
        buffer = (ctypes.c_ushort * (count + 1))()
        written = text_into(text, 0, count, ctypes.addressof(buffer)) if count else 0
        self.said = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", "surrogatepass")
        # it leaves out characters without a meaning; where there are none, each index has a character
        halves = HALVES.search(self.said)
        self.said = HALVES.sub("\ufffd", self.said) if halves else self.said
        if written == count + 1 and len(self.said) == count and not halves:
            codes = [ord(character) for character in self.said]
            for index in (found.start() for found in UNSURE.finditer(self.said)):
                codes[index] = glyph_code(text, index)
            shown = [_shown(code) for code in codes]
            for index in unseen_hyphens(self.said) if SOFT in self.said else ():
                shown[index] = ""
                self._behind_unseen.append(index + 1)
            return shown
        codes = [glyph_code(text, index) for index in range(count)]
        self.said = "".join(chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd" for code in codes)
        if not any(0xD800 <= code < 0xE000 for code in codes):
            return [_shown(code) for code in codes]
        return [_whole(codes, index) for index in range(count)]

    def _joined(self, glyphs: _Glyphs) -> tuple[list[Word], list[Word]]:
        runs = self._style_runs(glyphs)
        setting = self._setting(glyphs, runs)
        starts = numpy.flatnonzero(self._word_begins(glyphs, setting))
        words: tuple[list[Word], list[Word]] = ([], [])
        run_of = runs.of_glyph.tolist()
        for start, end, (left, top, right, bottom) in _word_boxes(setting, starts):
            style = runs.styles[run_of[end - 1]]
            said = "".join(glyphs.characters[start:end])
            if not said.isascii() and LEFTWARD.search(said):
                said = _spelled_leftward(glyphs.characters[start:end], setting.l[start:end], setting.r[start:end])
            order = self._recorded(glyphs, start, end, style)
            word = Word(
                said, left, top, right, bottom, style.size, style.font, style.bold, style.italic, order, baseline=bottom
            )
            if not style.upright:
                word.turn = style.turn
            words[0 if style.upright else 1].append(word)
        return words

    def _style_runs(self, glyphs: _Glyphs) -> _StyleRuns:
        owners = numpy.array(glyphs.addresses, dtype=numpy.uint64)
        other = numpy.flatnonzero(owners[1:] != owners[:-1]) + 1
        starts = [0, *other.tolist()]
        edges = [*starts, len(glyphs.places)]
        styles = [self._styles.style(glyphs.addresses[start], glyphs.places[start]) for start in starts]
        raised: dict[int, float] = {}
        if not self._frame.rotation:
            raised = SmallFigures(self._text).restyle(styles, edges, glyphs.characters, glyphs.places)
        return _StyleRuns(styles, raised, numpy.repeat(numpy.arange(len(starts)), numpy.diff(edges)))

    def _setting(self, glyphs: _Glyphs, runs: _StyleRuns) -> _Setting:
        l, t, r, b = self._frame.boxes(glyphs.boxes)
        setting = _Setting(
            l,
            t,
            r,
            b,
            sizes=numpy.array([style.size for style in runs.styles])[runs.of_glyph],
            angles=numpy.array([style.angle for style in runs.styles])[runs.of_glyph],
            upright=numpy.array([style.upright for style in runs.styles])[runs.of_glyph],
        )
        self._stand_on_baselines(setting, glyphs, runs)
        for number, up in runs.raised.items():
            here = runs.of_glyph == number
            t[here] -= up
            b[here] -= up
        return setting

    def _stand_on_baselines(self, setting: _Setting, glyphs: _Glyphs, runs: _StyleRuns) -> None:
        """Takes the tops and bottoms of upright glyphs from their baselines: fonts misstate their height."""
        edges = glyphs.boxes[:, (1, 3)]
        moved = numpy.any(edges[1:] != edges[:-1], axis=1) | (runs.of_glyph[1:] != runs.of_glyph[:-1])
        starts = [0, *(numpy.flatnonzero(moved) + 1).tolist()]
        ends = [*starts[1:], len(glyphs.places)]
        x, y = ctypes.c_double(), ctypes.c_double()
        to_x, to_y = ctypes.addressof(x), ctypes.addressof(y)
        for start, end in zip(starts, ends, strict=True):
            if setting.upright[start] and glyph_origin(self._text, glyphs.places[start], to_x, to_y):
                baseline = self._frame.box(x.value, y.value, x.value, y.value)[1]
                size = float(setting.sizes[start])
                setting.t[start:end] = baseline - ASCENT * size
                setting.b[start:end] = baseline + DESCENT * size

    def _word_begins(self, glyphs: _Glyphs, setting: _Setting) -> BoolArray:
        with numpy.errstate(invalid="ignore", over="ignore"):
            begins = _stand_apart(setting)
        if self._behind_unseen:  # the room of a hyphen that is left out parts no word
            begins &= ~numpy.isin(glyphs.places, self._behind_unseen)
        begins |= numpy.diff(glyphs.blanks, prepend=glyphs.blanks[0]) > 0
        begins[0] = True
        return begins

    def _recorded(self, glyphs: _Glyphs, start: int, end: int, style: GlyphStyle) -> int:
        """Returns the order of the word made of these glyphs; records its object and its place in the page's text."""
        order, places = len(self.objects), glyphs.places
        if style.unmapped and 2 * sum(glyph_unmapped(self._text, at) == 1 for at in places[start:end]) > end - start:
            self.unmapped.add(order)
        self.objects.append(glyphs.addresses[end - 1])
        self._places.append((places[start], places[end - 1] + 1))
        return order


def _word_boxes(setting: _Setting, starts: IntArray) -> Iterator[tuple[int, int, tuple[float, float, float, float]]]:
    """Yields (first glyph, glyph behind the last, box) of each word whose box is finite."""
    low = [numpy.minimum.reduceat(values, starts) for values in (setting.l, setting.t)]
    high = [numpy.maximum.reduceat(values, starts) for values in (setting.r, setting.b)]
    finite = numpy.isfinite(low[0] + low[1] + high[0] + high[1])
    rows = zip(
        starts.tolist(), [*starts[1:].tolist(), len(setting.l)], finite.tolist(),
        *(edge.tolist() for edge in (*low, *high)), strict=True,
    )  # fmt: skip
    for start, end, fine, left, top, right, bottom in rows:
        if fine:
            yield start, end, (left, top, right, bottom)


def _stand_apart(glyphs: _Setting) -> BoolArray:
    """Returns whether each glyph begins a word by its setting: another style, a gap, or another line."""
    l, t, r, b, sizes, angles = glyphs.l, glyphs.t, glyphs.r, glyphs.b, glyphs.sizes, glyphs.angles
    found = numpy.zeros(len(l), dtype=bool)
    size = numpy.maximum(sizes[1:], 1.0)
    rightward = l[1:] >= l[:-1]
    gap = numpy.where(rightward, l[1:] - r[:-1], l[:-1] - r[1:])  # right-to-left text goes on to the left
    shifted = numpy.abs(t[:-1] + b[:-1] - t[1:] - b[1:]) > 2 * SHIFT * size
    apart = shifted | (gap > WORD_GAP * size) | (gap < -1.2 * size)
    far = numpy.maximum(numpy.maximum(l[1:] - r[:-1], l[:-1] - r[1:]), numpy.maximum(t[1:] - b[:-1], t[:-1] - b[1:]))
    styled = (numpy.abs(sizes[1:] - sizes[:-1]) >= 0.3) | (numpy.abs(angles[1:] - angles[:-1]) >= 0.02)
    found[1:] = styled | numpy.where(glyphs.upright[1:], apart, far > TURNED_GAP * size)
    return found


@lru_cache(maxsize=65_536)
def _shown(code: int) -> str:
    """Returns the character as a word has it."""
    character = chr(code) if code <= 0x10FFFF else "\ufffd"
    character = HYPHENS.get(character, character)
    if character in INVISIBLE:
        return ""
    return " " if character in BLANKS or (code < 32 and character != "-") else character


def _whole(codes: Sequence[int], index: int) -> str:
    """Returns the character at the index: nothing for the high half of a pair, the whole character for the low half."""
    code = codes[index]
    if not 0xD800 <= code < 0xE000:
        return _shown(code)
    if code < 0xDC00 and index + 1 < len(codes):
        return ""
    high = codes[index - 1] if index else 0
    joined = 0xD800 <= high < 0xDC00 <= code
    return _shown(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if joined else 0xFFFD)


def _spelled_leftward(characters: Sequence[str], l: FloatArray, r: FloatArray) -> str:
    """Returns the letters in the order they are spoken: pdfium turns lam and alef about where they share a glyph."""
    spelled: list[str] = []
    edges = list(zip(l.tolist(), r.tolist(), strict=True))
    for _, same in groupby(range(len(characters)), key=edges.__getitem__):
        letters = [characters[index] for index in same]
        turned = len(letters) == 2 and letters[0] in ALEFS and letters[1] == LAM
        spelled += reversed(letters) if turned else letters
    return unicodedata.normalize("NFKC", "".join(spelled))
