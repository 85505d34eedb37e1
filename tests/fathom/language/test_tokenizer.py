"""A token is what the embedder takes for one."""

from __future__ import annotations

from fathom.language.tokenizer import count_tokens


def test_the_two_special_tokens_count() -> None:
    assert count_tokens("") == 2
    assert count_tokens("harbour") == 3


def test_nothing_is_cut_off() -> None:
    assert count_tokens("harbour " * 2000) == 2002
