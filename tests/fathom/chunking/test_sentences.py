"""Sentences end where a reader says they end, and a cut loses nothing but white space."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.chunking.sentences import sentence_spans, spans_that_fit


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Ana left. Bo stayed.", ["Ana left.", "Bo stayed."]),
        ("Dr. Holm met Mrs. J. R. Lind at St. Olaf.", ["Dr. Holm met Mrs. J. R. Lind at St. Olaf."]),
        ("It cost 3.5 million, i.e. too much. He paid.", ["It cost 3.5 million, i.e. too much.", "He paid."]),
        ('"Is it deep?" he asked. "No!" she said.', ['"Is it deep?" he asked.', '"No!" she said.']),
        ("港は再建された。船が来た。", ["港は再建された。", "船が来た。"]),
        ("هل هو عميق؟ نعم هو كذلك.", ["هل هو عميق؟", "نعم هو كذلك."]),
        ("First part\n\nsecond part", ["First part", "second part"]),
        ("3. Cranes were old.", ["3. Cranes were old."]),
        ("", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[slice(*span)] for span in sentence_spans(text)] == sentences


@given(text=st.text(alphabet="ab .!?\n日。\u00a0", max_size=300), budget=st.integers(1, 40))
def test_pieces_fit_stand_in_order_and_leave_only_white_space_out(text: str, budget: int) -> None:
    spans = spans_that_fit(text, budget, len)
    assert all(0 < end - start <= budget for start, end in spans)
    assert spans == sorted(spans)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


def test_a_sentence_that_fits_is_not_cut() -> None:
    text = "One two three. Four five six seven. " * 4
    assert {text[slice(*span)] for span in spans_that_fit(text, 25, len)} == {"One two three.", "Four five six seven."}


def test_a_sentence_too_long_is_cut_at_lines_before_words() -> None:
    text = "alpha beta\ngamma delta\nepsilon"
    assert [text[slice(*span)] for span in spans_that_fit(text, 12, len)] == ["alpha beta", "gamma delta", "epsilon"]
