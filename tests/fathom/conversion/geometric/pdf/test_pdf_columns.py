"""Columns are read one after the other, and tables that stand side by side are two."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, Paragraph

from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, drawn, seen

WORDS = " ".join(PROSE).replace(".", "").replace(",", "").lower().split()


def story(number: int, words: int) -> str:
    """A text of so many words, another for each number."""
    chosen = [WORDS[(number * 13 + place * (7 + number)) % len(WORDS)] for place in range(words)]
    return f"Story {number} {' '.join(chosen)} ends {number}."


def test_narrow_justified_columns_are_read_whole(tmp_path: Path) -> None:
    style = ParagraphStyle("column", fontName="Times-Roman", fontSize=10, leading=13, alignment=TA_JUSTIFY, spaceAfter=6)
    stories = [story(number, 75) for number in range(12)]

    def draw(canvas: Canvas) -> None:
        rest = [Paragraph(text, style) for text in stories]
        for column in range(3):
            frame = Frame(60 + 142 * column, 60, 132, 720, 0, 0, 0, 0)
            frame.addFromList(rest, canvas)

    said = seen(drawn(tmp_path / "columns.pdf", draw))
    places = [said.find(text) for text in stories]
    found = [place for place in places if place >= 0]
    assert len(found) > 8
    assert found == sorted(found)


def test_tables_side_by_side_are_two(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for left, rows in ((72, [("Boat", "Fee"), ("Anna", "4")]), (300, [("Lamp", "Oil"), ("North", "7")])):
            for row, texts in enumerate(rows):
                for column, text in enumerate(texts):
                    canvas.rect(left + 70 * column, 700 - 20 * row, 70, 20)
                    canvas.drawString(left + 4 + 70 * column, 705 - 20 * row, text)

    markdown = drawn(tmp_path / "tables.pdf", draw).markdown
    assert "| Boat | Fee |\n|-|-|\n| Anna | 4 |" in markdown
    assert "| Lamp | Oil |\n|-|-|\n| North | 7 |" in markdown
