"""The first page as a picture with the boxes that were found drawn on it, small enough to be shown anywhere."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fathom.conversion.report import DocumentKind, Inspection
from fathom.observability.structured_logging import get_logger

if TYPE_CHECKING:
    import numpy
    import numpy.typing
    from PIL.Image import Image

    Shades = numpy.typing.NDArray[numpy.uint8]

MAX_BYTES = 200_000
MAX_SIDE = 1100  # pixels
# The page of a PDF is drawn in so many shades, which leave room in a palette of 16 for the colours of boxes, and compressed as
# fast as can be: it is drawn for every document, and few are looked at.
PDF_SIDE = 800
SHADES = 9
PALETTE_BITS = 4
MIN_SIDE = 160
COLOURS = 64
# Docling's name of a box, and its colours; all else is drawn as text.
TEXT = (60, 110, 220)
BOXES = {
    "section_header": (214, 40, 57),
    "title": (214, 40, 57),
    "table": (24, 140, 80),
    "picture": (214, 130, 0),
    "list_item": (120, 70, 190),
    "caption": (0, 140, 160),
    "footnote": (0, 140, 160),
    "page_header": (140, 140, 140),
    "page_footer": (140, 140, 140),
}

log = get_logger(__name__)


def page_picture(path: Path, inspection: Inspection, document: Any, shades: Shades | None = None) -> bytes | None:
    """Returns the first page of a PDF or picture as PNG of at most MAX_BYTES, boxes drawn; None where there is no page to show.

    `document` is docling's, `shades` is the page of a PDF where it was drawn before. A page that cannot be drawn costs the
    document nothing: the answer is None, and a log line.
    """
    if inspection.kind not in (DocumentKind.PDF, DocumentKind.IMAGE):
        return None
    try:
        if inspection.kind is DocumentKind.PDF:
            return _shaded_png(_pdf_page(path) if shades is None else shades, document)
        page = _image(path)
        _draw_boxes(page, document, BOXES, TEXT)
        return bounded_png(page, MAX_BYTES)
    except Exception as error:  # noqa: BLE001 - a picture for people is no reason to lose a document
        log.warning("First page preview failed", sub_stage="preview", metrics={"error": type(error).__name__})
        return None


def page_shades(page: Any) -> Shades:
    """Returns an open page of pypdfium2's, drawn for its picture; the caller holds pdfium's lock."""
    width, height = page.get_size()
    bitmap = page.render(scale=PDF_SIDE / max(width, height, 1.0), grayscale=True)
    drawn: Shades = bitmap.to_numpy()
    return drawn.reshape(drawn.shape[0], -1)[:, : bitmap.width].copy()


def smaller(png: bytes, most_bytes: int, longest_side: int) -> bytes:
    """Returns the picture as PNG of at most so many bytes and pixels a side."""
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        page = image.convert("RGB")
    page.thumbnail((longest_side, longest_side))
    return bounded_png(page, most_bytes)


def bounded_png(page: Image, most_bytes: int) -> bytes:
    """Returns the picture as PNG, scaled down until it has at most `most_bytes`."""
    from PIL import Image

    while True:
        data = BytesIO()
        page.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(data, "PNG")
        if data.tell() <= most_bytes or max(page.size) <= MIN_SIDE:
            return data.getvalue()
        shrink = max(0.5, min(0.9, (most_bytes / data.tell()) ** 0.5))
        page = page.resize((max(1, int(page.width * shrink)), max(1, int(page.height * shrink))))


def _pdf_page(path: Path) -> Shades:
    import pypdfium2
    from docling.utils.locks import pypdfium2_lock

    with pypdfium2_lock:
        document = pypdfium2.PdfDocument(path)
        try:
            return page_shades(document[0])
        finally:
            document.close()


def _shaded_png(shades: Shades, document: Any) -> bytes:
    import numpy
    from PIL import Image

    steps = SHADES - 1
    index_of = numpy.array([(shade * steps + 127) // 255 for shade in range(256)], dtype=numpy.uint8)
    page = Image.fromarray(index_of[shades], "P")
    colours = [TEXT, *dict.fromkeys(BOXES.values())]
    palette = [value for step in range(SHADES) for value in (step * 255 // steps,) * 3]
    page.putpalette(palette + [part for colour in colours for part in colour])
    place = {colour: SHADES + index for index, colour in enumerate(colours)}
    _draw_boxes(page, document, {name: place[colour] for name, colour in BOXES.items()}, place[TEXT])
    data = BytesIO()
    page.save(data, "PNG", bits=PALETTE_BITS, compress_type=zlib.Z_RLE)
    return data.getvalue() if data.tell() <= MAX_BYTES else bounded_png(page.convert("RGB"), MAX_BYTES)


def _image(path: Path) -> Image:
    from PIL import Image

    with Image.open(path) as image:
        image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # JPEGs are decoded at the size that is shown
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        return image.convert("RGB")


def _draw_boxes(page: Image, document: Any, boxes: Mapping[str, Any], text: Any) -> None:
    """Draws each item's box on page 1, in the colour of its kind or that of `text`; docling's boxes are in page units."""
    from docling_core.types.doc import CoordOrigin
    from PIL import ImageDraw

    first = document.pages.get(1)
    if first is None or first.size is None or not first.size.width or not first.size.height:
        return
    across, down = page.width / first.size.width, page.height / first.size.height
    pen = ImageDraw.Draw(page)
    for item in (*document.texts, *document.tables, *document.pictures):
        label = str(getattr(item.label, "value", item.label))
        for place in item.prov:
            if place.page_no != 1:
                continue
            box = place.bbox
            if box.coord_origin is CoordOrigin.BOTTOMLEFT:
                box = box.to_top_left_origin(first.size.height)
            left, right = sorted((box.l * across, box.r * across))
            top, bottom = sorted((box.t * down, box.b * down))
            pen.rectangle((left, top, right, bottom), outline=boxes.get(label, text), width=2)
