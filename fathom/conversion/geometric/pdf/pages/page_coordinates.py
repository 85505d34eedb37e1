"""From pdfium's coordinates of a page to points from its top left corner as it is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy
import numpy.typing

FloatArray = numpy.typing.NDArray[numpy.float64]


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The part of a page that is shown, in pdfium's coordinates, and how it is turned."""

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
        """Returns (left, top, right, bottom) as shown."""
        if self.rotation == 0:
            return l - self.l, self.t - t, r - self.l, self.t - b
        if self.rotation == 1:
            return b - self.b, l - self.l, t - self.b, r - self.l
        if self.rotation == 2:
            return self.r - r, b - self.b, self.r - l, t - self.b
        return self.t - t, self.r - r, self.t - b, self.r - l

    def boxes(self, rects: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Returns (left, top, right, bottom) as shown, of many: each row of `rects` is pdfium's left, top, right, bottom."""
        l, t, r, b = rects.T
        if self.rotation == 0:
            return l - self.l, self.t - t, r - self.l, self.t - b
        if self.rotation == 1:
            return b - self.b, l - self.l, t - self.b, r - self.l
        if self.rotation == 2:
            return self.r - r, b - self.b, self.r - l, t - self.b
        return self.t - t, self.r - r, self.t - b, self.r - l
