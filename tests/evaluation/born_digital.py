"""How much of a born-digital PDF's words its document has, counted from the document itself, whatever its report says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from checks.documents import conversion_keeps_text
from fathom.conversion.report import ConvertedDocument
from tests.evaluation.figures import Row, converted, covered
from tests.evaluation.one_column import one_column_words
from tests.evaluation.pdf_words import reference_words, text_recall
from tests.evaluation.scores import order_score


@dataclass(frozen=True)
class Kept:
    """The share of pdfium's words that is in the document, 0-1, None where all was read by OCR; and did its check pass."""

    name: str
    recall: float | None
    passed: bool


def kept(path: Path, document: ConvertedDocument) -> Kept:
    """Of the converted file."""
    read_by_ocr = {line.page for line in document.ocr_lines}
    items = document.document["texts"]
    cells = [cell for table in document.document["tables"] for cell in table["data"]["table_cells"]]
    said = "\n".join(max(item.get("orig", ""), item["text"], key=len) for item in [*items, *cells])
    recall = text_recall(reference_words(path, skip=read_by_ocr), said)
    return Kept(path.name, recall, conversion_keeps_text(document.report).passed)


@cache
def real_pdfs(corpora: Path) -> list[tuple[Path, ConvertedDocument]]:
    """The PDFs of the corpora that have a text layer, those that are converted."""
    lines = (corpora / "MANIFEST.jsonl").read_text("utf-8").splitlines()
    paths = [corpora / entry["path"] for line in lines if (entry := json.loads(line)).get("pdf_kind") == "text"]
    pdfs = [path for path in paths if path.suffix == ".pdf" and path.is_relative_to(corpora / "documents")]
    return [(path, document) for path in pdfs if (document := converted(path)) is not None]


def rows_of_real_pdfs(corpora: Path) -> list[Row]:
    """Words, their order, and chunks of the PDFs of the corpora."""
    order: list[float] = []
    chunked: list[float] = []
    recalls: list[Kept] = []
    for path, document in real_pdfs(corpora):
        recalls.append(kept(path, document))
        words = one_column_words(path)
        if words and recalls[-1].recall is not None:
            order.append(order_score(document.document, words))
            chunked.append(covered(document))
    over = f"{len(order)} PDFs"
    return [
        recall_row("real born-digital PDFs", recalls),
        Row("words in pdfium's order, real PDFs of one column", median(order), min(order), over, ""),
        Row("share of a document's text in chunks, real PDFs", median(chunked), min(chunked), over, ""),
    ]


def recall_row(of: str, found: Sequence[Kept]) -> Row:
    """The figure over those that have one."""
    recalls = [one.recall for one in found if one.recall is not None]
    return Row(f"pdfium's words that are kept, {of}", median(recalls), min(recalls), f"{len(recalls)} PDFs", "≥ .98")
