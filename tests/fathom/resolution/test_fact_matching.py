"""What says one thing in one language between the same two names is near enough to be asked about, other matters are not."""

from __future__ import annotations

import pytest

from fathom.embedding.binary_vectors import BinarizingEmbedder
from fathom.embedding.embedder import Embedder
from fathom.resolution.fact_matching import MAX_HAMMING


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IBM acquired Red Hat.", "Red Hat was bought by IBM in 2019."),
        ("IBM took Red Hat over in July 2019.", "IBM completed its purchase of Red Hat for 34 billion dollars."),
        ("Ada Moreno was born in Plymouth.", "Plymouth is the birthplace of Moreno."),
        ("The Trust appointed Margaret Ellison director in May.", "The Trust named Margaret Ellison its new head."),
    ],
)
def test_other_words_for_one_thing_are_near(embedder: Embedder, one: str, other: str) -> None:
    assert bits_apart(embedder, one, other) <= MAX_HAMMING


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IBM sued Red Hat.", "Red Hat's Linux runs on IBM mainframes."),
        ("IBM completed its purchase of Red Hat.", "The IBM board discussed the pension plans of Red Hat employees."),
    ],
)
def test_other_matters_of_the_same_two_are_not(embedder: Embedder, one: str, other: str) -> None:
    assert bits_apart(embedder, one, other) > MAX_HAMMING


def bits_apart(embedder: Embedder, one: str, other: str) -> int:
    first, second = (int.from_bytes(bits) for bits in BinarizingEmbedder(embedder).sign_bits([one, other]))
    return (first ^ second).bit_count()
