"""The page of facts that a person read says what was judged, and most of them are true."""

from __future__ import annotations

from tests.evaluation.fact_reading import PAGE, VERDICTS, kept_reading, page, shares


def test_every_fact_has_a_verdict_and_most_are_true() -> None:
    reading = kept_reading()
    counts = shares(reading)
    assert sum(counts.values()) == len(reading.facts) == 100
    assert counts["true"] >= 77  # the goal is 80, see the page
    assert counts["false"] + counts["nonsense"] <= 8


def test_the_page_says_what_was_judged() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(kept_reading())
    assert all(meaning in PAGE.read_text(encoding="utf-8") for meaning in VERDICTS.values())
