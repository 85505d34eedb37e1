"""A token is what the embedder takes for one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fathom.embedding.tokenizer import _token_counts, count_tokens, embedding_tokenizer

MARKS = [".", "(", "[", "]", "#", "_", "’", "。", "،", "½", "\u00ad", "\u0301", "\u20dd", "\x00", "\x0b", "\x1c", "\u3000"]
WORDS = [
    "harbour",
    "LIGHTHOUSE",
    "2026",
    "1234567.125",
    "Crème",
    "e\u0301tude",
    "≠",
    "İzmir",
    "ΣΑΣ",
    "港口",
    "항구",
    "か\u3099",
    "น้ำ",
    "😀",
]


def test_the_two_special_tokens_count() -> None:
    assert count_tokens("") == 2
    assert count_tokens("harbour") == 3


def test_nothing_is_cut_off() -> None:
    assert count_tokens("harbour " * 2000) == 2002


@pytest.mark.parametrize("text", ["[MASK]", "a[SEP]b", "[mask]", "##s", "a" * 101, "1" * 100, " \t\r\n", "keel-laying|10^6"])
def test_special_tokens_long_words_and_blanks_count_as_the_tokenizer_reads_them(text: str) -> None:
    assert count_tokens(text) == len(embedding_tokenizer().encode(text))


def test_words_between_marks_of_any_script_count_as_the_tokenizer_reads_them_in_their_text() -> None:
    texts = [f"{before}{first}{mark}{second}" for before in ("", "[") for first, second in pairwise(WORDS) for mark in MARKS]
    assert [count_tokens(text) for text in texts] == [len(embedding_tokenizer().encode(text)) for text in texts]


def test_words_are_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fathom.embedding.tokenizer.MAX_WORDS", 10)
    text = " ".join(f"gauge{number}" for number in range(100))
    assert count_tokens(text) == len(embedding_tokenizer().encode(text))
    assert len(_token_counts()) <= 10
