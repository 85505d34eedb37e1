"""Finds the limit of a statistic by random splits of the documents into a reference and a current part.

A permutation test: where nothing drifted, any split of the documents is as likely as the observed one, so the limit is exceeded
with a probability of at most the level, whatever the distribution, and with ties (Phipson and Smyth 2010, "Permutation P-values
Should Never Be Zero"). Whole documents are split, since entities and chunks of a document resemble each other: tests that take
them as independent find drift in every new document.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.float32]  # 1 for a current document, else 0; shape (splits, documents)
Floats = npt.NDArray[np.float64]
Statistic = Callable[[Labels], Floats]  # returns a score for each split, shape (splits,)

CHUNK_CELLS = 4_000_000  # labels in memory at a time
SEED = 20  # the same documents give the same result
TOLERANCE = 1e-5  # equal scores that are added in another order differ by less


def document_order(documents: int) -> npt.NDArray[np.int64]:
    """Returns an order of the documents that is independent of their part, so that ties favour neither."""
    return np.random.default_rng(SEED).permutation(documents)


def observed_labels(order: npt.NDArray[np.int64], reference: int) -> Labels:
    """Returns the labels of the observed split, shape (1, documents); before ordering, the reference comes first."""
    return (order >= reference).astype(np.float32)[None]


def splits_needed(level: float) -> int:
    """Returns the number of random splits from which a limit of this level can be told."""
    return max(999, math.ceil(1 / level) - 1)


def limit_by_splits(statistic: Statistic, documents: int, current: int, level: float) -> float:
    """Returns the limit that the statistic exceeds with a probability of at most `level` where nothing drifted.

    Args:
        statistic: scores of splits.
        documents: number of documents in both parts.
        current: number of documents in the current part.
        level: between 0 and 1.
    """
    count = splits_needed(level)
    rank = math.floor(level * (count + 1) + 1e-9)  # so many splits, the observed with them, may be as high
    highest = np.full(0, -np.inf)
    size = max(1, CHUNK_CELLS // documents)
    for number, start in enumerate(range(0, count, size)):
        labels = _random_labels(min(size, count - start), documents, current, number)
        highest = np.sort(np.concatenate([highest, statistic(labels)]))[-rank:]
    return float(highest[0])


@lru_cache(maxsize=1)
def _random_labels(splits: int, documents: int, current: int, chunk: int) -> Labels:
    """Returns the labels of random splits, of another stream than the order of the documents; a look's methods share them."""
    labels = np.zeros((splits, documents), dtype=np.float32)
    labels[:, :current] = 1
    np.random.default_rng((SEED, chunk + 1)).permuted(labels, axis=1, out=labels)
    labels.setflags(write=False)
    return labels
