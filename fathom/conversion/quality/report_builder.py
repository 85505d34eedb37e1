"""Counts the result of a conversion into its report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from fathom.conversion.quality.comparable_words import words_of
from fathom.conversion.quality.lost_words import Comparison, SourcePassage, compare
from fathom.conversion.quality.page_as_read import PageAsRead
from fathom.conversion.quality.shown_text import shown_texts, texts_apart
from fathom.conversion.quality.source_words.source_block import SourceBlock, within_bound
from fathom.conversion.quality.source_words.source_reader import source_blocks
from fathom.conversion.quality.table_recall import RuledGrid, is_table, ruled_grids
from fathom.conversion.report import ConversionError, ConversionReport, DocumentKind, Inspection, Notice, OcrLine
from fathom.conversion.structure.document_blocks import ReadDocument

PAGED = frozenset({DocumentKind.PDF, DocumentKind.IMAGE, DocumentKind.PPTX, DocumentKind.ODP})

# Kinds whose formulas are put together of letters in ways of their own.
WITH_FORMULAS = frozenset({DocumentKind.PDF, DocumentKind.LATEX, DocumentKind.JATS})

# A line read with less confidence has a wrong letter more often than not.
DOUBTFUL_CONFIDENCE = 0.8
# Bounds on the missing passages that the report names.
MAX_MISSING_WORDS = 20
MAX_LOST_TEXTS = 5
MAX_LOST_CHARACTERS = 120


@dataclass(slots=True)
class ConversionOutcome:
    """A document and how it came about; `result` is docling's, None where docling had no part.

    `pages` are the facts taken of each page of a PDF while it was open, by number in order, and `first_page` is the first as it
    is drawn for people; None where the geometric engine had no part.
    """

    document: Any
    result: Any = None
    pages: Mapping[int, PageAsRead] | None = None
    first_page: Any = None
    errors: list[ConversionError] = field(default_factory=list[ConversionError])
    notices: list[Notice] = field(default_factory=list[Notice])


@dataclass(frozen=True, slots=True)
class ConversionOrigin:
    """The SHA-256 of the bytes that were converted, the converter, and the seconds it took."""

    version: str
    converter: str
    seconds: float


def report_of(
    outcome: ConversionOutcome,
    path: Path,
    inspection: Inspection,
    read: ReadDocument,
    lines: Sequence[OcrLine],
    making: ConversionOrigin,
) -> ConversionReport:
    """Returns the figures of the conversion; `read` is its document as readers see it.

    The words of the file's own source are looked for in it, and the painted lines of a PDF among its tables; pages that were
    read by OCR have neither.
    """
    texts, others = _texts(outcome.document, linked_once=inspection.kind is DocumentKind.PDF)
    document = outcome.document
    scores = _ocr_scores(outcome.result)
    body = "\n".join(texts)
    kept = len(words_of(body))
    compared = _compared(path, inspection, read, scores, outcome.pages)
    dropped = _dropped_share(kept, others)
    if inspection.kind is DocumentKind.PDF and compared is not None and compared.unshown is not None:
        dropped = compared.unshown
    grids = _grids_of(path, outcome.pages, scores) if inspection.kind is DocumentKind.PDF else None
    return ConversionReport(
        kind=inspection.kind,
        version=making.version,
        size=inspection.size,
        seconds=round(making.seconds, 4),
        pages_expected=inspection.pages,
        pages_converted=_pages(outcome, inspection),
        characters=sum(len(text) for text in texts),
        words=kept,
        headings=sum(_label(item) in {"section_header", "title"} for item in document.texts),
        lists=sum(_label(group) in {"list", "ordered_list"} for group in document.groups),
        tables=len(document.tables),
        pictures=len(document.pictures),
        **_kept_figures(compared),
        dropped_share=None if dropped is None else round(dropped, 4),
        ruled_tables=None if grids is None else len(grids),
        ruled_tables_found=None if grids is None else sum(is_table(grid, document) for grid in grids),
        ocr_pages=len(scores),
        ocr_lines=len(lines),
        ocr_doubtful_lines=sum(line.confidence < DOUBTFUL_CONFIDENCE for line in lines),
        ocr_confidence=round(sum(scores.values()) / len(scores), 4) if scores else None,
        replacement_characters=body.count("\ufffd"),
        errors=outcome.errors,
        notices=outcome.notices,
        converter=making.converter,
    )


def _compared(
    path: Path,
    inspection: Inspection,
    read: ReadDocument,
    ocr_pages: Mapping[int, float],
    pages: Mapping[int, PageAsRead] | None,
) -> Comparison | None:
    """Returns the comparison with the file's own source; None where it has no words of its own.

    The words of a PDF's `pages` were taken from pdfium while they were open.
    """
    source: list[SourceBlock] | None
    if pages is None:
        source = source_blocks(path, inspection, skip=ocr_pages)
    else:
        source = list(within_bound(block for number, page in pages.items() if number not in ocr_pages for block in page.blocks))
    if source is None:
        return None
    apart = texts_apart(read.tree.document) if inspection.kind is DocumentKind.PDF else None
    return compare(source, list(shown_texts(read)), apart, has_formulas=inspection.kind in WITH_FORMULAS)


def _dropped_share(kept: int, others: Sequence[tuple[str, str]]) -> float | None:
    """Returns the share of the document's words that the body lacks: of the texts (whole, as they stand) beside its own."""
    apart = sum(len(words_of(whole)) - len(words_of(shown)) for whole, shown in others)
    return max(0.0, apart / (kept + apart)) if kept + apart else None


