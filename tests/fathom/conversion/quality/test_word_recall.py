"""Recall counts words as people do: whatever their case, ligatures, or the line they are divided on."""

from __future__ import annotations

from collections import Counter

import pytest

from fathom.conversion.quality.word_recall import Reference, count_words, text_recall


def reference(text: str) -> Reference:
    whole: Counter[str] = Counter()
    divided: Counter[tuple[str, str]] = Counter()
    count_words(text, whole, divided)
    return Reference(whole, divided)


@pytest.mark.parametrize(
    ("seen", "kept", "recall"),
    [
        ("The pump runs", "the pump runs", 1.0),
        ("The pump runs", "the pump", 2 / 3),
        ("pump pump", "pump", 0.5),
        ("an algo-\r\nrithm", "an algorithm", 1.0),
        ("an algo\ufffe\r\nrithm", "an algorithm", 1.0),
        ("a high-\r\ndimensional", "a high-dimensional", 1.0),
        ("a high-\r\ndimensional", "a", 0.5),
        ("the \ufb01rst", "The first", 1.0),
        ("日本語", "日本語です", 1.0),
        ("日本語", "日本", 2 / 3),
    ],
)
def test_words_are_found(seen: str, kept: str, recall: float) -> None:
    assert text_recall(reference(seen), kept) == pytest.approx(recall)


def test_without_words_there_is_no_recall() -> None:
    assert text_recall(reference("— … —"), "text") is None
