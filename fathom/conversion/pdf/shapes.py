"""What a PDF page paints besides text: straight rules, filled areas, drawings and pictures, as pdfium sees its objects."""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.layout.content import Box, Rule
from fathom.conversion.pdf.glyphs import Frame

# A path no thicker is a rule, whether it was stroked or filled.
RULE_THICKNESS = 2.6
SHORTEST_RULE = 6.0
# Bounds on what one page may cost, whatever it holds.
MAX_OBJECTS = 60_000
MAX_SEGMENTS_OF_PATH = 600
MAX_DEPTH = 4

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(slots=True)
class Shapes:
    """Painted things of a page, in points from its top left corner."""

    rules: list[Rule] = field(default_factory=list[Rule])
    fills: list[Box] = field(default_factory=list[Box])
    drawings: list[Box] = field(default_factory=list[Box])
    pictures: list[Box] = field(default_factory=list[Box])


class ShapeReader:
    """Reads the shapes of one page; call it under pdfium's lock."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._left = MAX_OBJECTS
        self._page = Box(0.0, 0.0, frame.width, frame.height)
        self.shapes = Shapes()

    def read(self, page: Any) -> Shapes:
        """All shapes of the page, those of nested forms included."""
        for index in range(pdfium.FPDFPage_CountObjects(page)):
            if self._left <= 0:
                break
            self._object(pdfium.FPDFPage_GetObject(page, index), IDENTITY, 0)
        return self.shapes

    def _object(self, item: Any, matrix: Matrix, depth: int) -> None:
        self._left -= 1
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            self._path(item, matrix)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            box = self._bounds(item, matrix)
            if box is not None and box.width > 2 and box.height > 2:
                self.shapes.pictures.append(box)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            inner = _times(_matrix(item), matrix)
            for index in range(max(0, pdfium.FPDFFormObj_CountObjects(item))):
                if self._left <= 0:
                    return
                self._object(pdfium.FPDFFormObj_GetObject(item, index), inner, depth + 1)

    def _bounds(self, item: Any, matrix: Matrix) -> Box | None:
        l, b, r, t = ctypes.c_float(), ctypes.c_float(), ctypes.c_float(), ctypes.c_float()
        if not pdfium.FPDFPageObj_GetBounds(item, l, b, r, t):
            return None
        return self._shown(l.value, b.value, r.value, t.value, matrix)

    def _shown(self, l: float, b: float, r: float, t: float, matrix: Matrix) -> Box | None:
        """The part of the box that lies on the page."""
        if matrix is not IDENTITY:
            corners = [_apply(matrix, x, y) for x in (l, r) for y in (b, t)]
            l, r = min(x for x, _ in corners), max(x for x, _ in corners)
            b, t = min(y for _, y in corners), max(y for _, y in corners)
        if not all(math.isfinite(value) for value in (l, b, r, t)):
            return None
        l, t, r, b = self._frame.box(l, b, r, t)
        page = self._page
        if r < 0 or b < 0 or l > page.r or t > page.b:
            return None
        return Box(max(l, 0.0), max(t, 0.0), min(r, page.r), min(b, page.b))

    def _path(self, item: Any, matrix: Matrix) -> None:
        mode, stroked = ctypes.c_int(), pdfium.FPDF_BOOL()
        if not pdfium.FPDFPath_GetDrawMode(item, mode, stroked):
            return
        if not mode.value and not stroked.value:
            return  # a clip: paints nothing
        box = self._bounds(item, matrix)
        if box is None or self._white(item, filled=bool(mode.value), stroked=bool(stroked.value)):
            return
        if self._thin(box):
            return
        segments = pdfium.FPDFPath_CountSegments(item)
        straight = self._segments(item, matrix, segments) if 0 < segments <= MAX_SEGMENTS_OF_PATH else None
        if straight is None:
            self.shapes.drawings.append(box)
        elif mode.value and not stroked.value:
            self.shapes.fills.append(box)
        else:
            for rule in straight:
                self.shapes.rules.append(rule)
            if mode.value:
                self.shapes.fills.append(box)

    def _white(self, item: Any, *, filled: bool, stroked: bool) -> bool:
        """White on (most likely) white, or transparent: nothing that can be seen."""
        r, g, b, a = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
        get = pdfium.FPDFPageObj_GetStrokeColor if stroked else pdfium.FPDFPageObj_GetFillColor
        if (stroked and filled) or not get(item, r, g, b, a):
            return False
        return a.value == 0 or min(r.value, g.value, b.value) >= 253

    def _thin(self, box: Box) -> bool:
        """It is a rule, and has been kept as one (or is too short to be any)."""
        if box.height <= RULE_THICKNESS and box.width > 3 * box.height:
            if box.width >= SHORTEST_RULE:
                y = (box.t + box.b) / 2
                self.shapes.rules.append(Rule(box.l, y, box.r, y))
            return True
        if box.width <= RULE_THICKNESS and box.height > 3 * box.width:
            if box.height >= SHORTEST_RULE:
                x = (box.l + box.r) / 2
                self.shapes.rules.append(Rule(x, box.t, x, box.b))
            return True
        return False

    def _segments(self, item: Any, matrix: Matrix, count: int) -> list[Rule] | None:
        """The path as horizontal and vertical rules; None if any part of it is slanted or curved."""
        whole = _times(_matrix(item), matrix)
        rules: list[Rule] = []
        x, y = ctypes.c_float(), ctypes.c_float()
        start = at = (0.0, 0.0)
        for index in range(count):
            segment = pdfium.FPDFPath_GetPathSegment(item, index)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            if kind == pdfium.FPDF_SEGMENT_BEZIERTO or not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
                return None
            point = _apply(whole, x.value, y.value)
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = point
            elif not self._rule(at, point, rules):
                return None
            at = point
            if pdfium.FPDFPathSegment_GetClose(segment):
                if not self._rule(at, start, rules):
                    return None
                at = start
        return rules

    def _rule(self, a: tuple[float, float], b: tuple[float, float], rules: list[Rule]) -> bool:
        dx, dy = abs(a[0] - b[0]), abs(a[1] - b[1])
        if min(dx, dy) > 0.6 or not math.isfinite(dx + dy):
            return False
        if max(dx, dy) < SHORTEST_RULE:
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


def _matrix(item: Any) -> Matrix:
    m = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, m):
        return IDENTITY
    return (m.a, m.b, m.c, m.d, m.e, m.f)


def _apply(m: Matrix, x: float, y: float) -> tuple[float, float]:
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, l = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l)
