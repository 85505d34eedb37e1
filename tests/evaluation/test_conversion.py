"""What conversion keeps of documents whose structure is known: the goals of the project, as tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.evaluation.born_digital import kept, real_pdfs
from tests.evaluation.conversion_table import PAGE, page, rows, table
from tests.evaluation.figures import Row
from tests.evaluation.generated_rows import generated_pdfs

FIGURE = re.compile(r"\b[01]\.\d{3}\b")

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(3600)]
# Where a set is not up to its goal; docs/conversion.md says by how much.
MISSED: set[str] = set()


def _goal(row: Row) -> float:
    return float(row.goal.removeprefix("≥ ") or 0)


def test_every_goal_is_reached_but_those_that_are_named(corpora: Path) -> None:
    found = rows(corpora)
    print(table(found))
    assert {row.measure for row in found if row.value < _goal(row)} <= MISSED


def test_no_document_keeps_less_than_nine_tenths_of_its_words_without_a_failed_check(corpora: Path) -> None:
    found = [kept(path, document) for path, document in real_pdfs(corpora)] + [one.kept for one in generated_pdfs()]
    least = sorted((one.recall, one.name, one.passed) for one in found if one.recall is not None)
    print(least[:5])
    assert len(least) > 250
    assert [name for recall, name, passed in least if recall < 0.9 and passed] == []


def test_no_text_is_lost_from_chunks_or_out_of_order(corpora: Path) -> None:
    for row in rows(corpora):
        if row.measure.startswith(("words in", "share of")):
            assert row.value >= 0.98, row


def test_the_page_of_figures_says_what_is_measured(corpora: Path) -> None:
    kept, measured = PAGE.read_text(encoding="utf-8"), page(corpora)
    assert FIGURE.sub("", kept) == FIGURE.sub("", measured), "python -m tests.evaluation.conversion_table --write"
    pairs = zip(FIGURE.findall(kept), FIGURE.findall(measured), strict=True)
    assert max(abs(float(a) - float(b)) for a, b in pairs) <= 0.01, "python -m tests.evaluation.conversion_table --write"
