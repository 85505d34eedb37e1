"""Texts are cleaned of what no text has, and of nothing that a writing system needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.clean_text import clean_text
from fathom.observability.structured_logging import plain_line

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()) | st.sampled_from("\x1b\x9b\x00\u202e\ud83d\ude80\u200d[m"))


@pytest.mark.case(69, 70)
@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ada \ud83d founded", "Ada \ufffd founded"),
        ("Ada \ud83d\ude80", "Ada 🚀"),
        ("\udc80Ada", "\ufffdAda"),
        ("\x1b[31mAda\x1b[0m \x1b]0;title\x07Moreno", "Ada Moreno"),
        ("\x9b31mAda\x1b]8;;https://a.example\x1b\\ Moreno", "Ada Moreno"),
        ("Ada\x00 Mo\x08reno\x7f\x85", "Ada Moreno\x85"),
        ("abc\u202egpj.exe\u2066\u2069", "abcgpj.exe"),
        ("\ufeffAda", "Ada"),
        ("a\tb\r\nc\n", "a\tb\r\nc\n"),
    ],
)
def test_what_no_text_has_is_gone(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.case(70, 71)
@pytest.mark.parametrize(
    "text", ["👩‍🚀 👍🏽 🇩🇪 ❤️", "José", "می‌خواهم", "שלום\u200f (1)", "नमस्ते क्‍ष", "\u200eAda\u061c", "Har\xadbour", "中文"]
)
def test_what_a_writing_needs_stays(text: str) -> None:
    assert clean_text(text) is text


@given(ANY_TEXT)
def test_a_clean_text_is_clean_and_can_be_written(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    once.encode()
    assert not set(once) & set("\x00\x1b\x9b\u202e")


def test_a_line_of_the_log_has_nothing_that_a_terminal_obeys() -> None:
    said = plain_line("File \x1b[31mreceived\u202e", {"document": "law/\x07a.txt", "name": "b\x9b2J"})
    assert said == "law/a.txt: File received  name=b"
