"""Fits the small network that judges pairs of names: one hidden layer, a logistic function a property."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

SEED = 17  # of the first weights, the order of the candidates, and what is left out of a step
HIDDEN = 64
EPOCHS = 8
BATCH = 512
RATE = 4e-3  # falls to nought over the steps
DECAY = 0.01
KEPT, KEPT_HIDDEN = 0.8, 0.7  # of the features and of the hidden units in a step

Array = NDArray[Any]


def fitted(matrix: csr_matrix, truth: Array) -> list[Array]:
    """Returns the weights and bias of the hidden layer, then those of the outer one; Adam, with decay of the weights."""
    chance = np.random.default_rng(SEED)
    point = [
        chance.normal(0, 0.05, (matrix.shape[1], HIDDEN)).astype(np.float32),
        np.zeros(HIDDEN, np.float32),
        chance.normal(0, HIDDEN**-0.5, (HIDDEN, truth.shape[1])).astype(np.float32),
        np.full(truth.shape[1], -4.0, np.float32),
    ]
    means, squares = [np.zeros_like(one) for one in point], [np.zeros_like(one) for one in point]
    steps = EPOCHS * -(-matrix.shape[0] // BATCH)
    for step, rows in enumerate(_batches(chance, matrix.shape[0])):
        rate = RATE * (1 - step / steps)
        moved = rate * (1 - 0.999 ** (step + 1)) ** 0.5 / (1 - 0.9 ** (step + 1))
        for at, slope in enumerate(_slopes(chance, point, matrix[rows], truth[rows])):
            means[at] += 0.1 * (slope - means[at])
            squares[at] += 0.001 * (slope * slope - squares[at])
            point[at] -= moved * means[at] / (np.sqrt(squares[at]) + 1e-8)
            if point[at].ndim == 2:
                point[at] *= 1 - rate * DECAY
    return [one.astype(np.float32) for one in point]


def _batches(chance: np.random.Generator, rows: int) -> Iterator[Array]:
    for _ in range(EPOCHS):
        order = chance.permutation(rows)
        yield from (order[start : start + BATCH] for start in range(0, rows, BATCH))


def _slopes(chance: np.random.Generator, point: list[Array], given: csr_matrix, truth: Array) -> tuple[Array, ...]:
    first, first_bias, out, bias = point
    given = given.copy()
    given.data = given.data * (chance.random(len(given.data), np.float32) < KEPT) / np.float32(KEPT)
    sums = given @ first + first_bias
    kept = (chance.random(sums.shape, np.float32) < KEPT_HIDDEN) / np.float32(KEPT_HIDDEN)
    hidden = np.maximum(sums, 0) * kept
    off = (1 / (1 + np.exp(-(hidden @ out + bias))) - truth) / len(truth)
    back = (off @ out.T) * kept * (sums > 0)
    return np.asarray(given.T @ back), back.sum(axis=0), hidden.T @ off, off.sum(axis=0)
