"""The page of facts that a person read says what was judged, and most of them are true."""

from __future__ import annotations

from tests.evaluation.fact_reading import PAGE, VERDICTS, ReadFact, Reading, calibration, kept_reading, page, shares


def test_every_fact_has_a_verdict_and_most_are_true() -> None:
    reading = kept_reading()
    counts = shares(reading)
    assert sum(counts.values()) == len(reading.facts) == 100
    assert counts["true"] >= 77  # the goal is 80, see the page
    assert counts["false"] + counts["nonsense"] <= 8


def test_the_page_says_what_was_judged() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(kept_reading())
    assert all(meaning in PAGE.read_text(encoding="utf-8") for meaning in VERDICTS.values())


def test_the_calibration_counts_the_verdicts_of_each_range() -> None:
    def read(confidence: float, verdict: str) -> ReadFact:
        given = {"document": "d", "source": "a", "relation": "R", "target": "b", "since": "", "until": "", "sentence": "s"}
        return ReadFact.model_validate({**given, "confidence": confidence, "verdict": verdict})

    facts = [read(0.86, "true"), read(0.88, "odd"), read(0.88, "false"), read(0.87, "true"), read(0.7, "nonsense")]
    head = {"documents": "", "date": "", "commit": "", "seed": 1, "words": 1, "drawn_from": 5}
    rows = calibration(Reading.model_validate({**head, "facts": facts}))
    assert rows == ["| 0.00 to 0.75 | 1 | 0.70 | 0.00 | 0.00 |", "| 0.85 to 0.90 | 4 | 0.87 | 0.75 | 0.50 |"]
