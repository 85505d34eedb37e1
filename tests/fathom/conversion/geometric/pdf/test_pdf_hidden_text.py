"""Text of a PDF that no reader sees is left out and named; what shows, on whatever ground, is kept."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.geometric.pdf.pages.hidden_text import hidden_notices, may_have_layers
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

Draw = Callable[[Canvas], object]
SAID = "the secret number is 7714"


def convert(path: Path) -> ConvertedDocument:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="v")


def drawn(path: Path, draw: Draw) -> ConvertedDocument:
    canvas = Canvas(str(path), pagesize=(400, 400), invariant=True)
    canvas.setFont("Helvetica", 12)
    canvas.drawString(50, 350, "The lamps were bought in May.")
    draw(canvas)
    canvas.save()
    return convert(path)


def white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(50, 300, SAID)


def invisible(canvas: Canvas) -> None:
    text = canvas.beginText(50, 300)
    text.setTextRenderMode(3)
    text.textOut(SAID)
    canvas.drawText(text)


def transparent(canvas: Canvas) -> None:
    canvas.setFillAlpha(0)
    canvas.drawString(50, 300, SAID)


def covered(canvas: Canvas) -> None:
    canvas.drawString(50, 300, SAID)
    canvas.rect(40, 290, 300, 30, fill=1)


def whitened(canvas: Canvas) -> None:
    canvas.drawString(50, 300, SAID)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(40, 290, 300, 30, fill=1, stroke=0)


def clipped(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(10, 10, 50, 50)
    canvas.clipPath(path, stroke=0)
    canvas.drawString(50, 300, SAID)


def outside(canvas: Canvas) -> None:
    canvas.drawString(50, 500, SAID)


def tiny(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 0.4)
    canvas.drawString(50, 300, SAID)


@pytest.mark.parametrize("draw", [white, invisible, transparent, covered, whitened, clipped, outside, tiny])
def test_text_that_does_not_show_is_left_out_and_named(tmp_path: Path, draw: Draw) -> None:
    converted = drawn(tmp_path / "hidden.pdf", draw)
    assert "7714" not in converted.markdown
    assert "lamps" in converted.markdown
    [notice] = converted.report.notices
    assert (notice.kind, notice.count, notice.where) == ("hidden_text", 5, "page 1")
    assert converted.report.text_recall == 1.0


def on_dark(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.1, 0.2, 0.4)
    canvas.rect(40, 290, 300, 30, fill=1, stroke=0)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(50, 300, SAID)


def on_picture(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(Image.new("RGB", (60, 20), (90, 20, 20))), 40, 280, 300, 50)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(50, 300, SAID)


def highlighted(canvas: Canvas) -> None:
    canvas.drawString(50, 300, SAID)
    canvas.setFillColorRGB(1, 1, 0)
    canvas.setFillAlpha(0.4)
    canvas.rect(40, 290, 300, 30, fill=1, stroke=0)


def on_shaded(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.9, 0.9, 0.9)
    canvas.rect(40, 290, 300, 30, fill=1, stroke=0)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawString(50, 300, SAID)


def pale(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.9, 0.9, 0.9)
    canvas.drawString(50, 300, SAID)


def within_a_clip(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(10, 10, 380, 380)
    canvas.clipPath(path, stroke=0)
    canvas.drawString(50, 300, SAID)


def under_a_frame(canvas: Canvas) -> None:
    canvas.drawString(50, 300, SAID)
    canvas.rect(40, 290, 300, 30)


@pytest.mark.parametrize("draw", [on_dark, on_picture, highlighted, on_shaded, pale, within_a_clip, under_a_frame])
def test_text_that_shows_is_kept(tmp_path: Path, draw: Draw) -> None:
    converted = drawn(tmp_path / "shown.pdf", draw)
    assert SAID in " ".join(converted.markdown.split())
    assert converted.report.notices == []


def test_the_text_under_the_picture_of_a_scan_is_kept(tmp_path: Path) -> None:
    page = Image.new("RGB", (800, 800), "white")
    ImageDraw.Draw(page).text((100, 190), "lamps", fill="black")

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(page), 0, 0, 400, 400)
        canvas.drawString(50, 250, "More than a stamp has is in this text, or the page would be read again.")
        invisible(canvas)

    assert SAID in " ".join(drawn(tmp_path / "scan.pdf", draw).markdown.split())


def layered(on: bool) -> bytes:
    """A PDF whose second line is in a layer."""
    state = b"ON" if on else b"OFF"
    text = (
        b"BT /F 12 Tf 50 350 Td (The lamps were bought.) Tj ET /OC /L BDC BT /F 12 Tf 50 300 Td (the secret number) Tj ET EMC"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[5 0 R]/D<</%s[5 0 R]/Order[5 0 R]>>>>>>" % state,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources<</Properties<</L 5 0 R>>"
        b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/OCG/Name(Notes)>>",
    ]
    body = BytesIO()
    body.write(b"%PDF-1.5\n")
    for number, content in enumerate(objects, 1):
        body.write(b"%d 0 obj%s endobj\n" % (number, content))
    body.write(b"trailer<</Size 6/Root 1 0 R>>\n")
    return body.getvalue()


@pytest.mark.parametrize("on", [True, False])
def test_text_of_a_layer_shows_if_the_layer_is_on(tmp_path: Path, on: bool) -> None:
    path = tmp_path / "layers.pdf"
    path.write_bytes(layered(on))
    converted = convert(path)
    assert ("the secret number" in converted.markdown) is on
    assert [notice.count for notice in converted.report.notices] == ([] if on else [3])


def test_files_that_speak_of_layers_are_told_also_where_they_are_compressed() -> None:
    import zlib

    packed = zlib.compress(b"1 0 <</Type/Catalog/OCProperties<<>>>>")
    assert may_have_layers(b"%PDF 1 0 obj<</OCProperties<<>>>>")
    assert may_have_layers(b"%PDF 1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>stream\n" + packed + b"\nendstream")
    assert not may_have_layers(b"%PDF 1 0 obj<</Type/ObjStm>>stream\nnothing packed\nendstream")


def test_a_notice_says_why_and_where() -> None:
    hidden = {3: [("a", "outside the page")], 1: [("b", "outside the page"), ("c", "painted over")]}
    assert [notice.message for notice in hidden_notices(hidden)] == [
        "Hidden text is left out (outside the page): 2 words on pages 1, 3.",
        "Hidden text is left out (painted over): 1 word on page 1.",
    ]
    [many] = hidden_notices({number: [("a", "painted over")] for number in range(1, 40)})
    assert many.where == "39 pages"
