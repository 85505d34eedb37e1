"""Texts become unit vectors, in their order, in which what means the same is near."""

from __future__ import annotations

import math

import pytest

from fathom.embedding.minilm import BATCH_SIZE, MiniLM
from fathom.embedding.tokenizer import count_tokens

MODEL = MiniLM()


def cosine(one: list[float], other: list[float]) -> float:
    """Of unit vectors."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_a_vector_is_of_the_promised_length_and_of_length_one() -> None:
    for vector in MODEL.embed(["The harbour was rebuilt.", "", "東京 😀"]):
        assert len(vector) == MODEL.dimension
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-3)


def test_vectors_come_in_the_order_of_the_texts_however_many_there_are() -> None:
    texts = [f"Text {number} of many. " * (number % 5 + 1) for number in range(2 * BATCH_SIZE + 3)]
    together = MODEL.embed(texts)
    for text, vector in zip(texts, together, strict=True):
        assert cosine(vector, MODEL.embed([text])[0]) > 0.98  # int8 rounds by what stands beside it


def test_no_texts_are_no_vectors() -> None:
    assert MODEL.embed([]) == []


def test_what_means_the_same_is_nearer_than_what_does_not() -> None:
    dog, puppy, bond = MODEL.embed(["A dog plays in the garden.", "A puppy is playing outside.", "The bond yields rose."])
    assert cosine(dog, puppy) > cosine(dog, bond) + 0.2


def test_a_text_beyond_what_the_model_reads_is_embedded_by_its_beginning() -> None:
    text = "The harbour was rebuilt by engineers. " * 200
    assert count_tokens(text) > 512
    assert cosine(*MODEL.embed([text, text + "Bond yields rose. " * 50])) > 0.98
