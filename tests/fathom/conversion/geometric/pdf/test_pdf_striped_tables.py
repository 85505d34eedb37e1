"""Tables are whole where shade or alignment alone part their cells, and what heads them is a heading."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, drawn, lines_at

ROWS = [
    ("City", "2023", "2024"),
    ("Oslo", "1,200", "1,300"),
    ("Bergen", "900", "950"),
    ("Molde", "40", "44"),
    ("Bodø", "7", "8"),
]
WANTED = ["| City | 2023 | 2024 |", "|-|-|-|", *(f"| {' | '.join(row)} |" for row in ROWS[1:])]


def table(canvas: Canvas, shaded: set[int], *, cells: bool, left: float = 72) -> None:
    for number, row in enumerate(ROWS):
        y = 600 - 18 * number
        canvas.setFillGray(0.9)
        if number in shaded and cells:
            for column in range(3):
                canvas.rect(left + 80 * column, y - 5, 80, 18, stroke=0, fill=1)
        elif number in shaded:
            canvas.rect(left, y - 5, 240, 18, stroke=0, fill=1)
        canvas.setFillGray(0)
        for column, text in enumerate(row):
            canvas.drawString(left + 4 + 80 * column, y, text)


@pytest.mark.parametrize("cells", [True, False])
@pytest.mark.parametrize("shaded", [{1, 3}, {0, 2, 4}, {0}, {0, 1, 2, 3, 4}, {2, 4}])
def test_a_striped_table_is_one_table_with_its_unshaded_rows(tmp_path: Path, shaded: set[int], cells: bool) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, PROSE, 72, 760)
        table(canvas, shaded, cells=cells)
        lines_at(canvas, PROSE, 72, 460)

    lines = drawn(tmp_path / "striped.pdf", draw).markdown.splitlines()
    assert [line for line in lines if line.startswith("|")] == WANTED


def test_a_heading_right_above_a_table_is_no_row_of_it(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(72, 630, "Data sheet")
        canvas.setFont("Helvetica", 11)
        table(canvas, set(), cells=False)
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(72, 505, "Fees")
        canvas.setFont("Helvetica", 11)
        for number, row in enumerate([("Boat", "40"), ("Barge", "55"), ("Raft", "5")]):
            canvas.drawString(76, 485 - 18 * number, row[0])
            canvas.drawString(236, 485 - 18 * number, row[1])

    markdown = drawn(tmp_path / "headed.pdf", draw).markdown
    assert "# Data sheet" in markdown
    assert "# Fees" in markdown
    assert "| Bodø | 7 | 8 |" in markdown
    assert "| Barge | 55 |" in markdown


def test_a_wide_name_over_a_narrow_column_names_only_that(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 11)
        for x, name in ((72, "Name"), (120, "Number"), (172, "Remark")):
            canvas.drawString(x, 700, name)
        canvas.setFont("Helvetica", 11)
        for number in range(30):
            for x, text in ((72, f"B {number}"), (120, str(number)), (172, f"remark of {number}")):
                canvas.drawString(x, 680 - 16 * number, text)

    markdown = drawn(tmp_path / "wide.pdf", draw).markdown
    assert "| Name | Number | Remark |\n|-|-|-|\n| B 0 | 0 | remark of 0 |" in markdown
