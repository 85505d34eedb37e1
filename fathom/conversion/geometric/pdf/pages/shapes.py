"""Reads the shapes a PDF page paints besides text: straight rules, filled areas, drawings and pictures, by pdfium's objects."""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.geometric.layout.page_content import Box, Rule
from fathom.conversion.geometric.pdf.pages.page_coordinates import PageFrame
from fathom.conversion.geometric.pdf.pages.pdfium_calls import (
    address_of,
    count_in_form,
    count_objects,
    count_segments,
    draw_mode,
    fill_colour,
    has_transparency,
    object_at,
    object_bounds,
    object_in_form,
    object_kind,
    object_matrix,
    segment_at,
    segment_closes,
    segment_kind,
    segment_point,
    stroke_colour,
)

# A path no thicker is a rule, whether it was stroked or filled.
RULE_THICKNESS = 2.6
MIN_RULE = 6.0
# Bounds on the cost of a page, whatever it holds.
MAX_OBJECTS = 60_000
MAX_SEGMENTS_OF_PATH = 600
MAX_DEPTH = 4
MAX_COVERS = 400
# Of a rectangle; with the closing segment there are five.
RECTANGLE = frozenset({4, 5})

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(slots=True)
class Shapes:
    """Painted things of a page, in points from its top left corner.

    `texts` has for the address of each text object after how many objects it is painted, `nested` those within a form,
    with the form's matrix;
    `covers` are opaque rectangles, each with that number, too.
    """

    rules: list[Rule] = field(default_factory=list[Rule])
    fills: list[Box] = field(default_factory=list[Box])
    drawings: list[Box] = field(default_factory=list[Box])
    pictures: list[Box] = field(default_factory=list[Box])
    texts: dict[int, int] = field(default_factory=dict[int, int])
    nested: dict[int, Matrix] = field(default_factory=dict[int, Matrix])
    covers: list[tuple[int, Box]] = field(default_factory=list[tuple[int, Box]])


