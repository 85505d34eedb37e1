"""Counts, sums and digests values, so that spans can be merged and their quantiles asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdigest import TDigest

MAX_CENTROIDS = 200  # about 3 kB; up to as many values are kept exactly


@dataclass
class ValueTally:
    """Count, sum and extremes of values, and the digests of their quantiles (t-digest), merged when they are asked for."""

    count: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    _digest: TDigest | None = None
    _has_all: bool = True
    _stored: list[bytes] = field(default_factory=list[bytes])  # digests that are not merged yet
    _new: list[float] = field(default_factory=list[float])  # values that are in no digest yet

    @classmethod
    def of(cls, values: Sequence[float]) -> ValueTally:
        """Returns the tally of the values."""
        tally = cls()
        for value in values:
            tally.add(value)
        return tally

    @property
    def mean(self) -> float:
        """The mean; NaN without values."""
        return self.total / self.count if self.count else math.nan

    def add(self, value: float) -> None:
        """Adds a finite value."""
        self._extend(1, value, value, value)
        self._new.append(value)

    def add_stored(self, count: int, total: float, least: float, most: float, digest: bytes | None) -> None:
        """Adds values that were tallied before; without their digest, there are no quantiles any more."""
        self._extend(count, total, least, most)
        if digest is None:
            self._has_all = False
        else:
            self._stored.append(digest)

    def merge(self, other: ValueTally) -> None:
        """Adds the values of the other tally."""
        self._extend(other.count, other.total, other.least, other.most)
        self._has_all = self._has_all and other._has_all
        self._stored += other._stored
        self._new += other._new
        if other._digest is not None:
            self._stored.append(other._digest.to_bytes())

    def quantile(self, share: float) -> float:
        """Returns the value that this share of the values does not exceed; NaN without values or their digests."""
        if not self.count or not self._has_all:
            return math.nan
        return min(self.most, max(self.least, float(self._merged().quantile(share))))

    def to_bytes(self) -> bytes:
        """Returns the digest as it is stored."""
        stored: bytes = self._merged().to_bytes()
        return stored

    def _extend(self, count: int, total: float, least: float, most: float) -> None:
        self.count += count
        self.total += total
        self.least = min(self.least, least)
        self.most = max(self.most, most)

    def _merged(self) -> TDigest:
        """Returns the digest of all values."""
        from fastdigest import TDigest, merge_all

        parts = [TDigest.from_bytes(stored) for stored in self._stored]
        if self._digest is not None:
            parts.append(self._digest)
        if self._new or not parts:
            parts.append(TDigest.from_values(self._new, max_centroids=MAX_CENTROIDS) if self._new else TDigest(MAX_CENTROIDS))
        self._stored, self._new = [], []
        self._digest = parts[0] if len(parts) == 1 else merge_all(parts, max_centroids=MAX_CENTROIDS)
        return self._digest
