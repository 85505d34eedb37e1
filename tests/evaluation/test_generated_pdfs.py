"""What the geometric layout engine finds in PDFs whose structure is known: the goals of the project, as tests."""

from __future__ import annotations

from statistics import mean, median

import pytest

from tests.evaluation.generated_rows import SEEDS, generated_pdfs
from tests.evaluation.scores import headings_f1, order_score, tables_f1

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(1800)]


def test_headings_are_found() -> None:
    found = mean(headings_f1(one.document.document, one.gold.headings) for one in generated_pdfs())
    print(f"headings F1 {found:.4f} over {len(generated_pdfs())} PDFs, seeds {SEEDS}")
    assert found >= 0.95


@pytest.mark.parametrize(("ruled", "goal"), [(True, 0.95), (False, 0.85)])
def test_tables_keep_their_cells(ruled: bool, goal: float) -> None:
    scores = [
        score
        for one in generated_pdfs()
        for score, is_ruled in zip(tables_f1(one.document.document, one.gold.tables), one.gold.ruled, strict=True)
        if is_ruled is ruled
    ]
    print(f"cell F1 {mean(scores):.4f} over {len(scores)} tables, {'ruled' if ruled else 'unruled'}, seeds {SEEDS}")
    assert mean(scores) >= goal


@pytest.mark.parametrize("columns", [1, 2])
def test_columns_are_read_in_order(columns: int) -> None:
    scores = [order_score(one.document.document, one.gold.words) for one in generated_pdfs() if one.gold.columns == columns]
    print(f"words in order {mean(scores):.4f} over {len(scores)} PDFs of {columns} columns, seeds {SEEDS}")
    assert mean(scores) >= 0.98


def test_no_word_is_lost() -> None:
    recalls = [one.document.report.text_recall or 0.0 for one in generated_pdfs()]
    print(f"text recall median {median(recalls):.4f}, least {min(recalls):.4f}, seeds {SEEDS}")
    assert min(recalls) >= 0.98
