"""What the model without a key finds in real documents does not fall below what it reached; the page says the goals."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.evaluation.extraction_table import PAGE, page, scores, table

FIGURE = re.compile(r"\b0\.\d{3}\b")  # another processor rounds a weight's sum another way

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(1800)]


def test_names_are_found(corpora: Path) -> None:
    found = scores(corpora)
    print(table(found))
    assert found["all"]["names, exact span"].f1 >= 0.865
    assert found["kept apart"]["names, exact span"].f1 >= 0.86


def test_most_facts_have_the_property_and_direction_that_the_corpus_gives_them(corpora: Path) -> None:
    facts = scores(corpora)["all"]["facts with property and direction"]
    assert facts.precision >= 0.66
    assert facts.recall >= 0.048


def test_facts_join_what_belongs_together(corpora: Path) -> None:
    pairs = scores(corpora)["all"]["pairs joined by a fact"]
    assert pairs.precision >= 0.6
    assert pairs.recall >= 0.118


def test_the_page_of_figures_says_what_is_measured(corpora: Path) -> None:
    kept, measured = PAGE.read_text(encoding="utf-8"), page(corpora)
    assert FIGURE.sub("", kept) == FIGURE.sub("", measured), "python -m tests.evaluation.extraction_table --write"
    pairs = zip(FIGURE.findall(kept), FIGURE.findall(measured), strict=True)
    assert max(abs(float(a) - float(b)) for a, b in pairs) <= 0.003, "python -m tests.evaluation.extraction_table --write"
