"""Listings keep their lines and indents, entries of a table of contents their own line."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, drawn, lines_at, seen

LISTING = ["def count(boats):", "    total = 0", "    for boat in boats:", "        total += 1", "    return total"]


@pytest.mark.parametrize("size", [7, 9, 11])
@pytest.mark.parametrize("font", ["Courier", "Courier-Bold"])
def test_a_listing_keeps_its_lines_and_indents(tmp_path: Path, size: float, font: str) -> None:
    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, PROSE, 72, 760)
        canvas.setFont(font, size)
        for line in LISTING:  # indented by position, as typesetters do
            indent = len(line) - len(line.lstrip())
            canvas.drawString(80 + indent * 0.6 * size, y - 6, line.lstrip())
            y -= 1.2 * size
        canvas.setFont("Helvetica", 11)
        lines_at(canvas, PROSE, 72, y - 20)

    converted = drawn(tmp_path / "listing.pdf", draw)
    assert "```\n" + "\n".join(LISTING) + "\n```" in converted.markdown
    assert seen(converted).count(" ".join(PROSE)) == 2


def test_an_empty_line_of_a_listing_stays(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, PROSE, 72, 760)
        canvas.setFont("Courier", 9)
        lines_at(canvas, ["make all", "", "make install", "reboot"], 72, y, 11)

    assert "make all\n\nmake install\nreboot" in drawn(tmp_path / "empty.pdf", draw).markdown


def test_a_typewritten_letter_is_no_listing(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Courier", 11)
        lines_at(canvas, PROSE, 72, 760)

    markdown = drawn(tmp_path / "letter.pdf", draw).markdown
    assert "```" not in markdown
    assert " ".join(PROSE) in markdown


def test_a_word_of_code_in_a_paragraph_stays_in_it(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, PROSE[:2], 72, 760)
        canvas.drawString(72, 732, "and call")
        canvas.setFont("Courier", 11)
        canvas.drawString(120, 732, "count()")
        canvas.setFont("Helvetica", 11)
        canvas.drawString(172, 732, "before the river had taken it")
        lines_at(canvas, PROSE[3:], 72, 718)

    assert "and call count() before the river had taken it" in seen(drawn(tmp_path / "word.pdf", draw))


@pytest.mark.parametrize("dot", [".", ". ", "\u00b7"])
def test_entries_of_a_table_of_contents_are_lines_of_their_own(tmp_path: Path, dot: str) -> None:
    entries = [("1 Introduction", "1"), ("1.1 The quay", "3"), ("2 Methods", "9"), ("Annex A Tables", "xii")]

    def draw(canvas: Canvas) -> None:
        y = 750.0
        for title, page in entries:
            canvas.drawString(72, y, title)
            left = 76 + canvas.stringWidth(title)
            canvas.drawString(left, y, dot * int((500 - left) / canvas.stringWidth(dot)))
            canvas.drawRightString(530, y, page)
            y -= 15
        lines_at(canvas, PROSE, 72, y - 40)

    lines = drawn(tmp_path / "contents.pdf", draw).markdown.splitlines()
    assert [line for line in lines if "..." in line] == [f"{title} ... {page}" for title, page in entries]
