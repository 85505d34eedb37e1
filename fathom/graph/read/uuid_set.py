"""A set of uuids in eight bytes each, so that those of millions of records fit into memory."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class UuidSet:
    """Collects uuids, then tells which of others are among them.

    Uuids are compared by 64 bits of their hash: of ten million, two have the same with a probability of about 3e-6.
    """

    def __init__(self) -> None:
        self._added = array("Q")
        self._sorted: NDArray[np.uint64] | None = None

    def add(self, uuids: Iterable[str]) -> None:
        """Adds the uuids."""
        self._added.extend(map(short_hash, uuids))

    def contains(self, uuids: Sequence[str]) -> list[bool]:
        """Returns for each uuid whether it was added."""
        import numpy as np

        if self._added or self._sorted is None:
            fresh = np.array(self._added, dtype=np.uint64)
            self._sorted = np.sort(fresh if self._sorted is None else np.concatenate([self._sorted, fresh]))
            self._added = array("Q")
        wanted = np.array([short_hash(uuid) for uuid in uuids], dtype=np.uint64)
        at = np.searchsorted(self._sorted, wanted)
        return [place < len(self._sorted) and bool(self._sorted[place] == one) for place, one in zip(at, wanted, strict=True)]


def short_hash(text: str) -> int:
    """Returns 64 bits of the hash of a text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
