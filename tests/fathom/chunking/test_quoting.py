"""Where a text says something: the very sentence, or the one that comes nearest, and nothing where it says no such thing."""

from __future__ import annotations

import pytest

from fathom.chunking.quoting import find_quote, places_of

TEXT = (
    "The works\nNorthgate, a company from Newcastle,\n sent Ingrid Solberg to Kelmouth. "
    "Thomas Okafor (1.5 m) replaced her in 2023. It rained."
)


def said(sentence: str, *names: str) -> str | None:
    span = find_quote(TEXT, sentence, names)
    return None if span is None else " ".join(TEXT[slice(*span)].split())


@pytest.mark.parametrize(
    "sentence",
    [
        "Northgate, a company from Newcastle, sent Ingrid Solberg to Kelmouth.",
        "Thomas Okafor (1.5 m) replaced her in 2023.",
        "It rained.",
    ],
)
def test_a_quoted_sentence_is_found_however_its_lines_are_broken(sentence: str) -> None:
    assert said(sentence) == sentence


def test_a_fact_in_other_words_is_found_by_its_names() -> None:
    found = said("Okafor is the successor of Solberg", "Thomas Okafor")
    assert found == "Thomas Okafor (1.5 m) replaced her in 2023."


def test_what_the_text_does_not_say_is_nowhere() -> None:
    assert said("The harbour froze in 1901", "Ada Lovelace", "Bergen") is None
    assert said("") is None


def test_a_name_stands_as_words_of_its_own_in_any_case() -> None:
    text = "Kelmouth; KELMOUTH, not Kelmouthshire. C++ (C++) and New\nYork"
    assert [text[slice(*span)] for span in places_of(text, "Kelmouth")] == ["Kelmouth", "KELMOUTH"]
    assert len(places_of(text, "New York")) == 1
    assert places_of(text, " ") == []
