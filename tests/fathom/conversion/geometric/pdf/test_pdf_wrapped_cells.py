"""Rows of tables without upright rules are whole where their cells go over several lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, drawn, lines_at

ROWS = [
    (["Berth", "one"], ["where boats lie that come in the evening", "and leave again with the tide of the night"], ["1910"]),
    (["Berth", "two"], ["where the barges of the quarry are loaded", "with granite, which is heavy"], ["1920"]),
    (["Crane"], ["which lifts what is too heavy for a man"], ["1930"]),
    (["Lamp of", "the pier"], ["which a keeper lit by hand each evening", "until it was made electric"], ["1940"]),
]
WANTED = [f"| {' '.join(a)} | {' '.join(b)} | {' '.join(c)} |" for a, b, c in ROWS]


@pytest.mark.parametrize("rules", ["none", "between", "all"])
@pytest.mark.parametrize("size", [9, 11])
def test_a_row_whose_first_cell_goes_on_is_one_row(tmp_path: Path, rules: str, size: float) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", size)
        y = 700.0
        if rules == "all":
            canvas.line(72, y + size + 3, 440, y + size + 3)
        for x, name in ((72, "Term"), (140, "Meaning"), (400, "Since")):
            canvas.drawString(x, y, name)
        canvas.setFont("Helvetica", size)
        y -= 8
        for row in ROWS:
            if rules != "none":
                canvas.line(72, y, 440, y)
            y -= size + 4
            for x, lines in zip((72, 140, 400), row, strict=True):
                lines_at(canvas, lines, x, y, 1.2 * size)
            y -= 1.2 * size * (max(map(len, row)) - 1) + 8
        if rules != "none":
            canvas.line(72, y, 440, y)
        canvas.setFont("Helvetica", 11)
        lines_at(canvas, PROSE, 72, y - 60)

    lines = drawn(tmp_path / "wrapped.pdf", draw).markdown.splitlines()
    assert [line for line in lines if line.startswith("|")] == ["| Term | Meaning | Since |", "|-|-|-|", *WANTED]


def test_rows_in_groups_with_empty_cells_stay_rows(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        y = 700.0
        for number in range(9):
            for x, text in ((72, f"Boat {number}"), (160, str(7 * number)), (240, "" if number == 4 else "paid")):
                canvas.drawString(x, y, text)
            y -= 24 if number % 3 == 2 else 14

    lines = [line for line in drawn(tmp_path / "groups.pdf", draw).markdown.splitlines() if "Boat" in line]
    assert len(lines) == 9
