"""Every format, tried with real files: what each becomes, and by which name and sentence the others are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.errors import DocumentRejected

pytestmark = pytest.mark.integration

# file, kind, (words, headings, tables) at least, what its Markdown says
CONVERTED = (
    ("docling/pdf/sources/2305.03393v1-pg9.pdf", "pdf", (400, 0, 1), "OTSL"),
    ("markitdown/markitdown/tests/test_files/test.docx", "docx", (300, 3, 1), "AutoGen"),
    ("unstructured/hlink-meta.docx", "docx", (50, 0, 0), "Two with link to bookmark."),
    ("markitdown/markitdown/tests/test_files/test.pptx", "pptx", (200, 6, 1), "AutoGen"),
    ("unstructured/language-docs/eng_spa_mult.pptx", "pptx", (500, 1, 0), "All human beings are born free"),
    ("unstructured/language-docs/eng_spa_mult.ppt", "pptx", (500, 1, 0), "All human beings are born free"),
    ("docling/xlsx/sources/xlsx_07_gap_tolerance_.xlsx", "xlsx", (140, 0, 2), "HIGH VOLTAGE SWITCHBOARD"),
    ("docling/html/sources/table_03.html", "html", (20, 1, 1), "This is the first paragraph."),
    ("unstructured/language-docs/eng_spa_mult.html", "html", (500, 0, 0), "All human beings are born free"),
    ("pandoc-office/COPYING.md", "markdown", (2900, 5, 0), "GNU GENERAL PUBLIC LICENSE"),
    ("docling/csv/sources/csv-pipe.csv", "csv", (150, 0, 1), "Customer Id"),
    ("docling/csv/sources/csv-comma-in-cell.csv", "csv", (15, 0, 1), "| 1"),
    ("unstructured/language-docs/eng_spa_mult.eml", "email", (500, 1, 0), "Test email with multiple languages"),
    ("unstructured/eml/mime-attach-mp3.eml", "email", (5, 1, 0), "- sample-3s.mp3 (audio/mpeg)"),
    ("unstructured/fake-email.msg", "email", (20, 1, 0), "Violets are blue"),
    ("unstructured/fake-email-attachment.msg", "email", (20, 1, 0), "- fake-attachment.txt (text/plain)"),
    ("unstructured/fake-encrypted.msg", "email", (5, 1, 0), "- ATT00002.bin (application/octet-stream)"),
    ("pandoc-office/epub/features.epub", "epub", (800, 18, 0), "Reflowable EPUB 3 Conformance Test Document"),
    ("docling/epub/sources/epub_purvis_poetry.epub", "epub", (3000, 15, 0), "Sarah Louisa Forten Purvis"),
    ("docling/odf/sources/text_document_02.odt", "odt", (80, 3, 1), "Lorem Ipsum"),
    ("docling/odf/sources/odf_presentation_01.odp", "odp", (120, 2, 1), "Test Table Slide"),
    ("docling/odf/sources/odf_table_with_title_01.ods", "ods", (20, 0, 1), "Number of freshwater ducks per year"),
    ("docling/latex/sources/2501.00089/main.tex", "latex", (5000, 15, 0), "Insights on Galaxy Evolution"),
    ("docling/asciidoc/sources/asciidoc_02.asciidoc", "asciidoc", (240, 6, 6), "2nd Sample Document Title"),
    ("docling/jats/sources/pone.0234687.nxml", "jats", (9000, 20, 5), "reduce greenhouse gas emissions"),
    ("docling/jats/sources/ptag100.xml", "jats", (7500, 10, 0), "Time-Dependent 3D Oscillator"),
    ("docling/latex/sources/2305.03393/readme.txt", "text", (80, 0, 0), "Dear llncs user"),
    ("unstructured/README-w-include.rst", "text", (150, 0, 0), "Example Docs"),
    ("unstructured/README.org", "text", (150, 0, 0), "Example Docs"),
    ("docling/webvtt/sources/webvtt_example_01.vtt", "subtitles", (110, 0, 0), "Roger Bingham: We are in New York City"),
    ("ocrmypdf-scans/crom.png", "image", (6, 0, 0), "cromulent word"),
)
REFUSED = (
    ("unstructured/empty.xlsx", "EmptyDocument", "no content"),
    ("unstructured/fake-doc.rtf", "UnknownFormat", "an RTF document"),
    ("docling/doc/sources/greek_heading_styles.doc", "UnknownFormat", "a Word document of the old format"),
    ("docling/xls/sources/legacy_sample.xls", "UnknownFormat", "an Excel workbook of the old format"),
    ("docling/ppt/sources/legacy_sample.ppt", "UnknownFormat", "a presentation of the old format"),
    ("docling/pages/sources/pages_iwork09.pages", "UnknownFormat", "a ZIP archive"),
    ("docling/uspto/sources/ipa20200022300.xml", "UnknownFormat", "XML of a kind that is not converted"),
)


def convert(path: Path) -> ConvertedDocument:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=500), version="v")


@pytest.mark.parametrize(("file", "kind", "least", "says"), CONVERTED, ids=[row[0].rsplit("/", 1)[-1] for row in CONVERTED])
def test_a_real_file_becomes_a_document(corpora: Path, file: str, kind: str, least: tuple[int, int, int], says: str) -> None:
    made = convert(corpora / "documents" / file)
    report = made.report
    print(f"{file}: {report.kind}, {report.words} words, {report.headings} headings, {report.tables} tables")
    assert report.kind == kind
    assert all(found >= wanted for found, wanted in zip((report.words, report.headings, report.tables), least, strict=True))
    assert says in made.markdown
    assert (report.errors, report.replacement_characters) == ([], 0)


@pytest.mark.parametrize(("file", "name", "says"), REFUSED, ids=lambda value: str(value)[-24:])
def test_a_real_file_of_another_kind_is_refused_by_name(corpora: Path, file: str, name: str, says: str) -> None:
    with pytest.raises(DocumentRejected, match=says) as raised:
        convert(corpora / "documents" / file)
    assert raised.value.name == name
    assert raised.value.what_to_do


@pytest.mark.parametrize("suffix", ["webp", "tiff", "jpg", "tsv"])
def test_formats_of_which_no_small_file_is_there_are_made_of_one(corpora: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "tsv":
        text = (corpora / "documents/docling/csv/sources/csv-pipe.csv").read_text(encoding="utf-8")
        path.write_text(text.replace("|", "\t"))
        made = convert(path)
        assert (made.report.kind, made.report.tables, "Customer Id" in made.markdown) == ("csv", 1, True)
        return
    with Image.open(corpora / "documents/ocrmypdf-scans/crom.png") as image:
        image.convert("RGB").save(path)
    made = convert(path)
    assert (made.report.kind, made.report.ocr_lines > 0, "cromulent" in made.markdown) == ("image", True, True)
