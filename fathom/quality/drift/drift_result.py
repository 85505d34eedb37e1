"""The result of comparing documents with a reference, and the look at which they were compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DriftMethod(StrEnum):
    """The methods by which two samples are compared."""

    PSI = "population stability index"
    KS = "kolmogorov-smirnov"
    JENSEN_SHANNON = "jensen-shannon distance"
    MEANS = "distance of means"
    CLASSIFIER = "domain classifier"


@dataclass(frozen=True)
class Look:
    """A look at the current documents.

    Args:
        level: probability that this look raises a false alarm for a metric.
        number: of looks at this reference so far, with this one.
        reference_version: version of the reference, from 1.
    """

    level: float
    number: int = 1
    reference_version: int = 1

    def shared_by(self, methods: int) -> Look:
        """Returns the look with the level of each of several methods, which share the metric's level."""
        return Look(self.level / methods, self.number, self.reference_version)


@dataclass(frozen=True)
class DriftResult:
    """The result of a method for a metric: drifted where the score is above the threshold.

    Score and threshold are None where samples are missing or cannot be compared; `detail` then tells why. `samples` are those
    of the current window, `reference_samples` those of the reference.
    """

    metric: str
    method: DriftMethod
    score: float | None
    threshold: float | None
    drifted: bool
    samples: int
    reference_samples: int
    reference_version: int
    looks: int
    detail: str
