"""What is kept of real born-digital PDFs: pdfium's own words are the measure."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import DocumentRejected

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(1800)]
# Scans, converted elsewhere: their recognition takes seconds a page.
NOT_BORN_DIGITAL = {"nemotron_multipage.pdf", "ocr_test.pdf", "sample_with_rotation_mismatch.pdf", "loremipsum-flat.pdf"}


def test_words_of_real_pdfs_are_kept(corpora: Path) -> None:
    recalls: dict[str, float] = {}
    for folder in ("docling", "markitdown", "unstructured", "pypdf-samples"):
        for path in sorted((corpora / "documents" / folder).rglob("*.pdf")):
            if path.name in NOT_BORN_DIGITAL:
                continue
            try:
                inspection = inspect_file(path, max_bytes=10**9, max_pages=10_000)
            except DocumentRejected:
                continue
            recall = EmbeddedEngine().convert_file(path, inspection, version="evaluation").report.text_recall
            if recall is not None:
                recalls[path.name] = recall
    for name, recall in sorted(recalls.items(), key=lambda item: item[1])[:5]:
        print(f"{recall:.4f} {name}")
    print(f"text recall median {median(recalls.values()):.4f} over {len(recalls)} PDFs")
    assert len(recalls) > 40
    assert median(recalls.values()) >= 0.98
    assert min(recalls.values()) >= 0.90
