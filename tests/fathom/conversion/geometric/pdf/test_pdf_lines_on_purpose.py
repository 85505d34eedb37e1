"""Lines that are broken on purpose stay lines, and what is explained in a list of terms begins anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, drawn, lines_at, seen


@pytest.mark.parametrize(
    "lines",
    [
        ["Ada Berg", "Quay 1", "6400 Molde", "Norway"],
        ["12:30 Lunch", "13:15 Talk on lamps", "14:00 Walk"],
        ["O harbour lamp", "how long you burn", "and no one knows", "when boats return"],
    ],
)
def test_short_lines_stay_lines(tmp_path: Path, lines: list[str]) -> None:
    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, PROSE, 72, 760)
        y = lines_at(canvas, lines, 72, y - 12)
        lines_at(canvas, PROSE, 72, y - 12)

    markdown = drawn(tmp_path / "lines.pdf", draw).markdown
    assert "  \n".join(lines) in markdown
    assert markdown.count(" ".join(PROSE)) == 2


def test_terms_in_bold_begin_paragraphs(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, PROSE, 72, 760) - 12
        for term, meaning in (("Berth", "a place for a boat"), ("Quay", "a wall of stones"), ("Lamp", "a light by night")):
            canvas.setFont("Helvetica-Bold", 11)
            canvas.drawString(72, y, term)
            canvas.setFont("Helvetica", 11)
            canvas.drawString(75 + canvas.stringWidth(term, "Helvetica-Bold", 11), y, meaning)
            y -= 14
        lines_at(canvas, PROSE, 72, y - 12)

    lines = drawn(tmp_path / "terms.pdf", draw).markdown.splitlines()
    assert "Quay a wall of stones" in lines


def test_words_typed_over_a_line_do_not_part_it(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, PROSE, 72, 760)
        canvas.freeTextAnnotation("PAID IN FULL", DA="/Helv 12 Tf", Rect=[100, 740, 260, 775])

    said = seen(drawn(tmp_path / "typed.pdf", draw))
    assert " ".join(PROSE) in said
    assert "PAID IN FULL" in said
