"""Counts, sums and digests values, so that spans can be merged and their quantiles asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastdigest import TDigest

MAX_CENTROIDS = 200  # about 3 kB; up to as many values are kept exactly


@dataclass
class ValueTally:
    """Count, sum and extremes of values, and a digest of their quantiles (t-digest)."""

    count: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    digest: TDigest | None = None
    _new: list[float] = field(default_factory=list[float])

    @classmethod
    def of(cls, values: Sequence[float]) -> ValueTally:
        """Returns the tally of the values."""
        tally = cls()
        for value in values:
            tally.add(value)
        return tally

    @classmethod
    def from_row(cls, row: Any) -> ValueTally:
        """Returns the tally of a row of `metric_rollups`."""
        from fastdigest import TDigest

        return cls(row.samples, row.total, row.least, row.most, TDigest.from_bytes(row.digest))

    @property
    def mean(self) -> float:
        """The mean; NaN without values."""
        return self.total / self.count if self.count else math.nan

    def add(self, value: float) -> None:
        """Adds a finite value."""
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)
        self._new.append(value)

    def merge(self, other: ValueTally) -> None:
        """Adds the values of the other tally."""
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)
        self.digest = self._digested()
        self.digest.merge_inplace(other._digested())

    def quantile(self, share: float) -> float:
        """Returns the value that this share of the values does not exceed; NaN without values."""
        if not self.count:
            return math.nan
        self.digest = self._digested()
        return min(self.most, max(self.least, float(self.digest.quantile(share))))

    def to_bytes(self) -> bytes:
        """Returns the digest as it is stored."""
        self.digest = self._digested()
        stored: bytes = self.digest.to_bytes()
        return stored

    def _digested(self) -> TDigest:
        """Returns the digest of all values, the new ones too."""
        from fastdigest import TDigest

        digest = self.digest if self.digest is not None else TDigest(max_centroids=MAX_CENTROIDS)
        if self._new:
            digest.batch_update(self._new)
            self._new = []
        self.digest = digest
        return digest
