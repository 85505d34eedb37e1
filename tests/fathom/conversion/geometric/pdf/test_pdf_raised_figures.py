"""Raised and lowered figures stand where the page has them; marks of notes are linked with the notes of their page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

NORMAL = getSampleStyleSheet()["Normal"]
FILLER = "The harbour was rebuilt in the ninth year of the lease, and boats moored along the quay again."


def convert(path: Path) -> ConvertedDocument:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="v")


def set_as(path: Path, *parts: Any) -> str:
    """The Markdown of a PDF of these paragraphs, in one line."""
    SimpleDocTemplate(str(path), pagesize=A4, invariant=1).build(
        [Paragraph(p, NORMAL) if isinstance(p, str) else p for p in parts]
    )
    return " ".join(convert(path).markdown.split())


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("CO<sub>2</sub> was low, and H<sub>2</sub>O was high.", "CO2 was low, and H2O was high."),
        ("It has 12 m<super>2</super> or 4 km<super>2</super>.", "It has 12 m2 or 4 km2."),
        ("At 10<super>3</super> points and 10<super>-3</super> m.", "At 10^3 points and 10^-3 m."),
        ("About 6.02 x 10<super>23</super> of them.", "About 6.02 x 10^23 of them."),
        ("SO<sub>4</sub><super>2-</super> and Ca<super>2+</super> ions.", "SO4^2- and Ca2+ ions."),
        ("On the 1<super>st</super> and the 22<super>nd</super> of May.", "On the 1st and the 22nd of May."),
        ("M<super>me</super> Curie of the XIX<super>e</super> century.", "Mme Curie of the XIXe century."),
        ("As was shown before<super>3,4</super> and later.", "As was shown before^3,4 and later."),
        ("It ended in 1990<super>1</super> at last.", "It ended in 1990^1 at last."),
        ("Let x<sub>i</sub> and y<super>n</super> be so.", "Let xi and y^n be so."),
    ],
)
def test_raised_and_lowered_figures_are_joined_as_the_eye_sees_them(tmp_path: Path, said: str, read: str) -> None:
    assert set_as(tmp_path / "a.pdf", said) == read


@pytest.mark.parametrize("ruled", [True, False])
def test_figures_stay_in_the_cells_of_tables(tmp_path: Path, ruled: bool) -> None:
    rows = [["Depth", "Area (m<super>2</super>)", "Gas"], ["12<super>a</super>", "3.1 x 10<super>5</super>", "CO<sub>2</sub>"]]
    rows += [["14", "2.0 x 10<super>4</super>", "O<sub>2</sub>"], ["16", "9", "N<sub>2</sub>"]]
    table = Table([[Paragraph(cell, NORMAL) for cell in row] for row in rows], colWidths=90)
    if ruled:
        table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")])
    text = set_as(tmp_path / "table.pdf", "Soundings of the year.", table)
    assert "| Depth | Area (m2) | Gas |" in text
    assert "| 12^a | 3.1 x 10^5 | CO2 |" in text


def test_figures_as_large_as_the_text_are_told_by_their_height(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "rise.pdf"), invariant=True)
    text = canvas.beginText(72, 700)
    text.setFont("Helvetica", 11)
    for said, rise in (("about 10", 0), ("3", 4), (" parts of H", 0), ("2", -3), ("O in all", 0)):
        text.setRise(rise)
        text.textOut(said)
    canvas.drawText(text)
    canvas.save()
    assert convert(tmp_path / "rise.pdf").markdown.strip() == "about 10^3 parts of H2O in all"


def test_marks_are_linked_with_the_notes_of_the_page(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "notes.pdf"), pagesize=A4, invariant=True)

    def line(y: float, size: float, *parts: tuple[str, float]) -> None:
        text = canvas.beginText(72, y)
        for said, rise in parts:
            text.setFont("Times-Roman", 0.6 * size if rise else size)
            text.setRise(rise)
            text.textOut(said)
        canvas.drawText(text)

    for number in range(14):
        line(780 - 14 * number, 11, (FILLER, 0))
    line(
        520,
        11,
        ("The lamps were bought", 0),
        ("1", 4),
        (" in May, the ropes", 0),
        ("2", 4),
        (" later; 10", 0),
        ("2", 4),
        (" are left.", 0),
    )
    line(90, 8, ("1", 3), (" See the book of lamps.", 0))
    line(78, 8, ("2", 3), (" The ropes were old.", 0))
    canvas.save()
    markdown = convert(tmp_path / "notes.pdf").markdown
    assert "were bought[^1] in May, the ropes[^2] later; 10^2 are left." in markdown
    assert markdown.strip().endswith("[^1]: See the book of lamps.\n\n[^2]: The ropes were old.")


@pytest.mark.parametrize(
    ("said", "step", "blank", "read"),
    [
        ("SPACED OUT", 14, 28, "SPACED OUT"),
        ("ANNUAL REPORT", 16, 34, "ANNUAL REPORT"),
        ("ABCDEFGH", 14, 28, "A B C D E F G H"),
    ],
)
def test_letter_spaced_lines_are_words_and_alphabets_are_none(
    tmp_path: Path, said: str, step: float, blank: float, read: str
) -> None:
    canvas = Canvas(str(tmp_path / "spaced.pdf"), invariant=True)
    canvas.setFont("Courier", 11)
    x = 72.0
    for letter in said:
        canvas.drawString(x, 700, letter) if letter != " " else None
        x += step if letter != " " else blank - step
    canvas.save()
    assert convert(tmp_path / "spaced.pdf").markdown.strip().lstrip("# ") == read