class ShapeReader:
    """Reads the shapes of a page; call it under pdfium's lock."""

    def __init__(self, frame: PageFrame) -> None:
        self._frame = frame
        self._seen = 0
        self._page = Box(0.0, 0.0, frame.width, frame.height)
        self._floats = (ctypes.c_float * 6)()
        at = ctypes.addressof(self._floats)
        self._to_floats = [at + 4 * part for part in range(6)]
        self._numbers = (ctypes.c_uint * 4)()
        at = ctypes.addressof(self._numbers)
        self._to_numbers = [at + 4 * part for part in range(4)]
        self.shapes = Shapes()

    def read(self, page: Any) -> Shapes:
        """Returns all shapes of the page, those of nested forms included."""
        handle = address_of(page)
        for index in range(max(0, count_objects(handle))):
            if self._seen >= MAX_OBJECTS:
                break
            self._object(object_at(handle, index), IDENTITY, 0)
        return self.shapes

    def _object(self, item: int | None, matrix: Matrix, depth: int) -> None:
        self._seen += 1
        if not item:
            return
        kind = object_kind(item)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            self.shapes.texts[item] = self._seen
            if depth:
                self.shapes.nested[item] = matrix
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            self._path(item, matrix)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            box = self._bounds(item, matrix)
            if box is not None and box.width > 2 and box.height > 2:
                self.shapes.pictures.append(box)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            inner = _times(self._matrix(item), matrix)
            for index in range(max(0, count_in_form(item))):
                if self._seen >= MAX_OBJECTS:
                    return
                self._object(object_in_form(item, index), inner, depth + 1)

    def _bounds(self, item: int, matrix: Matrix) -> Box | None:
        if not object_bounds(item, *self._to_floats[:4]):
            return None
        l, b, r, t = self._floats[:4]
        return self._shown(l, b, r, t, matrix)

    def _shown(self, l: float, b: float, r: float, t: float, matrix: Matrix) -> Box | None:
        """Returns the part of the box that lies on the page."""
        if matrix is not IDENTITY:
            corners = [apply(matrix, x, y) for x in (l, r) for y in (b, t)]
            l, r = min(x for x, _ in corners), max(x for x, _ in corners)
            b, t = min(y for _, y in corners), max(y for _, y in corners)
        if not math.isfinite(l + b + r + t):
            return None
        l, t, r, b = self._frame.box(l, b, r, t)
        page = self._page
        if r < 0 or b < 0 or l > page.r or t > page.b:
            return None
        return Box(max(l, 0.0), max(t, 0.0), min(r, page.r), min(b, page.b))

    def _path(self, item: int, matrix: Matrix) -> None:
        if not draw_mode(item, *self._to_numbers[:2]):
            return
        filled, stroked = bool(self._numbers[0]), bool(self._numbers[1])
        if not filled and not stroked:
            return  # a clip: paints nothing
        box = self._bounds(item, matrix)
        if box is None:
            return
        thin = box.height <= RULE_THICKNESS or box.width <= RULE_THICKNESS
        if filled and not thin:
            self._cover(item, box)
        if self._white(item, filled=filled, stroked=stroked) or (thin and self._thin(box)):
            return
        segments = count_segments(item)
        straight = self._segments(item, matrix, segments) if 0 < segments <= MAX_SEGMENTS_OF_PATH else None
        if straight is None:
            self.shapes.drawings.append(box)
        elif filled and not stroked:
            self.shapes.fills.append(box)
        else:
            self.shapes.rules += straight
            if filled:
                self.shapes.fills.append(box)

    def _cover(self, item: int, box: Box) -> None:
        """Records that an opaque rectangle hides the text that was painted before it."""
        shapes = self.shapes
        after_text = shapes.texts and len(shapes.covers) < MAX_COVERS
        if after_text and count_segments(item) in RECTANGLE and not has_transparency(item):
            shapes.covers.append((self._seen, box))

    def _white(self, item: int, *, filled: bool, stroked: bool) -> bool:
        """Returns whether it is white on (most likely) white, or transparent: nothing that can be seen."""
        get = stroke_colour if stroked else fill_colour
        if (stroked and filled) or not get(item, *self._to_numbers):
            return False
        r, g, b, a = self._numbers
        return a == 0 or min(r, g, b) >= 253

    def _thin(self, box: Box) -> bool:
        """Returns whether it is a rule, and has been kept as a rule (or is too short to be any)."""
        if box.height <= RULE_THICKNESS and box.width > 3 * box.height:
            if box.width >= MIN_RULE:
                y = (box.t + box.b) / 2
                self.shapes.rules.append(Rule(box.l, y, box.r, y))
            return True
        if box.width <= RULE_THICKNESS and box.height > 3 * box.width:
            if box.height >= MIN_RULE:
                x = (box.l + box.r) / 2
                self.shapes.rules.append(Rule(x, box.t, x, box.b))
            return True
        return False

    def _segments(self, item: int, matrix: Matrix, count: int) -> list[Rule] | None:
        """Returns the path as horizontal and vertical rules; None if any part of it is slanted or curved."""
        whole = _times(self._matrix(item), matrix)
        rules: list[Rule] = []
        to_x, to_y = self._to_floats[:2]
        floats = self._floats
        start = at = (0.0, 0.0)
        for index in range(count):
            segment = segment_at(item, index)
            kind = segment_kind(segment)
            if kind == pdfium.FPDF_SEGMENT_BEZIERTO or not segment_point(segment, to_x, to_y):
                return None
            point = apply(whole, floats[0], floats[1])
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = point
            elif not self._rule(at, point, rules):
                return None
            at = point
            if segment_closes(segment):
                if not self._rule(at, start, rules):
                    return None
                at = start
        return rules

    def _rule(self, a: tuple[float, float], b: tuple[float, float], rules: list[Rule]) -> bool:
        dx, dy = abs(a[0] - b[0]), abs(a[1] - b[1])
        if min(dx, dy) > 0.6 or not math.isfinite(dx + dy):
            return False
        if max(dx, dy) < MIN_RULE:
            return True
        box = self._shown(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]), IDENTITY)
        if box is not None:
            if box.width >= box.height:
                y = (box.t + box.b) / 2
                rules.append(Rule(box.l, y, box.r, y))
            else:
                x = (box.l + box.r) / 2
                rules.append(Rule(x, box.t, x, box.b))
        return True

    def _matrix(self, item: int) -> Matrix:
        if not object_matrix(item, self._to_floats[0]):
            return IDENTITY
        a, b, c, d, e, f = self._floats
        return (a, b, c, d, e, f)


def apply(m: Matrix, x: float, y: float) -> tuple[float, float]:
    """Returns the point under the matrix."""
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


def _times(first: Matrix, then: Matrix) -> Matrix:
    if then is IDENTITY:
        return first
    a, b, c, d, e, f = first
    g, h, i, j, k, l = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l)
