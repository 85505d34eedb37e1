"""Fits the duration of a phase as a linear function of a document's size, by weighted least squares over finished documents.

The size is the most precise known: chunks after chunking, words after conversion, pages or bytes before. Documents of the
same type and recent documents have more weight, since the load of a host varies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fathom.status.history import Sample, Size

OTHER_TYPE = 0.15  # weight of a document of another type
HALF_LIFE = 80  # in documents: half-life of a sample's weight; the pace models the current load of the host
_SIZES: dict[str, tuple[str, ...]] = {
    "converting": ("pages", "bytes"),
    "keeping": ("words", "pages", "bytes"),
    "chunking": ("words", "pages", "bytes"),
    "writing": ("chunks", "words", "pages", "bytes"),
    "recording": ("chunks", "words", "pages", "bytes"),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds of a phase: `fixed`, and `each` per unit of `by`, which is None if no size is known."""

    by: str | None
    fixed: float
    each: float

    def __call__(self, size: Size) -> float:
        """Returns the seconds for a document of this size; at least 0.02."""
        units = getattr(size, self.by) if self.by else 0.0
        return max(0.02, self.fixed + self.each * (units or 0.0))


def weights(samples: Sequence[Sample], suffix: str) -> list[float]:
    """Returns the weight of each sample, newest first, for a document of this type."""
    return [(1.0 if sample.suffix == suffix else OTHER_TYPE) * 0.5 ** (age / HALF_LIFE) for age, sample in enumerate(samples)]


def rate_of(phase: str, samples: Sequence[Sample], weight: Sequence[float], size: Size) -> Rate:
    """Fits the phase's rate by the most precise size that the document and the samples share."""
    for by in _SIZES[phase]:
        if getattr(size, by):
            known = [(sample, w) for sample, w in zip(samples, weight, strict=True) if getattr(sample.size, by)]
            if len(known) >= 3:
                return _fitted(phase, by, known)
    total = sum(weight)
    return Rate(None, sum(w * sample.seconds(phase) for sample, w in zip(samples, weight, strict=True)) / total, 0.0)


def _fitted(phase: str, by: str, known: Sequence[tuple[Sample, float]]) -> Rate:
    """Fits the line with the least weighted relative error and non-negative parts, by reweighted least squares (IRLS)."""
    points = [(float(getattr(sample.size, by)), max(0.02, sample.seconds(phase)), w) for sample, w in known]
    for _ in range(3):  # outliers weigh less in each iteration
        s = sx = sxx = sy = sxy = 0.0
        for x, y, w in points:
            v = w / (y * y)
            s, sx, sxx, sy, sxy = s + v, sx + v * x, sxx + v * x * x, sy + v * y, sxy + v * x * y
        spread = s * sxx - sx * sx
        # the parts are not identifiable if all sizes are equal: assume that the time is proportional to the size
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
