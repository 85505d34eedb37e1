"""The first page can be looked at: bounded, with the boxes where things are, and never at the cost of the document."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import numpy
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.quality.page_preview import BOXES, MAX_BYTES, TEXT, bounded_png, page_picture, smaller
from fathom.conversion.report import ConvertedDocument
from fathom.conversion.service.document_codec import decode_document, encode_document


def converted(path: Path) -> ConvertedDocument:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="v")


def opened(picture: bytes | None) -> Image.Image:
    assert picture is not None
    image = Image.open(BytesIO(picture))
    assert image.format == "PNG"
    return image.convert("RGB")


def test_boxes_are_drawn_where_the_text_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(600, 800), invariant=True)
    canvas.setFont("Helvetica", 11)
    for line in range(6):
        canvas.drawString(100, 400 - 14 * line, "A pump moves water from a low place to a high one, for that.")
    canvas.save()
    page = numpy.asarray(opened(converted(path).page_picture), dtype=int)
    near = [numpy.abs(page - numpy.array(colour)).sum(axis=2) < 60 for colour in (TEXT, *BOXES.values())]
    rows, columns = numpy.nonzero(numpy.logical_or.reduce(near))
    assert len(rows)
    height, width = page.shape[:2]
    assert abs(columns.min() / width - 100 / 600) < 0.03
    assert abs(rows.min() / height - (800 - 411) / 800) < 0.03
    assert rows.max() / height < 0.65


def test_the_picture_goes_over_the_wire_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    Image.new("RGB", (300, 200), "white").save(path)
    made = converted(path)
    assert made.page_picture is not None
    assert decode_document(encode_document(made)).page_picture == made.page_picture


def test_a_document_without_pages_has_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Pumps\n\nWater rises.")
    assert converted(path).page_picture is None


@pytest.mark.parametrize("size", [(1100, 1100), (1100, 3), (3, 1100)])
def test_however_much_is_on_a_page_its_picture_is_bounded(size: tuple[int, int]) -> None:
    noise = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    assert len(bounded_png(noise, MAX_BYTES)) <= MAX_BYTES
    small = smaller(bounded_png(noise, MAX_BYTES), 24_000, 480)
    assert len(small) <= 24_000
    assert max(opened(small).size) <= 480


def test_a_page_that_cannot_be_drawn_costs_the_document_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path))
    canvas.drawString(72, 720, "Text.")
    canvas.save()
    inspection = inspect_file(path, max_bytes=10**8, max_pages=100)
    path.write_bytes(b"%PDF-1.4 and nothing")
    assert page_picture(path, inspection, object()) is None
