"""What goes on over the end of a column or page, or past a box, is whole: paragraphs, divided words, tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reportlab.lib.colors import lightgrey
from reportlab.pdfgen.canvas import Canvas

from fathom.chunking.chunker import chunk_document
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

Draw = Callable[[Canvas], None]
FIRST = ["The harbour was rebuilt in its tenth year of use, and the boats were moored", "along the eastern quay until the"]
FIRST[1] += " masons, who had come by sea, had fin-"
SECOND = ["ished the wall. Nobody had asked them why the stone had been so hard to find,", "and nobody ever did."]
NOTE = "1 The masons came from Ives in the spring of that year."


def lines(canvas: Canvas, texts: list[str], x: float, y: float, size: float = 10, font: str = "Helvetica") -> None:
    for index, text in enumerate(texts):
        canvas.setFont(font, size)
        canvas.drawString(x, y - 13 * index, text)


def converted(path: Path, *pages: Draw) -> ConvertedDocument:
    canvas = Canvas(str(path), pagesize=(500, 700), invariant=True)
    for number, draw in enumerate(pages, start=1):
        draw(canvas)
        lines(canvas, [str(number)], 245, 25, 8)
        canvas.showPage()
    canvas.save()
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="0" * 64)


def texts(document: ConvertedDocument, label: str = "text") -> list[str]:
    return [one["text"] for one in document.document["texts"] if one["label"] == label]


def test_a_note_at_the_foot_does_not_cut_the_sentence_that_goes_on_over_the_page(tmp_path: Path) -> None:
    def one(canvas: Canvas) -> None:
        lines(canvas, ["All that is known of it stands in the book of the town, which has no title."] * 20, 50, 640)
        lines(canvas, FIRST, 50, 350)
        canvas.line(50, 78, 150, 78)
        lines(canvas, [NOTE], 50, 65, 7.5)

    found = converted(tmp_path / "a.pdf", one, lambda canvas: lines(canvas, SECOND, 50, 640))
    assert any("masons, who had come by sea, had finished the wall. Nobody" in text for text in texts(found))
    assert texts(found, "footnote") == [NOTE]


def test_a_box_beside_the_text_is_read_by_itself_and_the_text_goes_on_without_it(tmp_path: Path) -> None:
    said = [
        "Masons",
        "A mason cuts the stone before it is laid,",
        "and a good one never cuts it twice, for",
        "a stone costs more than a day.",
    ]
    beside = [f"the story of the wall went on beside it in line {number}" for number in ("one", "two", "three", "four", "five")]

    def draw(canvas: Canvas) -> None:
        whole = "Before the box began the lines were as wide as the page, as a page's lines are, and"
        lines(canvas, [whole], 50, 640)
        lines(
            canvas, [*beside, "until the box was at its end, and the lines were as wide as they had been, in the end."], 50, 627
        )
        canvas.setFillColor(lightgrey)
        canvas.rect(290, 566, 180, 68, stroke=0, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        lines(canvas, said, 296, 622, 8.5)

    found = texts(converted(tmp_path / "a.pdf", draw))
    assert any("page's lines are, and the story" in text and "line five until the box was at its end" in text for text in found)
    assert any(" ".join(said[1:]) in text for text in found)


def rows(canvas: Canvas, texts_of_rows: list[list[str]], top: float) -> None:
    for index, row in enumerate(texts_of_rows):
        for column, text in enumerate(row):
            canvas.rect(50 + 130 * column, top - 18 * index - 18, 130, 18)
            lines(
                canvas,
                [text],
                54 + 130 * column,
                top - 18 * index - 13,
                10,
                "Helvetica-Bold" if text.istitle() else "Helvetica",
            )


HEADER = ["Boat", "Owner", "Berth"]
BOATS = [[f"boat {number}", f"owner {number}", str(100 + number)] for number in range(40)]


def test_a_table_over_a_page_is_one_with_its_header_once_and_each_row_on_its_page(tmp_path: Path) -> None:
    for name, again in (("a.pdf", [HEADER]), ("b.pdf", [])):
        found = converted(
            tmp_path / name,
            lambda canvas: rows(canvas, [HEADER, *BOATS[:30]], 640),
            lambda canvas, again=again: rows(canvas, [*again, *BOATS[30:]], 650),  # type: ignore[misc]
        )
        (table,) = found.document["tables"]
        assert table["data"]["num_rows"] == 41
        assert [prov["page_no"] for prov in table["prov"]] == [1, 2]
        assert [cell["text"] for cell in table["data"]["table_cells"] if cell["column_header"]] == HEADER
        chunks = chunk_document(found, document="a.pdf", max_tokens=100, count_tokens=lambda text: len(text.split())).chunks
        (last,) = [chunk for chunk in chunks if "boat 39" in chunk.text]
        assert "| Boat | Owner | Berth |" in last.text
        assert {box.page for box in chunks[0].boxes} == {1}
        assert 2 in {box.page for box in last.boxes}


def test_tables_that_only_follow_each_other_stay_two(tmp_path: Path) -> None:
    others = [["Fish", "Weight", "Price"], *([f"fish {number}", f"{number} kg", str(number)] for number in range(5))]

    def second(canvas: Canvas) -> None:
        lines(canvas, ["Fish are sold by weight, and the prices are these."], 50, 650)
        rows(canvas, others, 620)

    found = converted(tmp_path / "a.pdf", lambda canvas: rows(canvas, [HEADER, *BOATS[:30]], 640), second)
    assert [table["data"]["num_rows"] for table in found.document["tables"]] == [31, 6]
