"""PDFs that tests draw with reportlab, as they are converted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

A4 = (595.0, 842.0)
Draw = Callable[[Canvas], object]
PROSE = (
    "The harbour council met in the spring to hear the report",
    "of the mason, who had looked at the stones of the old quay",
    "and found that the river had taken away the sand below",
    "them. It was agreed that the work should begin before the",
    "winter, and that the captain of the dredger would help.",
)


def convert(path: Path) -> ConvertedDocument:
    """The PDF as it is converted."""
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=5000), version="v")


def drawn(path: Path, *pages: Draw, size: tuple[float, float] = A4) -> ConvertedDocument:
    """A PDF whose pages are drawn so, as it is converted."""
    canvas = Canvas(str(path), pagesize=size, invariant=True)
    for draw in pages:
        canvas.setFont("Helvetica", 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return convert(path)


def seen(converted: ConvertedDocument) -> str:
    """The Markdown with its white space normalised."""
    return " ".join(converted.markdown.split())


def lines_at(canvas: Canvas, lines: tuple[str, ...] | list[str], x: float, y: float, step: float = 14) -> float:
    """The lines drawn under each other from the baseline `y` on; returns the next baseline."""
    for line in lines:
        canvas.drawString(x, y, line)
        y -= step
    return y
