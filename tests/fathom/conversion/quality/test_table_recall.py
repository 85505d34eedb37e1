"""Grids of painted lines are counted by the lines alone, and a document that lacks a table of them is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.quality import table_recall
from fathom.conversion.quality.table_recall import ruled_grids
from fathom.conversion.report import ConversionReport


def page(tmp_path: Path, draw: Callable[[Canvas], None]) -> Path:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(400, 400))
    canvas.drawString(40, 380, "A page with something on it.")
    draw(canvas)
    canvas.save()
    return path


def table(canvas: Canvas, *, texts: bool = True, rows: int = 3, columns: int = 3) -> None:
    canvas.grid([40 + 80 * n for n in range(columns + 1)], [100 + 30 * n for n in range(rows + 1)])
    if texts:
        for row in range(rows):
            for column in range(columns):
                canvas.drawString(46 + 80 * column, 110 + 30 * row, f"cell {row} {column}")


def chart(canvas: Canvas) -> None:
    table(canvas, texts=False)
    canvas.drawString(20, 90, "0")
    canvas.drawString(20, 190, "100")


def frame(canvas: Canvas) -> None:
    canvas.rect(40, 100, 200, 100)
    canvas.drawString(60, 150, "Words in one box, and more of them.")


def report(path: Path) -> ConversionReport:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**6, max_pages=9), version="v").report


def test_a_table_is_a_grid_and_is_found(tmp_path: Path) -> None:
    path = page(tmp_path, table)
    (grid,) = ruled_grids(path)
    assert (grid.page, round(grid.box.width), round(grid.box.height)) == (1, 240, 90)
    made = report(path)
    assert (made.ruled_tables, made.ruled_tables_found, made.tables) == (1, 1, 1)


@pytest.mark.parametrize("draw", [chart, frame, lambda canvas: canvas.line(40, 100, 300, 100)])
def test_a_plot_a_frame_and_a_line_are_none(tmp_path: Path, draw: Callable[[Canvas], None]) -> None:
    assert ruled_grids(page(tmp_path, draw)) == []


def test_a_table_that_was_lost_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fathom.conversion.geometric.layout import page_layout

    monkeypatch.setattr(page_layout, "find_ruled_tables", lambda content: [])
    monkeypatch.setattr(page_layout, "tables_between_rules", lambda *given: [])
    monkeypatch.setattr(page_layout, "find_tables", lambda rows: [])
    made = report(page(tmp_path, table))
    assert (made.ruled_tables, made.ruled_tables_found, made.tables) == (1, 0, 0)


def test_pages_that_were_read_by_ocr_are_left_out_and_drawings_end_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = page(tmp_path, table)
    assert ruled_grids(path, skip=[1]) == []
    monkeypatch.setattr(table_recall, "MAX_RULES", 6)
    assert ruled_grids(path) == []


def test_what_is_set_apart_is_a_share_of_the_words(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(400, 400))
    for number in range(4):
        canvas.drawString(40, 385, "The harbour board, annual report")
        for line in range(10):
            canvas.drawString(40, 300 - 20 * line, f"Line {line} of page {number} tells of tides and of pumps.")
        canvas.showPage()
    canvas.save()
    made = report(path)
    assert made.dropped_share == pytest.approx(3 * 5 / (4 * 115), abs=0.001)  # the first page's header is kept
    assert made.text_recall == 1.0
