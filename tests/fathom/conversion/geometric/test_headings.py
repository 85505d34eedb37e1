"""Headings are those a reader sees: the title of a PDF above them, none without words, a Word title in any language."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file

TEXT = "The harbour was rebuilt in its tenth year of use, and boats moored along the eastern quay before winter. " * 3


def headings(path: Path) -> list[tuple[str, int | None, str]]:
    """Label, level and text of each heading and title."""
    inspection = inspect_file(path, max_bytes=10**8, max_pages=100)
    texts = EmbeddedEngine().convert_file(path, inspection, version="0" * 64).document["texts"]
    return [(one["label"], one.get("level"), one["text"]) for one in texts if one["label"] in ("title", "section_header")]


def pdf(path: Path, *lines: tuple[str, float]) -> Path:
    """A PDF of bold lines of these sizes, each with a paragraph below it."""
    body = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13)
    story = []
    for text, size in lines:
        style = ParagraphStyle(
            "head", fontName="Helvetica-Bold", fontSize=size, leading=1.2 * size, spaceBefore=12, spaceAfter=6
        )
        story += [Paragraph(text, style), Paragraph(TEXT, body)]
    SimpleDocTemplate(str(path), invariant=True).build(story)
    return path


def test_what_stands_first_and_largest_on_the_first_page_is_the_title(tmp_path: Path) -> None:
    found = headings(pdf(tmp_path / "a.pdf", ("Works at the Harbour", 20), ("Walls", 14), ("Gates", 14), ("Locks", 12)))
    assert found == [
        ("title", None, "Works at the Harbour"),
        ("section_header", 1, "Walls"),
        ("section_header", 1, "Gates"),
        ("section_header", 2, "Locks"),
    ]


@pytest.mark.parametrize("first", [("Walls", 14.0), ("1 Introduction", 20.0)])
def test_a_heading_like_others_or_with_a_number_is_no_title(tmp_path: Path, first: tuple[str, float]) -> None:
    found = headings(pdf(tmp_path / "a.pdf", first, ("Gates", 14), ("Locks", 14)))
    assert [label for label, _, _ in found] == ["section_header"] * 3


def test_an_empty_heading_is_none_and_what_is_below_it_stays(tmp_path: Path) -> None:
    document = Document()
    document.add_heading("Walls", 1)
    document.add_heading("", 1)
    document.add_paragraph(TEXT)
    document.save(str(tmp_path / "a.docx"))
    assert headings(tmp_path / "a.docx") == [("section_header", 1, "Walls")]


def test_a_title_style_is_known_by_its_name_whatever_its_id(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("Hafenbau", style="Title")
    document.add_paragraph(TEXT)
    style = document.styles["Title"].element
    style.set(style.nsmap["w"].join("{}") + "styleId", "Titel")
    for paragraph in document.paragraphs[:1]:
        paragraph._p.pPr.pStyle.val = "Titel"
    document.save(str(tmp_path / "a.docx"))
    assert headings(tmp_path / "a.docx") == [("title", None, "Hafenbau")]


def test_a_comment_among_the_blocks_of_a_word_file_is_passed_over(tmp_path: Path) -> None:
    document = Document()
    document.add_heading("Walls", 1)
    document.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}><!-- made by a tool --></w:p>")[0])
    document.save(str(tmp_path / "a.docx"))
    assert headings(tmp_path / "a.docx") == [("section_header", 1, "Walls")]


def test_a_word_that_counts_parts_of_books_is_a_number_only_where_one_follows(tmp_path: Path) -> None:
    lines = (("Works at the Harbour", 20), ("Walls", 14), ("Schedule of fees", 12), ("Rule of the tides", 12), ("Gates", 14))
    found = headings(pdf(tmp_path / "a.pdf", *lines))
    assert [level for _, level, _ in found] == [None, 1, 2, 2, 1]
    found = headings(
        pdf(tmp_path / "b.pdf", ("Harbours", 20), ("Chapter 1 Walls", 14), ("Tides", 12), ("Chapter 2: Gates", 14))
    )
    assert [level for _, level, _ in found] == [None, 1, 2, 1]


def test_a_heading_without_a_number_stands_with_those_that_look_the_same(tmp_path: Path) -> None:
    lines = (("Harbours", 20), ("1 Walls", 14), ("1.1 Stone", 12), ("Oak", 12), ("2 Gates", 14), ("References", 14))
    found = headings(pdf(tmp_path / "a.pdf", *lines))
    assert [(level, text) for _, level, text in found] == [
        (None, "Harbours"), (1, "1 Walls"), (2, "1.1 Stone"), (2, "Oak"), (1, "2 Gates"), (1, "References"),
    ]  # fmt: skip
