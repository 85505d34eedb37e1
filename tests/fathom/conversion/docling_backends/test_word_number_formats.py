"""Counters are written as Word writes them in each of its formats."""

from __future__ import annotations

import pytest

from fathom.conversion.docling_backends.word.number_formats import format_counter


@pytest.mark.parametrize(
    ("form", "number", "shown"),
    [
        ("decimal", 7, "7"),
        ("decimalZero", 7, "07"),
        ("upperRoman", 14, "XIV"),
        ("lowerLetter", 28, "bb"),
        ("ordinal", 22, "22nd"),
        ("ordinal", 112, "112th"),
        ("cardinalText", 1, "One"),
        ("cardinalText", 42, "Forty-two"),
        ("cardinalText", 400, "400"),
        ("ordinalText", 1, "First"),
        ("ordinalText", 12, "Twelfth"),
        ("ordinalText", 20, "Twentieth"),
        ("ordinalText", 21, "Twenty-first"),
        ("hebrew1", 15, "טו"),
        ("hebrew1", 116, "קטז"),
        ("hebrew2", 3, "ג"),
        ("arabicAlpha", 2, "ب"),
        ("russianUpper", 2, "Б"),
        ("russianLower", 30, "аа"),
        ("ganada", 3, "다"),
        ("aiueo", 6, "カ"),
        ("thaiNumbers", 12, "๑๒"),
        ("hindiNumbers", 30, "३०"),
        ("hex", 26, "1A"),
        ("chicago", 6, "††"),
        ("decimalEnclosedParen", 3, "⑶"),
        ("decimalEnclosedParen", 33, "(33)"),
        ("numberInDash", 3, "- 3 -"),
        ("none", 3, ""),
        ("neverHeardOf", 3, "3"),
        ("hebrew1", 0, "0"),
        ("russianLower", 0, "0"),
        ("russianLower", 10**9, "1000000000"),
        ("upperLetter", 10**9, "1000000000"),
        ("upperRoman", 10**9, "1000000000"),
        ("chicago", 10**9, "1000000000"),
    ],
)
def test_a_counter_is_written_in_its_format(form: str, number: int, shown: str) -> None:
    assert format_counter(number, form) == shown
