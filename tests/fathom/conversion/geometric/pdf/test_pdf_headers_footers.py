"""Running headers and footers are told from text by what the document's pages show, and each is kept once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

import fathom
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.geometric.layout.running.page_numbers import NumberPlacement, read_number, roman
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

A4 = (595, 842)
WORDS = [
    "harbour",
    "lamp",
    "rope",
    "crane",
    "quay",
    "boat",
    "captain",
    "winter",
    "tide",
    "council",
    "report",
    "mason",
    "bridge",
    "river",
    "market",
    "stone",
    "paper",
    "window",
]
Draw = Callable[[Canvas, int], object]


def drawn(path: Path, pages: int, draw: Draw, size: tuple[float, float] = A4) -> ConvertedDocument:
    """A PDF of so many pages, each drawn with its number, as it is converted."""
    canvas = Canvas(str(path), pagesize=size, invariant=True)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 11)
        draw(canvas, number)
        canvas.showPage()
    canvas.save()
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=5000), version="v")


def prose(canvas: Canvas, page: int, top: float = 750, lines: int = 18) -> None:
    """A text that is another on each page."""
    canvas.setFont("Helvetica", 11)
    for line in range(lines):
        words = [WORDS[(7 * page + 5 * line + 3 * place + page * line) % len(WORDS)] for place in range(10)]
        canvas.drawString(72, top - 14 * line, " ".join(words) + ("." if line == lines - 1 else ""))


def small(canvas: Canvas, x: float, y: float, text: str) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(x, y, text)


def chunked(converted: ConvertedDocument) -> str:
    return "\n".join(chunk.text for chunk in fathom.chunk(converted, document="a.pdf").chunks)


def test_a_header_and_a_footer_stand_once_and_page_numbers_are_dropped(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        small(canvas, 72, 806, "Harbour Authority, Annual Report 2023")
        small(canvas, 72, 30, "Confidential draft")
        small(canvas, 480, 30, f"Page {page} of 6")
        prose(canvas, page)

    converted = drawn(tmp_path / "report.pdf", 6, draw)
    for text in (converted.markdown, chunked(converted)):
        assert text.count("Harbour Authority, Annual Report 2023") == 1
        assert text.count("Confidential draft") == 1
        assert "Page " not in text


@pytest.mark.parametrize("header", ["Annual report, page {}", "Annual report | {}", "{} - Annual report", "Annual report {}"])
def test_the_number_in_a_running_text_is_the_page_s_where_it_counts_like_one(tmp_path: Path, header: str) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        small(canvas, 72, 806, header.format(page))
        prose(canvas, page)

    converted = drawn(tmp_path / "numbered.pdf", 5, draw)
    assert converted.markdown.count("Annual report") == 1
    assert not any(header.format(page) in converted.markdown for page in range(1, 6))


def test_titles_of_chapters_above_the_pages_are_each_kept_once_however_long_the_document_is(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        small(canvas, 72, 806, f"Of {WORDS[(page - 1) // 8]}s" if page % 2 else "The book of quays")
        small(canvas, 290, 30, str(page))
        prose(canvas, page)

    markdown = drawn(tmp_path / "book.pdf", 96, draw).markdown
    lines = [line for line in markdown.splitlines() if line.startswith(("Of ", "The book"))]
    assert lines == ["Of harbours", "The book of quays", *(f"Of {word}s" for word in WORDS[1:12])]


@pytest.mark.parametrize("pages", [2, 5, 300])
@pytest.mark.parametrize("top", [810, 780, 500, 40])
def test_pages_of_one_line_are_kept_though_they_differ_in_numbers_only(tmp_path: Path, pages: int, top: float) -> None:
    converted = drawn(
        tmp_path / "tickets.pdf", pages, lambda canvas, page: canvas.drawString(72, top, f"Ticket {page}: seat {7 * page}")
    )
    for page in range(1, pages + 1):
        assert f"Ticket {page}: seat {7 * page}" in converted.markdown
    assert f"Ticket {pages}: seat {7 * pages}" in chunked(converted)


def test_pages_that_have_nothing_but_a_number_are_not_empty(tmp_path: Path) -> None:
    converted = drawn(tmp_path / "numbers.pdf", 4, lambda canvas, page: canvas.drawString(290, 30, str(page)))
    assert converted.markdown.split() == ["1", "2", "3", "4"]


def test_a_page_with_only_its_running_texts_keeps_them(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        small(canvas, 72, 806, "Manual of pumps")
        small(canvas, 290, 30, str(page))
        if page != 3:
            prose(canvas, page)

    converted = drawn(tmp_path / "blank.pdf", 5, draw)
    pages = [item["prov"][0]["page_no"] for item in converted.document["texts"] if item["content_layer"] == "body"]
    assert 3 in pages


def draw_certificate(canvas: Canvas, page: int) -> None:
    canvas.drawString(72, 800, f"Certificate No. {page}")
    canvas.setFont("Helvetica-Bold", 24)
    canvas.drawString(200, 640, "Certificate")
    canvas.setFont("Helvetica", 12)
    canvas.drawString(150, 580, "This certifies that the crane with the number")
    canvas.drawString(280, 560, str(1000 + 17 * page))


def draw_invoice(canvas: Canvas, page: int) -> None:
    canvas.drawString(72, 790, f"Invoice 2023-{page}")
    canvas.drawString(72, 776, f"Date: {page}.03.2023")
    canvas.drawString(72, 700, "Berth for a month")
    canvas.drawString(72, 40, f"Please pay within {10 + page} days")


def draw_label(canvas: Canvas, page: int) -> None:
    canvas.drawString(20, 120, "Keep dry")
    canvas.drawString(20, 60, f"Crate {page}")
    canvas.drawString(20, 15, f"Lot {40 + page}")


@pytest.mark.parametrize(
    ("draw", "said", "size"),
    [
        (draw_certificate, ("Certificate No. {}",), A4),
        (draw_invoice, ("Invoice 2023-{}", "Date: {}.03.2023", "Please pay within 1{} days"), A4),
        (draw_label, ("Crate {}", "Lot 4{}"), (200, 140)),
    ],
)
def test_forms_that_differ_in_numbers_keep_every_number(
    tmp_path: Path, draw: Draw, said: tuple[str, ...], size: tuple[float, float]
) -> None:
    markdown = " ".join(drawn(tmp_path / "forms.pdf", 6, draw, size).markdown.split())
    for page in range(1, 7):
        for text in said:
            assert text.format(page) in markdown


def test_salutations_and_closings_of_letters_stay_in_each(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        canvas.drawString(72, 790, "Dear member,")
        prose(canvas, page)
        canvas.drawString(72, 60, "Yours sincerely,")

    markdown = drawn(tmp_path / "letters.pdf", 5, draw).markdown
    assert markdown.count("Dear member,") == 5
    assert markdown.count("Yours sincerely,") == 5


def test_a_first_line_that_all_pages_share_is_not_cut_out_of_its_paragraph(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        canvas.drawString(72, 790, "Cranes at the north quay were greased in spring, which re-")
        canvas.drawString(72, 776, f"turned them to use {WORDS[page]} after the council had seen the remarks about the lamps.")
        prose(canvas, page, top=740)

    markdown = " ".join(drawn(tmp_path / "same.pdf", 4, draw).markdown.split())
    assert markdown.count("in spring, which returned them to use") == 4


def test_times_of_printing_that_differ_are_all_kept(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        small(canvas, 72, 30, f"Printed on 12.03.2024 at 14:33:{10 + page}")
        prose(canvas, page)

    markdown = drawn(tmp_path / "printed.pdf", 4, draw).markdown
    assert all(f"14:33:{10 + page}" in markdown for page in range(1, 5))


def test_a_header_that_the_title_says_before_it_is_not_said_again(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        if page == 1:
            canvas.setFont("Helvetica-Bold", 20)
            canvas.drawString(72, 700, "The book of quays")
            prose(canvas, page, top=640)
        else:
            small(canvas, 72, 806, "The book of quays")
            prose(canvas, page)

    assert drawn(tmp_path / "titled.pdf", 5, draw).markdown.count("The book of quays") == 1


@pytest.mark.parametrize(
    ("font", "size", "step"),
    [
        ("Helvetica", 8, 12),
        ("Helvetica", 9, 14),
        ("Helvetica-Oblique", 11, 14),
        ("Times-Roman", 11, 15),
        ("Helvetica-Bold", 9, 13),
    ],
)
def test_a_header_as_near_as_a_line_stands_once_if_it_is_set_otherwise(
    tmp_path: Path, font: str, size: float, step: float
) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        canvas.setFont(font, size)
        canvas.drawString(72, 750 + step, "Harbour Authority, Annual Report")
        canvas.drawRightString(520, 750 + step, str(page))
        prose(canvas, page, lines=40)
        canvas.setFont(font, size)
        canvas.drawString(72, 750 - 40 * 14, "Confidential draft of the council")

    markdown = drawn(tmp_path / "near.pdf", 6, draw).markdown
    assert markdown.count("Harbour Authority, Annual Report") == 1
    assert not {str(page) for page in range(1, 7)} & set(markdown.split())


def test_a_bold_line_above_the_text_of_each_page_is_its_heading(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 764, "Summary")
        prose(canvas, page, lines=40)

    assert drawn(tmp_path / "bold.pdf", 4, draw).markdown.count("# Summary") == 4


def test_names_of_columns_that_each_page_repeats_stay_with_the_table(tmp_path: Path) -> None:
    def draw(canvas: Canvas, page: int) -> None:
        canvas.setFont("Helvetica-Bold", 11)
        for x, name in ((72, "Boat"), (200, "Berth"), (330, "Fee")):
            canvas.drawString(x, 790, name)
        canvas.setFont("Helvetica", 11)
        for row in range(48):
            for x, text in ((72, f"{WORDS[(row + page) % 18]}{page}{row}"), (200, str(row * page)), (330, str(3 * row + page))):
                canvas.drawString(x, 775 - 15 * row, text)

    markdown = drawn(tmp_path / "columns.pdf", 3, draw).markdown
    assert "| Boat | Berth | Fee |\n|-|-|-|" in markdown


@pytest.mark.parametrize(
    ("line", "text", "number", "placement"),
    [
        ("- 7 -", "", 7, NumberPlacement.ALONE),
        ("Page 3 of 9", "", 3, NumberPlacement.ALONE),
        ("xiv", "", 14, NumberPlacement.ALONE),
        ("第 3 页 共 9 页", "", 3, NumberPlacement.ALONE),
        ("3-12", "", 12, NumberPlacement.ALONE),
        ("The book of quays, Seite 12", "The book of quays", 12, NumberPlacement.PHRASE),
        ("12 | The book", "The book", 12, NumberPlacement.SEPARATED),
        ("The book 12", "The book", 12, NumberPlacement.BARE),
    ],
)
def test_numbers_of_pages_are_read(line: str, text: str, number: int, placement: NumberPlacement) -> None:
    read = read_number(line)
    assert read is not None
    assert (read.text, read.number, read.placement) == (text, number, placement)


@pytest.mark.parametrize("line", ["0017", "No. 0001", "Lot 12/B", "ivy", "iiii", "14:33:10", "2023-1", "The book of quays"])
def test_serial_numbers_and_words_are_no_numbers_of_pages(line: str) -> None:
    assert read_number(line) is None


def test_roman_numerals_are_written_as_they_are_read() -> None:
    assert [roman(number) for number in (1, 4, 9, 14, 40, 99, 148)] == ["i", "iv", "ix", "xiv", "xl", "xcix", "cxlviii"]
