"""Lists of a PDF keep their levels and the signs that say something; those that only begin an item are no part of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, drawn, lines_at

Item = tuple[float, str, str]


def listed(path: Path, items: list[Item], *, right: bool = False) -> list[str]:
    """The lines of Markdown of items, each given with its indent, mark and text; `right`: marks end where texts begin."""

    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, PROSE, 72, 780) - 10
        for indent, mark, text in items:
            if right:
                canvas.drawRightString(90 + indent, y, mark)
            else:
                canvas.drawString(72 + indent, y, mark)
            canvas.drawString(94 + indent, y, text)
            y -= 15

    return [line for line in drawn(path, draw).markdown.splitlines() if line.strip()][1:]


def test_items_further_to_the_right_are_a_list_within_the_item_above(tmp_path: Path) -> None:
    items = [(0.0, "1.", "Open"), (20.0, "a)", "left"), (40.0, "-", "once"), (20.0, "b)", "right"), (0.0, "2.", "Close")]
    assert listed(tmp_path / "nested.pdf", items) == [
        "1. Open",
        "    - a) left",
        "        - once",
        "    - b) right",
        "2. Close",
    ]


@pytest.mark.parametrize(
    "marks", [["8.", "9.", "10.", "11."], ["vi.", "vii.", "viii.", "ix."], ["II.", "III.", "IV.", "VIII."]]
)
def test_marks_that_end_at_one_edge_are_of_one_list(tmp_path: Path, marks: list[str]) -> None:
    lines = listed(tmp_path / "right.pdf", [(0.0, mark, "Boats and lamps") for mark in marks], right=True)
    assert [line.removeprefix("- ") for line in lines] == [f"{mark} Boats and lamps" for mark in marks]


@pytest.mark.parametrize(("sign", "shown"), [("•", ""), ("■", ""), ("→", ""), ("►", ""), ("☐", "☐ "), ("✓", "✓ "), ("✗", "✗ ")])
def test_signs_that_judge_an_item_stay(tmp_path: Path, sign: str, shown: str) -> None:
    dejavu = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    if not dejavu.exists():
        pytest.skip(f"{dejavu} is not installed; its signs are drawn here")
    pdfmetrics.registerFont(TTFont("DejaVuSigns", dejavu))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("DejaVuSigns", 11)
        for row, text in enumerate(("Harbour dues", "Lamp oil", "Ropes")):
            canvas.drawString(72, 700 - 16 * row, sign)
            canvas.drawString(90, 700 - 16 * row, text)

    lines = [line for line in drawn(tmp_path / "signs.pdf", draw).markdown.splitlines() if line]
    assert lines == [f"- {shown}{text}" for text in ("Harbour dues", "Lamp oil", "Ropes")]
