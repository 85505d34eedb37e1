"""What conversion keeps of documents whose structure is known: the goals of the project, as tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.evaluation.conversion_table import PAGE, Row, page, rows, table

FIGURE = re.compile(r"\b[01]\.\d{3}\b")

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(3600)]
# Where a set is not up to its goal; docs/conversion.md says by how much.
MISSED = {"headings F1, pandoc's trees", "headings F1, html, by its own marks", "headings F1, tex, by its own marks"}


def _goal(row: Row) -> float:
    return float(row.goal.removeprefix("≥ ") or 0)


def test_every_goal_is_reached_but_those_that_are_named(corpora: Path) -> None:
    found = rows(corpora)
    print(table(found))
    assert {row.measure for row in found if row.value < _goal(row)} <= MISSED


def test_no_text_is_lost_from_chunks_or_out_of_order(corpora: Path) -> None:
    for row in rows(corpora):
        if row.measure.startswith(("words in", "share of")):
            assert row.value >= 0.98, row


def test_the_page_of_figures_says_what_is_measured(corpora: Path) -> None:
    kept, measured = PAGE.read_text(encoding="utf-8"), page(corpora)
    assert FIGURE.sub("", kept) == FIGURE.sub("", measured), "python -m tests.evaluation.conversion_table --write"
    pairs = zip(FIGURE.findall(kept), FIGURE.findall(measured), strict=True)
    assert max(abs(float(a) - float(b)) for a, b in pairs) <= 0.01, "python -m tests.evaluation.conversion_table --write"
