"""How the seconds of a phase grow with a document's size, measured over finished documents: a fixed part and a rate.

Each phase grows with the best size known of the document: chunks for the graph once it is cut, words before that, pages or
bytes before it is converted. Finished documents of its type count most, then those done last, since a host is not always
equally busy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fathom.status.history import Sample, Size

OTHER_TYPE = 0.15  # how much a document of another type counts beside one of the same
HALF_LIFE = 80  # so many documents later a finished one counts half; how busy the host is, the pace says
_SIZES: dict[str, tuple[str, ...]] = {
    "converting": ("pages", "bytes"),
    "keeping": ("words", "pages", "bytes"),
    "chunking": ("words", "pages", "bytes"),
    "writing": ("chunks", "words", "pages", "bytes"),
    "recording": ("chunks", "words", "pages", "bytes"),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds of a phase: `fixed` and `each` for each unit of `by`, which is None where no size is known."""

    by: str | None
    fixed: float
    each: float

    def __call__(self, size: Size) -> float:
        """Seconds for a document of that size; never none at all."""
        units = getattr(size, self.by) if self.by else 0.0
        return max(0.02, self.fixed + self.each * (units or 0.0))


def weights(samples: Sequence[Sample], suffix: str) -> list[float]:
    """How much each sample, newest first, says about a document of that type."""
    return [(1.0 if one.suffix == suffix else OTHER_TYPE) * 0.5 ** (age / HALF_LIFE) for age, one in enumerate(samples)]


def rate_of(phase: str, samples: Sequence[Sample], weight: Sequence[float], size: Size) -> Rate:
    """The phase's rate by the best size that is known of the document and of the samples."""
    for by in _SIZES[phase]:
        if getattr(size, by):
            known = [(one, w) for one, w in zip(samples, weight, strict=True) if getattr(one.size, by)]
            if len(known) >= 3:
                return _fitted(phase, by, known)
    total = sum(weight)
    return Rate(None, sum(w * one.seconds(phase) for one, w in zip(samples, weight, strict=True)) / total, 0.0)


def _fitted(phase: str, by: str, known: Sequence[tuple[Sample, float]]) -> Rate:
    """The line through the points that errs least in proportion, with neither part below none."""
    points = [(float(getattr(one.size, by)), max(0.02, one.seconds(phase)), w) for one, w in known]
    for _ in range(3):  # those far off the line count less each time
        s = sx = sxx = sy = sxy = 0.0
        for x, y, w in points:
            v = w / (y * y)
            s, sx, sxx, sy, sxy = s + v, sx + v * x, sxx + v * x * x, sy + v * y, sxy + v * x * y
        spread = s * sxx - sx * sx
        # of documents that are all of one size nobody can tell the parts apart: twice the size, twice the time
        each = (s * sxy - sx * sy) / spread if spread > 1e-6 * s * sxx else sxy / sxx
        fixed = (sy - each * sx) / s
        if each < 0.0:
            fixed, each = sy / s, 0.0
        elif fixed < 0.0:
            fixed, each = 0.0, sxy / sxx
        rate = Rate(by, fixed, each)
        points = [
            (x, y, w / (1.0 + 4.0 * abs(max(0.02, fixed + each * x) / y - 1.0)))
            for (x, y, _), (_, w) in zip(points, known, strict=True)
        ]
    return rate
