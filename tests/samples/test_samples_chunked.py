"""Every sample that Docling reads without a model becomes chunks that cover it, below their headings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fathom.chunking.chunker import chunk_document
from fathom.conversion.report import ConversionReport, ConvertedDocument, DocumentKind
from fathom.settings import PROJECT_ROOT
from fathom.thresholds import THRESHOLDS

KINDS = {
    "engineering-report.docx": DocumentKind.DOCX,
    "works-review.pptx": DocumentKind.PPTX,
    "budget.xlsx": DocumentKind.XLSX,
    "new-director.html": DocumentKind.HTML,
    "oyster-field-notes.md": DocumentKind.MARKDOWN,
    "handover-letter.eml": DocumentKind.EMAIL,
}


@pytest.fixture(scope="module")
def convert() -> Callable[[str], dict[str, Any]]:
    from docling.datamodel.base_models import InputFormat
    from docling.document_converter import DocumentConverter

    formats = [InputFormat.DOCX, InputFormat.PPTX, InputFormat.XLSX, InputFormat.HTML, InputFormat.MD, InputFormat.EMAIL]
    converter = DocumentConverter(allowed_formats=formats)
    return lambda name: converter.convert(PROJECT_ROOT / "samples" / name).document.export_to_dict()


@pytest.mark.parametrize("name", KINDS)
def test_a_sample_is_covered_by_chunks_that_name_their_source(name: str, convert: Callable[[str], dict[str, Any]]) -> None:
    report = ConversionReport(kind=KINDS[name], version="v", size=1, seconds=0.0, converter="docling")
    source = ConvertedDocument(document=convert(name), markdown="", report=report)
    result = chunk_document(source, document=f"samples/{name}", max_tokens=256, count_tokens=lambda text: len(text.split()))
    assert result.covered >= THRESHOLDS.chunks.min_covered
    assert all(chunk.headings and chunk.items for chunk in result.chunks)
    assert any("Kelmouth" in chunk.embedding_text for chunk in result.chunks)
