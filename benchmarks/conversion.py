"""PDF pages a second on one warm worker, beside what reading the bare text with pdfium takes."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from benchmarks.figure import Figure, median_seconds
from benchmarks.material import converted

PAGES = 40


def measure() -> list[Figure]:
    """Pages a second over a born-digital PDF with headings and paragraphs."""
    with TemporaryDirectory() as folder:
        pdf = Path(folder) / "pages.pdf"
        _make(pdf)
        ours = PAGES / median_seconds(lambda: converted(pdf), runs=3)
        bare = PAGES / median_seconds(lambda: _bare_text(pdf), runs=3)
    return [Figure("PDF pages, one worker, warm", ours, "pages/s", "pdfium, bare text", bare, "≥ 15 pages/s")]


def _make(path: Path) -> None:
    canvas = Canvas(str(path), pagesize=A4)
    for page in range(PAGES):
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 760, f"Chapter {page + 1}")
        canvas.setFont("Helvetica", 10)
        for line in range(45):
            canvas.drawString(
                72, 730 - line * 14, f"Line {line} of page {page}: the harbour was rebuilt in its {line}th year of use."
            )
        canvas.showPage()
    canvas.save()


def _bare_text(path: Path) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return sum(len(document[number].get_textpage().get_text_range()) for number in range(len(document)))
    finally:
        document.close()


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
