"""The signs of vectors: near ones differ in few, and what was embedded is not embedded again to know them."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.embedding import binary_vectors
from fathom.embedding.binary_vectors import BinarizingEmbedder, binarize


class Counting:
    name = "counting/1"
    dimension = 8

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += texts
        return [[float(len(text)) - number for number in range(8)] for text in texts]


def test_eight_numbers_are_a_byte_and_zero_is_no_more_than_below() -> None:
    assert binarize([1.0, -1.0, 0.0, 2.0, -1.0, -1.0, -1.0, 0.5]) == b"\x91"


def test_what_was_embedded_is_known_and_the_rest_is_embedded_once() -> None:
    counting = Counting()
    embedder = BinarizingEmbedder(counting)
    one, other = embedder.embed(["a", "bbb"])
    assert embedder.sign_bits(["bbb", "cc", "a", "cc"])[::2] == [binarize(other), binarize(one)]
    assert counting.asked == ["a", "bbb", "cc"]


def test_it_forgets_the_oldest_before_it_grows_without_end() -> None:
    counting = Counting()
    embedder = BinarizingEmbedder(counting)
    for number in range(3):
        embedder.embed([f"{number}-{one}" for one in range(binary_vectors.MAX_KNOWN // 2)])
    before = len(counting.asked)
    embedder.sign_bits(["2-1"])
    assert len(counting.asked) == before
    embedder.sign_bits(["0-1"])
    assert counting.asked[before:] == ["0-1"]


def test_vectors_made_for_their_signs_are_not_made_again_for_whoever_wants_them_next() -> None:
    counting = Counting()
    embedder = BinarizingEmbedder(counting)
    embedder.sign_bits(["a", "bbb"])
    assert embedder.embed(["bbb", "cc", "bbb", "a"]) == Counting().embed(["bbb", "cc", "bbb", "a"])
    assert counting.asked == ["a", "bbb", "cc"]
