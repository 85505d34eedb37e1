"""What the geometric layout engine finds in PDFs whose structure is known: the goals of the project, as tests."""

from __future__ import annotations

from pathlib import Path
from statistics import mean, median

import pytest

from fathom.conversion.engine import convert_file
from fathom.conversion.report import ConvertedDocument, DocumentKind, Inspection
from tests.evaluation.generated_pdfs import Gold, Writer
from tests.evaluation.scores import headings_f1, order_score, tables_f1

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(1800)]

SEEDS = range(200)
Converted = list[tuple[Gold, ConvertedDocument]]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    folder = tmp_path_factory.mktemp("generated")
    return [(Writer(seed).write(folder / f"{seed}.pdf"), _convert(folder / f"{seed}.pdf")) for seed in SEEDS]


def _convert(path: Path) -> ConvertedDocument:
    return convert_file(path, Inspection(kind=DocumentKind.PDF, size=path.stat().st_size), version="evaluation")


def test_headings_are_found(converted: Converted) -> None:
    found = mean(headings_f1(document.document, gold.headings) for gold, document in converted)
    print(f"headings F1 {found:.4f} over {len(converted)} PDFs, seeds {SEEDS}")
    assert found >= 0.95


@pytest.mark.parametrize(("ruled", "goal"), [(True, 0.95), (False, 0.85)])
def test_tables_keep_their_cells(converted: Converted, ruled: bool, goal: float) -> None:
    scores = [
        score
        for gold, document in converted
        for score, is_ruled in zip(tables_f1(document.document, gold.tables), gold.ruled, strict=True)
        if is_ruled is ruled
    ]
    print(f"cell F1 {mean(scores):.4f} over {len(scores)} tables, {'ruled' if ruled else 'unruled'}, seeds {SEEDS}")
    assert mean(scores) >= goal


@pytest.mark.parametrize("columns", [1, 2])
def test_columns_are_read_in_order(converted: Converted, columns: int) -> None:
    scores = [order_score(document.document, gold.words) for gold, document in converted if gold.columns == columns]
    print(f"words in order {mean(scores):.4f} over {len(scores)} PDFs of {columns} columns, seeds {SEEDS}")
    assert mean(scores) >= 0.98


def test_no_word_is_lost(converted: Converted) -> None:
    recalls = [document.report.text_recall or 0.0 for _, document in converted]
    print(f"text recall median {median(recalls):.4f}, least {min(recalls):.4f}, seeds {SEEDS}")
    assert min(recalls) >= 0.98
