"""The words of PDFs that are set in one column, as pdfium reads them: every line begins below the one before it."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from tests.evaluation.pdf_words import shown_text

OVERLAP = 2.0  # points that a line may begin above the end of the one before, for accents and large capitals


def one_column_words(path: Path) -> list[str]:
    """All words in pdfium's order; none where a page has text beside text, or no page has any, or it cannot be opened."""
    words: list[str] = []
    try:
        with pypdfium2.PdfDocument(path) as pdf:
            for page in pdf:
                text = page.get_textpage()
                last = float("inf")
                for number in range(text.count_rects()):
                    _, bottom, _, top = text.get_rect(number)
                    if bottom > last + OVERLAP:
                        return []
                    last = min(last, top)
                words += (shown_text(page, text) or text.get_text_bounded()).split()
    except pypdfium2.PdfiumError:
        return []
    return words
