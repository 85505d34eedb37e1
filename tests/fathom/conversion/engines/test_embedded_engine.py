"""Every kind of file becomes a document in this process, with an honest report, and nothing reaches for the network."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docling_core.types.doc import DoclingDocument
from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.engines.conversion_engine import convert_with
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.quality.report_builder import ConversionOutcome
from fathom.conversion.report import ConvertedDocument, Notice, PageProgress
from fathom.errors import ConversionFailed, EmptyDocument, FathomError

SAMPLES = Path(__file__).resolve().parents[4] / "samples"


def convert(path: Path, progress: Callable[[PageProgress], None] | None = None) -> ConvertedDocument:
    inspection = inspect_file(path, max_bytes=10**8, max_pages=1000)
    return EmbeddedEngine().convert_file(path, inspection, version="v", progress=progress)


def pdf(path: Path, draw: Callable[[Canvas], None], pages: int = 1) -> Path:
    canvas = Canvas(str(path), pagesize=(600, 800), invariant=True)
    for _ in range(pages):
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def draw_page(canvas: Canvas) -> None:
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(50, 740, "The pump")
    canvas.setFont("Helvetica", 11)
    for index, line in enumerate(("A pump moves water from a low place", "to a high one, and it needs energy", "for that.")):
        canvas.drawString(50, 700 - 14 * index, line)


TEXTS = {
    "note.txt": ("First paragraph.\n\nSecond paragraph.\n", "Second paragraph"),
    "page.html": ("<html><body><h1>Pumps</h1><p>Water rises.</p></body></html>", "Water rises"),
    "page.md": ("# Pumps\n\nWater rises.\n\n- one\n- two\n", "Water rises"),
    "table.csv": ("name,amount\npump,3\nvalve,4\n", "valve"),
    "mail.eml": (
        "From: a@example.org\nTo: b@example.org\nSubject: Pumps\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n\nThe water rises.\n",
        "water rises",
    ),
    "paper.tex": (
        "\\documentclass{article}\\begin{document}\\section{Pumps}Water rises.\\end{document}\n",
        "Water rises",
    ),
    "manual.adoc": ("= Pumps\n\n== First\n\nWater rises.\n", "Water rises"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_each_kind_of_text_becomes_a_document(tmp_path: Path, name: str) -> None:
    content, expected = TEXTS[name]
    (tmp_path / name).write_text(content)
    converted = convert(tmp_path / name)
    assert expected in converted.markdown
    assert converted.report.errors == []
    assert converted.report.words > 0


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".pptx", ".xlsx"])
def test_each_kind_of_office_file_becomes_a_document(suffix: str) -> None:
    samples = sorted(SAMPLES.rglob(f"*{suffix}"))
    if not samples:
        pytest.skip(f"samples/ holds no {suffix}")
    converted = convert(samples[0])
    assert converted.report.errors == []
    assert converted.report.words > 20


@pytest.mark.parametrize("pattern", ["*.epub", "*.odt", "*.ods", "*.odp", "*.nxml"])
def test_each_rarer_kind_becomes_a_document(corpora: Path, pattern: str) -> None:
    path = min((corpora / "documents").rglob(pattern), key=lambda found: (found.stat().st_size, found.name))
    converted = convert(path)
    assert converted.report.errors == []
    assert converted.report.words > 0


def test_a_text_is_read_in_its_own_encoding(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_bytes("# Größe\n\nÜber die Höhe der Bäume und die Tiefe der Flüsse.\n".encode("cp1252"))
    assert "Größe" in convert(tmp_path / "note.md").markdown


def test_a_pdf_keeps_its_words_and_its_heading(tmp_path: Path) -> None:
    converted = convert(pdf(tmp_path / "pump.pdf", draw_page))
    report = converted.report
    assert converted.markdown.startswith("# The pump")
    assert "from a low place to a high one" in converted.markdown
    assert (report.text_recall, report.headings, report.pages_converted, report.pages_expected) == (1.0, 1, 1, 1)
    assert report.ocr_pages == 0
    assert report.ocr_confidence is None


def test_the_same_file_gives_the_same_document(tmp_path: Path) -> None:
    path = pdf(tmp_path / "pump.pdf", draw_page, pages=3)
    first, second = convert(path), convert(path)
    assert json.dumps(first.document) == json.dumps(second.document)
    assert first.markdown == second.markdown


def scan(tmp_path: Path, turn: int = 0) -> Path:
    """A page whose text is a picture."""
    import pypdfium2
    from reportlab.lib.utils import ImageReader

    path = pdf(tmp_path / "text.pdf", draw_page)
    document = pypdfium2.PdfDocument(path)
    image = document[0].render(scale=2).to_pil().rotate(turn, expand=True, fillcolor="white")
    document.close()
    picture = BytesIO()
    image.save(picture, "PNG")
    width, height = image.width / 2, image.height / 2
    canvas = Canvas(str(tmp_path / "scan.pdf"), pagesize=(width, height))
    canvas.drawImage(ImageReader(picture), 0, 0, width, height)
    canvas.save()
    return tmp_path / "scan.pdf"


def test_a_scan_is_read_and_laid_out(tmp_path: Path) -> None:
    converted = convert(scan(tmp_path))
    report = converted.report
    assert "The pump" in converted.markdown
    assert "needs energy" in converted.markdown
    assert report.ocr_pages == 1
    assert report.ocr_confidence is not None
    assert report.ocr_confidence > 0.8
    assert report.text_recall is None
    assert report.pictures == 0


@pytest.mark.integration
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_scan_that_lies_on_its_side_or_its_head_is_read_in_order(tmp_path: Path, turn: int) -> None:
    text = " ".join(convert(scan(tmp_path, turn)).markdown.split())
    assert text.index("The pump") < text.index("moves water") < text.index("needs energy")


def test_only_pages_without_text_are_read_by_ocr(tmp_path: Path) -> None:
    assert convert(pdf(tmp_path / "pump.pdf", draw_page, pages=2)).report.ocr_pages == 0


def test_pages_are_reported_while_they_are_converted(tmp_path: Path) -> None:
    seen: list[PageProgress] = []
    convert(pdf(tmp_path / "pump.pdf", draw_page, pages=4), seen.append)
    pages = [(progress.done, progress.total) for progress in seen if progress.phase == "page"]
    assert pages == [(1, 4), (2, 4), (3, 4), (4, 4)]


class GivenUpHere(BaseException):
    """What a caller raises to end a conversion."""


def test_a_conversion_can_be_given_up_and_the_next_one_works(tmp_path: Path) -> None:
    path = pdf(tmp_path / "pump.pdf", draw_page, pages=8)

    def give_up(progress: PageProgress) -> None:
        if progress.phase == "page":
            raise GivenUpHere

    with pytest.raises(GivenUpHere):
        convert(path, give_up)
    assert convert(path).report.pages_converted == 8


def test_nothing_remote_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise AssertionError(f"reached for the network: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (tmp_path / "a.html").write_text('<p>Text <img src="http://192.0.2.1/a.png"></p><link href="http://192.0.2.1/s.css">')
    (tmp_path / "a.md").write_text("Text ![x](http://192.0.2.1/a.png)\n")
    assert "Text" in convert(tmp_path / "a.html").markdown
    assert "Text" in convert(tmp_path / "a.md").markdown


def test_a_broken_page_is_an_error_and_the_others_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fathom.conversion.geometric.layout import plugin

    whole = plugin.lay_out
    calls = iter(range(100))

    def second_breaks(*arguments: Any, **options: Any) -> Any:
        if next(calls) == 1:
            raise ValueError("broken on purpose")
        return whole(*arguments, **options)

    monkeypatch.setattr(plugin, "lay_out", second_breaks)
    report = convert(pdf(tmp_path / "pump.pdf", draw_page, pages=3)).report
    assert report.pages_converted == 2
    # docling's own words, where its stages end before the failed page is through them
    assert [error.message for error in report.errors] in (["broken on purpose"], ["pipeline terminated early"])


def test_a_document_of_which_nothing_is_left_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fathom.conversion.geometric.layout import plugin

    def breaks(*arguments: Any, **options: Any) -> Any:
        raise ValueError("broken on purpose")

    monkeypatch.setattr(plugin, "lay_out", breaks)
    with pytest.raises(ConversionFailed, match="broken on purpose"):
        convert(pdf(tmp_path / "pump.pdf", draw_page))


def test_a_damaged_office_file_is_named(tmp_path: Path, corpora: Path) -> None:
    whole = min((corpora / "documents" / "docling").rglob("*.docx"), key=lambda found: (found.stat().st_size, found.name))
    inspection = inspect_file(whole, max_bytes=10**8, max_pages=1000)
    (tmp_path / "broken.docx").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(FathomError):
        EmbeddedEngine().convert_file(tmp_path / "broken.docx", inspection, version="v")


def test_the_engine_says_what_it_is_made_of() -> None:
    assert EmbeddedEngine().converter_version().startswith("fathom-geometric ")
    assert "docling-slim 2." in EmbeddedEngine().converter_version()


def test_words_that_vanish_without_a_notice_are_a_failure_and_not_an_empty_document(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The tide rose at noon.", "utf-8")
    inspection = inspect_file(path, max_bytes=1000, max_pages=1)

    def converted(notices: list[Notice]) -> None:
        outcome = ConversionOutcome(document=DoclingDocument(name="d"), notices=notices)
        convert_with(lambda: outcome, path, inspection, version="v", converter="c")

    with pytest.raises(ConversionFailed, match="has 5 words, and none of them came through"):
        converted([])
    with pytest.raises(EmptyDocument):
        converted([Notice(kind="hidden_text", message="Hidden text is left out.")])


def test_what_is_left_out_is_a_line_of_the_documents_log(caplog: pytest.LogCaptureFixture) -> None:
    path = Path(__file__).parents[1] / "cases" / "files" / "05-hidden-rows-columns-sheets.xlsx"
    with caplog.at_level("INFO"):
        EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=10), version="a" * 64)
    said = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(said) == 4
    assert any('1 hidden row of the sheet "Prices" (3)' in line for line in said)