def _grids_of(path: Path, pages: Mapping[int, PageAsRead] | None, ocr_pages: Mapping[int, float]) -> list[RuledGrid]:
    """Returns the grids of painted lines of a PDF, but of those pages that OCR has read."""
    if pages is None:
        return ruled_grids(path, skip=ocr_pages)
    return [grid for number, page in pages.items() if number not in ocr_pages for grid in page.grids]


def _kept_figures(compared: Comparison | None) -> dict[str, Any]:
    if compared is None:
        return {}
    return {
        "reference_words": compared.words,
        "text_recall": None if compared.recall is None else round(compared.recall, 4),
        "missing_words": [
            word if count == 1 else f"{word} ({count})"
            for word, count in islice(_missing_first_of_passages(compared), MAX_MISSING_WORDS)
        ],
        "lost_passages": len(compared.lost),
        "lost_text": [_named(passage) for passage in compared.lost[:MAX_LOST_TEXTS]],
    }


def _missing_first_of_passages(compared: Comparison) -> Iterator[tuple[str, int]]:
    """Yields the missing words with their counts, those of the lost passages that the report names first."""
    named = dict.fromkeys(word for passage in compared.lost[:MAX_LOST_TEXTS] for word in words_of(passage.text))
    for word in dict.fromkeys([*named, *compared.missing]):
        if count := compared.missing[word]:
            yield word, count


def _named(passage: SourcePassage) -> str:
    text = passage.text if len(passage.text) <= MAX_LOST_CHARACTERS else f"{passage.text[:MAX_LOST_CHARACTERS]} …"
    return f"{passage.where}: {text}"


def _label(item: Any) -> str:
    return str(getattr(item.label, "value", item.label))


def _texts(document: Any, *, linked_once: bool) -> tuple[list[str], list[tuple[str, str]]]:
    """Returns (texts of the body, shortened texts: whole and as they stand) of items and of the cells of tables.

    In a PDF the text of a cell with a link is that of items, too (see inline_links.py), and is counted `linked_once`.
    """
    from docling_core.types.doc import ContentLayer

    body: list[str] = []
    others: list[tuple[str, str]] = []
    for item in document.texts:
        is_body = item.content_layer is ContentLayer.BODY
        if is_body:
            body.append(item.text)
        if len(item.orig) > len(item.text) or not is_body:
            others.append((item.orig if len(item.orig) > len(item.text) else item.text, item.text if is_body else ""))
    for table in document.tables:
        for cell in table.data.table_cells:
            if linked_once and getattr(cell, "ref", None) is not None:
                continue
            body.append(cell.text)
    return body, others


def ocr_lines(result: Any) -> list[OcrLine]:
    """Returns every line that OCR read, by page, with its confidence; none where docling had no part or read by itself."""
    if result is None:
        return []
    from fathom.conversion.geometric.layout.docling_page import ScannedPage

    lines: list[OcrLine] = []
    for page in result.pages:
        parsed = page.parsed_page
        if parsed is None:
            continue
        cells = parsed.ocr_lines if isinstance(parsed, ScannedPage) else []
        cells = cells or [cell for cell in parsed.textline_cells if cell.from_ocr]
        for cell in cells:
            box = cell.rect.to_bounding_box().to_top_left_origin(parsed.dimension.height)
            corners = (round(box.l, 1), round(box.t, 1), round(box.r, 1), round(box.b, 1))
            lines.append(OcrLine(page=page.page_no, text=cell.text, confidence=round(cell.confidence, 4), box=corners))
    return lines


def _ocr_scores(result: Any) -> dict[int, float]:
    """Returns the confidence of each page that was read by OCR, by its number."""
    if result is None:
        return {}
    pages = result.confidence.pages
    return {number: page.ocr_score for number, page in pages.items() if not math.isnan(page.ocr_score)}


def _pages(outcome: ConversionOutcome, inspection: Inspection) -> int:
    if outcome.result is not None and outcome.result.pages:
        return len(outcome.result.pages)
    if inspection.kind in PAGED and outcome.document.pages:
        return len(outcome.document.pages)
    return len(outcome.document.pages) if inspection.pages is not None else 0
