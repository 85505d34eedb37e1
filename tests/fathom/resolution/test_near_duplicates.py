"""Pairs of nearly equal vectors are found among many without comparing all, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from fathom.resolution.near_duplicates import max_distance, near_pairs

DIMENSIONS, VECTORS, PLANTED = 384, 20_000, 200
COSINE = 0.95


def sign_bits(vectors: np.ndarray) -> np.ndarray:
    return np.packbits(vectors > 0, axis=1)


def test_planted_pairs_are_found_and_no_others() -> None:
    chance = np.random.default_rng(1)
    vectors = chance.standard_normal((VECTORS, DIMENSIONS))
    noise = chance.standard_normal((PLANTED, DIMENSIONS)) * np.sqrt(1 / COSINE**2 - 1)
    vectors[-PLANTED:] = vectors[:PLANTED] + noise
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    distance = max_distance(COSINE, DIMENSIONS)
    found = near_pairs(sign_bits(vectors), distance)
    planted = {(number, VECTORS - PLANTED + number) for number in range(PLANTED)}
    within = {pair for pair in planted if np.count_nonzero((vectors[pair[0]] > 0) != (vectors[pair[1]] > 0)) <= distance}
    assert len(within) > 0.98 * PLANTED
    assert len(set(found) & within) > 0.99 * len(within)
    assert all(unit[left] @ unit[right] > 0.8 for left, right in found)


@pytest.mark.parametrize(("rows", "pairs"), [(0, []), (1, []), (2, [(0, 1)]), (3, [(0, 1), (0, 2), (1, 2)])])
def test_few_equal_vectors_are_all_paired(rows: int, pairs: list[tuple[int, int]]) -> None:
    assert near_pairs(sign_bits(np.ones((rows, DIMENSIONS))), 10) == pairs


def test_the_distance_grows_as_the_cosine_falls() -> None:
    assert max_distance(1.0, DIMENSIONS) == 0
    assert 40 < max_distance(0.97, DIMENSIONS) < max_distance(COSINE, DIMENSIONS) < 60
