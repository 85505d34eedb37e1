"""The first page as a picture with the boxes that were found drawn on it, small enough to be shown anywhere."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fathom.conversion.report import DocumentKind, Inspection
from fathom.observability.logs import get_logger

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 200_000
LONGEST_SIDE = 1100  # pixels
SMALLEST_SIDE = 160
COLOURS = 64
# What a box is called by docling, and what it is drawn in; all else is drawn as text.
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


def page_picture(path: Path, inspection: Inspection, document: Any) -> bytes | None:
    """The first page of a PDF or picture as PNG of at most MOST_BYTES, boxes drawn; None where there is no page to show.

    `document` is docling's. A page that cannot be drawn costs the document nothing: the answer is None, and a log line.
    """
    if inspection.kind not in (DocumentKind.PDF, DocumentKind.IMAGE):
        return None
    try:
        page = _pdf_page(path) if inspection.kind is DocumentKind.PDF else _image(path)
        _draw_boxes(page, document)
        return bounded_png(page, MOST_BYTES)
    except Exception as error:  # noqa: BLE001 - a picture for people is no reason to lose a document
        log.warning("The first page cannot be drawn", sub_stage="preview", metrics={"error": type(error).__name__})
        return None


def smaller(png: bytes, most_bytes: int, longest_side: int) -> bytes:
    """The picture as PNG of at most so many bytes and pixels a side."""
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        page = image.convert("RGB")
    page.thumbnail((longest_side, longest_side))
    return bounded_png(page, most_bytes)


def bounded_png(page: Image, most_bytes: int) -> bytes:
    """The picture as PNG, scaled down until it has at most `most_bytes`."""
    from PIL import Image

    while True:
        data = BytesIO()
        page.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(data, "PNG")
        if data.tell() <= most_bytes or max(page.size) <= SMALLEST_SIDE:
            return data.getvalue()
        shrink = max(0.5, min(0.9, (most_bytes / data.tell()) ** 0.5))
        page = page.resize((max(1, int(page.width * shrink)), max(1, int(page.height * shrink))))


def _pdf_page(path: Path) -> Image:
    import pypdfium2
    from docling.utils.locks import pypdfium2_lock

    with pypdfium2_lock:
        document = pypdfium2.PdfDocument(path)
        try:
            page = document[0]
            bitmap = page.render(scale=LONGEST_SIDE / max(*page.get_size(), 1.0))
            drawn: Image = bitmap.to_pil().convert("RGB")
            return drawn
        finally:
            document.close()


def _image(path: Path) -> Image:
    from PIL import Image

    with Image.open(path) as image:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEGs are decoded at the size that is shown
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        return image.convert("RGB")


def _draw_boxes(page: Image, document: Any) -> None:
    """Each item's box on page 1, in the colour of its kind; docling's boxes are in the page's own units."""
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
            pen.rectangle((left, top, right, bottom), outline=BOXES.get(label, TEXT), width=2)
