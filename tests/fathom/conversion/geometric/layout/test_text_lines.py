"""Words become lines: cells and columns stay apart, raised figures and justified words do not."""

from __future__ import annotations

import pytest

from fathom.conversion.geometric.layout.page_content import Word
from fathom.conversion.geometric.layout.paragraph_text import join_texts
from fathom.conversion.geometric.layout.text_lines import join_words
from tests.fathom.conversion.geometric.layout.page_words import words_at


def texts(words: list[Word]) -> list[str]:
    return [line.text for line in join_words(words)]


def test_words_on_a_baseline_are_one_line() -> None:
    assert texts(words_at("the quick brown fox", 50, 100)) == ["the quick brown fox"]


def test_a_wide_gap_parts_cells() -> None:
    assert texts(words_at("Total", 50, 100) + words_at("42", 120, 100)) == ["Total", "42"]


def test_evenly_spread_words_of_a_justified_line_are_one() -> None:
    assert texts(words_at("wide blanks in a narrow column", 50, 100, blank=1.1)) == ["wide blanks in a narrow column"]


def test_evenly_spread_figures_stay_cells() -> None:
    assert texts(words_at("10 20 30 40", 50, 100, blank=1.2)) == ["10", "20", "30", "40"]


def test_a_bullet_belongs_to_its_text() -> None:
    assert texts(words_at("•", 50, 100) + words_at("an item", 70, 100)) == ["• an item"]


def test_a_raised_figure_stays_in_its_line() -> None:
    line = words_at("note", 50, 100) + words_at("1", 70.2, 96, size=6) + words_at("follows", 76, 100)
    assert len(join_words(line)) == 1


@pytest.mark.parametrize(("word", "mark", "expected"), [("Shen", "1", "Shen^1"), ("750", "1", "750^1"), ("km", "2", "km2")])
def test_the_mark_of_a_note_is_no_part_of_a_name_or_number(word: str, mark: str, expected: str) -> None:
    words = words_at(word, 50, 100)
    raised = words_at(mark, words[0].r, 96, size=6)
    raised[0].order = 1
    assert texts(words + raised) == [expected]


def test_right_to_left_words_are_read_from_the_right() -> None:
    words = words_at("שלום", 100, 100) + words_at("עולם", 75, 100)
    assert texts(words) == ["שלום עולם"]


def test_a_word_divided_at_the_end_of_a_line_is_put_together() -> None:
    lines = join_words(words_at("an algo-", 50, 100) + words_at("rithm runs", 50, 112))
    assert join_texts(lines, frozenset()) == "an algorithm runs"


def test_a_compound_keeps_its_hyphen() -> None:
    lines = join_words(words_at("a high-", 50, 100) + words_at("dimensional space", 50, 112))
    assert join_texts(lines, frozenset({"high", "dimensional"})) == "a high-dimensional space"
    assert join_texts(lines, frozenset({"high-dimensional"})) == "a high-dimensional space"
    assert join_texts(lines, frozenset({"highdimensional"})) == "a highdimensional space"


def test_scripts_without_blanks_are_joined_without_one() -> None:
    lines = join_words(words_at("日本語の", 50, 100) + words_at("文章です", 50, 112))
    assert join_texts(lines, frozenset()) == "日本語の文章です"
