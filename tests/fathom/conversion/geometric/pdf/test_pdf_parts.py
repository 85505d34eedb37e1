"""What lies on a PDF page beside its text is kept: fields, notes, links, the outline, scripts that run elsewhere than right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

import fathom
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.geometric.layout.page_content import Box, Word
from fathom.conversion.geometric.layout.roles.outline import title_key, title_keys
from fathom.conversion.geometric.pdf.pages.typed_text import typed_words
from fathom.conversion.geometric.pdf.pages.vertical_text import vertical_lines
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
FILLER = "The harbour was rebuilt in the ninth year of the lease, and boats moored along the quay."


def convert(path: Path) -> ConvertedDocument:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=1000), version="v")


def drawn(path: Path, *pages: Callable[[Canvas], Any]) -> ConvertedDocument:
    canvas = Canvas(str(path), pagesize=(600, 800), invariant=True)
    for draw in pages:
        canvas.setFont("Helvetica", 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return convert(path)


def one_line(converted: ConvertedDocument) -> str:
    return " ".join(converted.markdown.split())


def links(converted: ConvertedDocument) -> dict[str, str]:
    return {text["text"]: text["hyperlink"] for text in converted.document["texts"] if text.get("hyperlink")}


def labels(converted: ConvertedDocument) -> dict[str, tuple[str, int | None]]:
    return {text["text"]: (text["label"], text.get("level")) for text in converted.document["texts"]}


def draw_form(canvas: Canvas) -> None:
    canvas.drawString(50, 740, "Application for a berth")
    for y, label, value in ((700, "Name:", "Ada Lovelace"), (670, "Vessel:", "Analytical Engine"), (640, "Secret:", "x")):
        canvas.drawString(50, y, label)
        canvas.acroForm.textfield(
            name=label, value=value, x=120, y=y - 5, width=300, height=20, borderWidth=0,
            fieldFlags="password" if label == "Secret:" else "",
        )  # fmt: skip
    for y, label, checked in ((610, "Berth for a year", True), (580, "Berth for a week", False)):
        canvas.acroForm.checkbox(name=label, checked=checked, x=50, y=y - 3, size=14)
        canvas.drawString(80, y, label)


def test_values_of_a_form_stand_beside_their_labels(tmp_path: Path) -> None:
    text = one_line(drawn(tmp_path / "form.pdf", draw_form))
    assert "Name: Ada Lovelace" in text
    assert "Vessel: Analytical Engine" in text
    assert "[x] Berth for a year" in text
    assert "[ ] Berth for a week" in text
    assert "Secret:" in text
    assert "Secret: x" not in text


def test_notes_follow_the_page_with_the_words_they_are_on(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(50, 740, FILLER)
        quad = "[ 50 752 145 752 50 737 145 737 ]"
        canvas.highlightAnnotation("Which harbour?", [50, 737, 145, 752], QuadPoints=quad)
        canvas.textAnnotation("Ask the trust.", [500, 700, 520, 720])
        canvas.freeTextAnnotation("Seen on 3 May", [300, 640, 420, 660])

    text = one_line(drawn(tmp_path / "notes.pdf", draw, lambda canvas: canvas.drawString(50, 500, "The next page.")))
    on_words = text.index('[Note on "The harbour was": Which harbour?]')
    assert text.index("quay.") < on_words < text.index("[Note: Ask the trust.]") < text.index("The next page.")
    assert "Seen on 3 May" in text


def test_links_are_kept_where_they_are_the_whole_piece_and_no_program_is_one(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for y, text, uri in (
            (740, "The trust's register of berths", "https://example.org/berths?year=1927"),
            (640, "Write to the harbour master", "mailto:master@example.org"),
            (540, "Open the safe", "javascript:app.alert(1)"),
            (440, "Read the disk", "file:///etc/passwd"),
        ):
            canvas.drawString(50, y, text)
            canvas.linkURL(uri, (50, y - 3, 50 + canvas.stringWidth(text), y + 9))

    converted = drawn(tmp_path / "links.pdf", draw)
    assert links(converted) == {
        "The trust's register of berths": "https://example.org/berths?year=1927",
        "Write to the harbour master": "mailto:master@example.org",
    }
    assert "[The trust's register of berths](https://example.org/berths?year=1927)" in converted.markdown


def test_a_link_on_some_words_is_a_run_of_its_own_and_the_text_stays_whole(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(
            ("The lease is in the register of berths, and who asks the", "harbour master may read it.")
        ):
            canvas.drawString(50, 700 - 13 * number, line)
        for words, before, y, uri in (
            ("register of berths", "The lease is in the ", 700, "https://example.org/register"),
            ("harbour master", "", 687, "mailto:master@example.org"),
        ):
            left = 50 + canvas.stringWidth(before)
            canvas.linkURL(uri, (left, y - 2, left + canvas.stringWidth(words), y + 9))

    converted = drawn(tmp_path / "inline.pdf", draw)
    runs = {"register of berths,": "https://example.org/register", "harbour master": "mailto:master@example.org"}
    assert links(converted) == runs
    [chunk] = fathom.chunk(converted, document="inline.pdf").chunks
    assert chunk.text == "The lease is in the register of berths, and who asks the harbour master may read it."
    assert "the [register of berths,](https://example.org/register) and who" in one_line(converted)
    assert converted.report.text_recall == 1.0
    assert converted.report.words == 17


def test_the_outline_says_what_is_a_heading_and_of_which_level(tmp_path: Path) -> None:
    def page(title: str, level: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(f"{level + 1}. {title}", title, level)
            canvas.drawString(50, 740, title)
            for line in range(12):
                canvas.drawString(50, 700 - 14 * line, FILLER)

        return draw

    found = labels(drawn(tmp_path / "outline.pdf", page("The lease of the quay", 0), page("Boats and their masters", 1)))
    first, second = found["The lease of the quay"], found["Boats and their masters"]
    assert (first[0], second[0]) == ("section_header", "section_header")
    assert first[1] is not None
    assert second[1] == first[1] + 1
    assert title_keys(["2.1 The Lease"]) == {"21thelease", "thelease"}
    assert title_key("—") == ""


def test_a_link_over_two_lines_is_one_though_a_word_of_it_is_divided(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        lines = ("The lease of the eastern berth is in the old register of har-", "bour leases, which the master keeps.")
        for number, line in enumerate(lines):
            canvas.drawString(50, 700 - 13 * number, line)
        for words, before, y in (
            ("register of har-", "The lease of the eastern berth is in the old ", 700),
            ("bour leases", "", 687),
        ):
            left = 50 + canvas.stringWidth(before)
            canvas.linkURL("https://example.org/leases", (left, y - 2, left + canvas.stringWidth(words), y + 9))

    converted = drawn(tmp_path / "divided.pdf", draw)
    assert links(converted) == {"register of harbour leases,": "https://example.org/leases"}


def test_links_in_a_table_stay_in_their_cells(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        rows = [("Boat", "Papers"), ("Ark", "the lease of 1927"), ("Dove", "none")]
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                canvas.rect(50 + 200 * column, 700 - 20 * row, 200, 20)
                canvas.drawString(55 + 200 * column, 706 - 20 * row, text)
        left = 255 + canvas.stringWidth("the ")
        canvas.linkURL("https://example.org/lease", (left, 682, left + canvas.stringWidth("lease"), 696))

    converted = drawn(tmp_path / "table.pdf", draw)
    assert links(converted) == {"lease": "https://example.org/lease"}
    assert "| Ark | the [lease](https://example.org/lease) of 1927 |" in converted.markdown
    [chunk] = fathom.chunk(converted, document="table.pdf").chunks
    assert "| Ark | the lease of 1927 |" in chunk.text
    assert chunk.text.count("lease") == 1
    assert converted.report.words == 9


@pytest.mark.skipif(not DEJAVU.exists(), reason="DejaVu is not installed, and nothing else here has Arabic")
def test_a_table_in_hebrew_begins_at_the_right(tmp_path: Path) -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", str(DEJAVU)))
    rows = [["סירה", "בעלים", "מקום"], ["תיבה", "נח", "12"], ["יונה", "שם", "14"]]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("DejaVu", 11)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                left = 450 - 200 * column
                canvas.rect(left - 100, 700 - 20 * row, 200, 20)
                canvas.drawRightString(left + 90, 706 - 20 * row, text if text.isdigit() else text[::-1])

    [table] = drawn(tmp_path / "hebrew.pdf", draw).document["tables"]
    cells = {
        (cell["start_row_offset_idx"], cell["start_col_offset_idx"]): cell["text"] for cell in table["data"]["table_cells"]
    }
    assert [[cells[row, column] for column in range(3)] for row in range(3)] == rows


@pytest.mark.skipif(not DEJAVU.exists(), reason="DejaVu is not installed, and nothing else here has Arabic")
def test_arabic_and_hebrew_are_read_as_they_are_spoken(tmp_path: Path) -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", str(DEJAVU)))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("DejaVu", 12)
        # painted from left to right, as PDFs hold them; the second word has the one glyph of lam and alef
        canvas.drawRightString(550, 740, " ".join(word[::-1] for word in ["شركة", "فو\ufefbد", "ميناء"][::-1]))
        canvas.drawRightString(550, 700, "שלום לעולם"[::-1])

    text = one_line(drawn(tmp_path / "leftward.pdf", draw))
    assert "شركة فولاد ميناء" in text
    assert "שלום לעולם" in text


def test_japanese_has_no_blanks_between_lines_and_reads_downwards_too(tmp_path: Path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("HeiseiMin-W3", 11)
        for number, line in enumerate(("その後、東の岸壁には多くの船が", "係留されるようになった。")):
            canvas.drawString(72, 730 - 16 * number, line)

    assert "多くの船が係留されるようになった。" in drawn(tmp_path / "across.pdf", draw).markdown
    column = [
        Word(c, 500, 100 + 12 * i, 512, 112 + 12 * i, 12, order=i, baseline=112 + 12 * i) for i, c in enumerate("再建された。")
    ]
    other = [Word("a", 50, 100, 60, 112, 12, baseline=112), Word("船", 80, 300, 92, 312, 12, baseline=312)]
    across, down = vertical_lines([*column, *other])
    assert [word.text for word in down] == ["再建された。"]
    assert across == other


@pytest.mark.skipif(not DEJAVU.exists(), reason="DejaVu is not installed, and nothing else here has ligatures")
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_ligatures_and_divided_words_are_whole_on_pages_turned_any_way(tmp_path: Path, turn: int) -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", str(DEJAVU)))

    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(turn)
        canvas.setFont("DejaVu", 11)
        canvas.drawString(50, 540, "The \ufb01rst of\ufb01ce of the harbour was built for its mas-")
        canvas.drawString(50, 526, "ters, and all masters paid for it in the end of the year.")

    text = one_line(drawn(tmp_path / "turned.pdf", draw))
    if turn == 0:  # glyphs of a turned page are turned words, in the order of the file
        assert "The first office of the harbour was built for its masters, and" in text
    for word in ("first", "office", "harbour", "end of the year"):
        assert word in text


def test_typed_text_stays_within_its_box_and_keeps_its_lines() -> None:
    words = typed_words("one two\nthree " + "four " * 30, Box(10, 20, 110, 120), 5, 11.0)
    assert [word.text for word in words[:3]] == ["one", "two", "three"]
    assert words[2].t > words[0].t
    assert all(10 <= word.l < word.r <= 111 and 20 <= word.t < word.b <= 121 for word in words)
    assert [word.order for word in words] == list(range(5, 5 + len(words)))
    assert typed_words(" \n ", Box(0, 0, 10, 10), 0, 11.0) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pdfjs/pdfs/annotation-highlight.pdf", 'Lorem ipsum dolor sit amet": Highlight content]'),
        ("pdfjs/pdfs/rc_annotation.pdf", "[Note by code:"),
        ("pdfjs/pdfs/annotation-tx.pdf", "tx annotation"),
        ("pdfjs/pdfs/annotation-button-widget.pdf", "[x] Radio button, selected"),
        ("pdfjs/pdfs/file_pdfjs_form.pdf", "AcroForm TextField:"),
        ("qpdf/qpdf/comment-annotation-direct.pdf", "[Note by Jay Berkenbilt: Salad]"),
    ],
)
def test_parts_of_pdfs_made_by_others_are_kept(corpora: Path, name: str, said: str) -> None:
    assert said in one_line(convert(corpora / "documents_hostile" / name))


def test_an_arabic_page_of_others_has_its_words_as_they_are_spoken(corpora: Path) -> None:
    converted = convert(corpora / "documents/docling/pdf/sources/right_to_left_03.pdf")
    assert "شرکت بورس کالای ايران" in converted.markdown
    assert converted.report.text_recall == 1.0
