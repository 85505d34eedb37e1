"""Text that is set sideways is read as if the page were turned: its headings, tables and order are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.fathom.conversion.geometric.pdf.drawn_pdf import A4, PROSE, drawn, lines_at, seen

ROWS = [
    ("Boat", "Berth", "Remark"),
    ("Anna", "12", "paid in May"),
    ("Berta", "13", "paid in June"),
    ("Carla", "14", "not paid"),
]


def turn(canvas: Canvas, angle: int) -> None:
    width, height = A4
    canvas.translate(*{90: (width, 0), -90: (0, height), 180: (width, height)}[angle])
    canvas.rotate(angle)


def table(canvas: Canvas, x: float, y: float, *, ruled: bool = True) -> None:
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            if ruled:
                canvas.rect(x + 110 * column, y - 20 * row, 110, 20)
            canvas.drawString(x + 4 + 110 * column, y + 5 - 20 * row, text)


@pytest.mark.parametrize("angle", [90, -90, 180])
@pytest.mark.parametrize("ruled", [True, False])
def test_a_page_set_sideways_is_read_like_an_upright_one(tmp_path: Path, angle: int, ruled: bool) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 810, "Harbour report")
        canvas.saveState()
        turn(canvas, angle)
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(72, 520, "Fees of boats")
        canvas.setFont("Helvetica", 11)
        lines_at(canvas, PROSE, 72, 490)
        table(canvas, 72, 380, ruled=ruled)
        canvas.restoreState()

    markdown = drawn(tmp_path / "sideways.pdf", draw).markdown
    assert "# Fees of boats" in markdown
    assert " ".join(PROSE) in markdown
    assert "| Boat | Berth | Remark |\n|-|-|-|\n| Anna | 12 | paid in May |" in markdown
    assert "Harbour report" in markdown


@pytest.mark.parametrize("angle", [90, -90])
def test_turned_names_of_columns_stand_in_their_cells(tmp_path: Path, angle: int) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, PROSE, 72, 780)
        for column, name in enumerate(("Boat", "Berth number", "Fee in crowns")):
            canvas.rect(72 + 60 * column, 500, 60, 90)
            canvas.saveState()
            canvas.translate(72 + 60 * column + (35 if angle > 0 else 25), 505 if angle > 0 else 585)
            canvas.rotate(angle)
            canvas.drawString(0, 0, name)
            canvas.restoreState()
        for row, texts in enumerate([("Anna", "12", "40"), ("Berta", "13", "55"), ("Carla", "14", "60")]):
            for column, text in enumerate(texts):
                canvas.rect(72 + 60 * column, 480 - 20 * row, 60, 20)
                canvas.drawString(76 + 60 * column, 485 - 20 * row, text)

    lines = [line for line in drawn(tmp_path / "names.pdf", draw).markdown.splitlines() if line.startswith("|")]
    assert "| Boat | Berth number | Fee in crowns |" in lines
    assert "| Berta | 13 | 55 |" in lines


def test_a_label_beside_an_axis_is_one_text(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, PROSE, 72, 780)
        canvas.translate(90, 400)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Depth of the water in metres")

    assert "Depth of the water in metres" in seen(drawn(tmp_path / "axis.pdf", draw))
