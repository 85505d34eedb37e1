"""Letters much larger than the text are read where they belong: initials with their word, words behind a text after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, drawn, lines_at, seen

STORY = ["upon a time a harbour had lamps", "that were lit by hand. Every", "evening the keeper walked along the", "quay."]


@pytest.mark.parametrize(
    ("initial", "first", "said"),
    [
        ("O", "nce", "Once upon a time"),
        ("A", "fter", "After upon a time"),
        ("A", "lamp", "A lamp upon a time"),
        ("I", "was", "I was upon a time"),
        ("I", "n", "In upon a time"),
        ("Æ", "gir", "Ægir upon a time"),
        ("W", "HILE", "WHILE upon a time"),
    ],
)
@pytest.mark.parametrize("rows", [2, 3])
def test_an_initial_over_several_lines_begins_its_word(tmp_path: Path, initial: str, first: str, said: str, rows: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 17 * rows)
        canvas.drawString(72, 740 - 13 * (rows - 1), initial)
        right = 72 + canvas.stringWidth(initial) + 3
        canvas.setFont("Times-Roman", 11)
        for number, line in enumerate([f"{first} {STORY[0]}", *STORY[1:]]):
            canvas.drawString(right if number < rows else 72, 740 - 13 * number, line)
        lines_at(canvas, PROSE, 72, 640)

    markdown = seen(drawn(tmp_path / "initial.pdf", draw))
    assert f"{said} a harbour had lamps that were lit by hand. Every evening the keeper walked along the quay." in markdown


def test_a_large_figure_beside_two_lines_does_not_mix_them(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 36)
        canvas.drawString(72, 690, "25%")
        canvas.setFont("Helvetica", 11)
        lines_at(canvas, ["of all boats are now", "moored at the north quay"], 160, 706)
        lines_at(canvas, PROSE, 72, 600)

    assert "of all boats are now moored at the north quay" in seen(drawn(tmp_path / "figure.pdf", draw))


@pytest.mark.parametrize(("x", "y", "word"), [(120, 640, "DRAFT ONLY"), (90, 648, "COPY"), (72, 630, "VOID")])
def test_words_behind_a_text_stand_once_after_it(tmp_path: Path, x: float, y: float, word: str) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFillGray(0.85)
        canvas.setFont("Helvetica-Bold", 60)
        canvas.drawString(x, y, word)
        canvas.setFillGray(0)
        canvas.setFont("Helvetica", 11)
        lines_at(canvas, PROSE, 72, 680)

    markdown = seen(drawn(tmp_path / "behind.pdf", draw, draw, draw))
    assert markdown.count(" ".join(PROSE)) == 3
    assert markdown.count(word) == 1


def test_a_turned_word_behind_each_page_stands_once(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.setFillGray(0.85)
        canvas.setFont("Helvetica-Bold", 70)
        canvas.translate(150, 250)
        canvas.rotate(50)
        canvas.drawString(0, 0, "CONFIDENTIAL")
        canvas.restoreState()
        lines_at(canvas, PROSE, 72, 700)

    assert seen(drawn(tmp_path / "turned.pdf", draw, draw)).count("CONFIDENTIAL") == 1
