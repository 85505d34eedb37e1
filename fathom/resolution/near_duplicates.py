"""Finds pairs of nearly equal embeddings by their sign bits, without comparing all pairs (sorted neighbourhood method).

The sign bits are sorted anew from each of several starting bits, and each row is compared with the next ones in that order
(Hernández and Stolfo, 1995). Two vectors of a high cosine differ in few bits, so they are neighbours in at least one order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDERS = 24
NEIGHBOURS = 32  # rows that follow in an order
MAX_PAIRS = 1_000_000
_PREFIX = 8  # bytes by which rows are sorted


def max_distance(cosine: float, bits: int) -> int:
    """Returns the Hamming distance that vectors of this cosine rarely exceed: its mean and three standard deviations."""
    share = math.acos(cosine) / math.pi
    return math.ceil(bits * share + 3 * math.sqrt(bits * share * (1 - share)))


def near_pairs(sign_bits: NDArray[Any], distance: int) -> list[tuple[int, int]]:
    """Returns pairs of rows with at most this Hamming distance, the lower row first; at most MAX_PAIRS.

    `sign_bits` has a row of bytes for each vector.
    """
    import numpy as np

    rows, length = sign_bits.shape
    whole = np.pad(sign_bits, ((0, 0), (0, -length % _PREFIX)))
    words = np.ascontiguousarray(whole).view(np.uint64)
    found = np.empty(0, dtype=np.uint64)
    for order in range(ORDERS):
        turned = np.roll(sign_bits, -(order * length // ORDERS), axis=1)[:, :_PREFIX]
        turned = np.pad(turned, ((0, 0), (0, _PREFIX - turned.shape[1])))
        ranked = np.argsort(np.ascontiguousarray(turned).view(">u8").ravel(), kind="stable")
        fresh = [found]
        for step in range(1, min(NEIGHBOURS, rows - 1) + 1):
            left, right = ranked[:-step], ranked[step:]
            distances = np.bitwise_count(words[left] ^ words[right]).sum(axis=1)
            near = distances <= distance
            low, high = np.minimum(left[near], right[near]), np.maximum(left[near], right[near])
            fresh.append((low.astype(np.uint64) << np.uint64(32)) | high.astype(np.uint64))
        found = np.unique(np.concatenate(fresh))[:MAX_PAIRS]
    return [(int(pair) >> 32, int(pair) & 0xFFFFFFFF) for pair in found]
