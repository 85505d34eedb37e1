"""Docling's view of a PDF that pdfium has opened: sizes, contents and pictures of its pages, and its outline."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
from docling.backend.managed_pdfium_backend import ManagedPdfiumDocumentBackend, ManagedPdfiumPageBackend
from docling.datamodel.backend_options import PdfBackendOptions
from docling.exceptions import DocumentLoadError
from docling.utils.locks import pypdfium2_lock
from docling.utils.pdf_outline import _PdfOutlineItem, extract_outline_from_pdfium
from docling_core.types.doc import BoundingBox, CoordOrigin, Size
from docling_core.types.doc.page import (
    BoundingRectangle,
    PdfHyperlink,
    PdfPageBoundaryType,
    PdfPageGeometry,
    SegmentedPdfPage,
    TextCell,
)
from PIL import Image

from fathom.conversion.geometric.layout.page_content import Box, DocumentStyle, PageContent, PageLink
from fathom.conversion.geometric.layout.roles.outline import title_keys
from fathom.conversion.geometric.layout.running.headers_footers import document_style
from fathom.conversion.geometric.pdf.pages.attached_files import attached_files, attachment_notices
from fathom.conversion.geometric.pdf.pages.foreign_forms import form_notices
from fathom.conversion.geometric.pdf.pages.hidden_text import hidden_notices, may_have_layers
from fathom.conversion.geometric.pdf.pages.page_coordinates import PageFrame
from fathom.conversion.geometric.pdf.pages.page_reader import frame_of, read_page
from fathom.conversion.geometric.pdf.pages.unmapped_text import textless_notices, unreadable_notices
from fathom.conversion.quality.page_as_read import PageAsRead, page_as_read
from fathom.conversion.quality.page_preview import page_shades
from fathom.conversion.report import Notice

# The style of a document is taken from so many pages at most, in pairs of neighbours spread over it.
STYLE_PAGES = 40
# Renderings are bounded: a page of any size has at most so many pixels.
MAX_RENDERED_PIXELS = 40_000_000


class GeometricPageBackend(ManagedPdfiumPageBackend):
    """A page whose `content` was read when it was loaded."""

    def __init__(self, document: GeometricPdfBackend, page_no: int, content: PageContent | None) -> None:
        super().__init__()
        self._document = document
        self._page_no = page_no
        self._error = ""
        self.content = content if content is not None else PageContent(1.0, 1.0)
        self._valid = content is not None

    @property
    def page_no(self) -> int:
        """From 1."""
        return self._page_no

    def is_valid(self) -> bool:
        """Returns whether the page could be read."""
        return self._valid

    def get_size(self) -> Size:
        """Returns the page's size in points, as it is shown."""
        return Size(width=self.content.width, height=self.content.height)

    def get_segmented_page(self) -> SegmentedPdfPage | None:
        """Returns the page without cells, for the layout engine puts its lines there, but with its links."""
        return segmented_page(self.content.width, self.content.height, self.content.links)

    def get_text_cells(self) -> Iterable[TextCell]:
        """Returns none: words are in `content`."""
        return []

    def get_text_in_rect(self, bbox: BoundingBox) -> str:
        """Returns the words whose middle lies in the box (top left origin), in the order of the file."""
        box = Box(bbox.l, min(bbox.t, bbox.b), bbox.r, max(bbox.t, bbox.b))
        return " ".join(
            w.text for w in self.content.words if box.l <= (w.l + w.r) / 2 <= box.r and box.t <= (w.t + w.b) / 2 <= box.b
        )

    def get_bitmap_rects(self, scale: float = 1) -> Iterable[BoundingBox]:
        """Yields the boxes of its bitmaps, top left origin."""
        for box in self.content.pictures:
            yield BoundingBox(l=box.l, t=box.t, r=box.r, b=box.b, coord_origin=CoordOrigin.TOPLEFT).scaled(scale)

    def get_page_image(self, scale: float = 1, cropbox: BoundingBox | None = None) -> Image.Image:
        """Returns the page, or the part of it in `cropbox`, rendered at `scale` pixels a point."""
        width, height = self.content.width, self.content.height
        scale = min(scale, (MAX_RENDERED_PIXELS / max(1.0, width * height)) ** 0.5)
        image = self._document.render(self._page_no, scale)
        if cropbox is None:
            return image
        box = cropbox.to_top_left_origin(height).scaled(scale)
        return image.crop((int(box.l), int(box.t), round(box.r), round(box.b)))

    def _close_native_page(self) -> None:
        self.content = PageContent(self.content.width, self.content.height)


class GeometricPdfBackend(ManagedPdfiumDocumentBackend):
    """A PDF opened by pdfium."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: PdfBackendOptions | None = None) -> None:
        super().__init__(in_doc, path_or_stream, options)
        password = self.options.password.get_secret_value() if self.options.password else None
        source = path_or_stream.getvalue() if isinstance(path_or_stream, BytesIO) else path_or_stream
        self._layers = may_have_layers(path_or_stream.getvalue() if isinstance(path_or_stream, BytesIO) else b"/OCProperties")
        try:
            with pypdfium2_lock:
                self._pdf: Any = pypdfium2.PdfDocument(source, password=password)
                with suppress(pypdfium2.PdfiumError):  # a form that is broken is no reason to lose the pages
                    self._pdf.init_forms()
                self._count = len(self._pdf)
                self._files = attached_files(self._pdf)
                self._form = form_notices(self._pdf)
        except pypdfium2.PdfiumError as error:
            raise DocumentLoadError(f"pdfium could not open the document: {error}") from error
        self.unread: dict[int, int] = {}  # words by page that neither the file nor OCR tells, once it is laid out
        self.textless: dict[int, bool] = {}  # pages in which no text was found, and whether pictures cover them
        self.has_title = False  # its first page says, once it is laid out
        self._style: DocumentStyle | None = None
        self._styling = threading.Lock()
        self._read: dict[int, PageContent] = {}
        self._titles: dict[int, frozenset[str]] | None = None
        self.pages_as_read: dict[int, PageAsRead] = {}
        self.first_page: Any = None  # as it is drawn for people

    @property
    def notices(self) -> list[Notice]:
        """Names the content of the document that its text lacks; complete once every page was loaded."""
        pages = sorted(self.pages_as_read.items())
        pinned = [file for _, page in pages for file in page.files]
        hidden = {number: page.hidden for number, page in pages}
        notices = [*attachment_notices([*self._files, *pinned]), *hidden_notices(hidden)]
        return [*notices, *unreadable_notices(self.unread), *textless_notices(self.textless, self._count), *self._form]

    def page_count(self) -> int:
        """Returns the number of pages."""
        return self._count

    def is_valid(self) -> bool:
        """Returns whether it has pages."""
        return self._count > 0

    def load_page(self, page_no: int) -> GeometricPageBackend:
        """Returns the page at index `page_no` (from 0), read; invalid if pdfium cannot load it."""
        self.style()  # reads pages that need not be read again
        content = self._read.pop(page_no, None) or self._content(page_no)
        if content is not None:
            content.titles = self._titles_on(page_no + 1)
        return GeometricPageBackend(self, page_no + 1, content)

    def style(self) -> DocumentStyle:
        """Returns the style that the document's pages have in common."""
        with self._styling:
            if self._style is None:
                pages = [(index, self._content(index)) for index in sampled(self._count, STYLE_PAGES)]
                self._read = {index: content for index, content in pages if content is not None}
                self._style = document_style(list(self._read.values()), [index + 1 for index in self._read])
            return self._style

    def _content(self, index: int) -> PageContent | None:
        with pypdfium2_lock:
            try:
                page = self._pdf[index]
            except pypdfium2.PdfiumError:
                return None
            try:
                content = read_page(page, frame_of(page), layers=self._layers)
                self.pages_as_read[index + 1] = page_as_read(page, index + 1, content)
                if index == 0:
                    with suppress(pypdfium2.PdfiumError, ValueError, MemoryError):
                        self.first_page = page_shades(page)
                return content
            finally:
                page.close()

    def render(self, page_no: int, scale: float) -> Image.Image:
        """Returns the page (from 1) as a picture in RGB."""
        with pypdfium2_lock:
            page = self._pdf[page_no - 1]
            try:
                bitmap = page.render(scale=scale)
                image: Image.Image = bitmap.to_pil().convert("RGB")
                return image
            finally:
                page.close()

    def frame(self, page_no: int) -> PageFrame:
        """Returns the frame of the page (from 1)."""
        with pypdfium2_lock:
            page = self._pdf[page_no - 1]
            try:
                return frame_of(page)
            finally:
                page.close()

    def get_document_outline(self) -> list[_PdfOutlineItem]:
        """Returns the bookmarks; none if they are broken."""
        return list(extract_outline_from_pdfium(self._pdf))

    def _titles_on(self, page_no: int) -> frozenset[str]:
        if self._titles is None:
            pages: dict[int, list[str]] = {}
            for entry in self.get_document_outline():
                if entry.page_no is not None:
                    pages.setdefault(entry.page_no, []).append(entry.title)
            self._titles = {number: title_keys(titles) for number, titles in pages.items()}
        return self._titles.get(page_no, frozenset())

    def _close_native_document(self) -> None:
        self._read.clear()
        with pypdfium2_lock:
            self._pdf.close()


def sampled(count: int, most: int) -> list[int]:
    """Returns page indexes: all of them, or pairs of neighbours spread evenly over the document."""
    if count <= most:
        return list(range(count))
    pairs = most // 2
    starts = [round(i * (count - 2) / (pairs - 1)) for i in range(pairs)]
    return sorted({index for start in starts for index in (start, start + 1)})


def segmented_page(width: float, height: float, links: Iterable[PageLink] = ()) -> SegmentedPdfPage:
    """Returns a page without any cell."""
    box = BoundingBox(l=0.0, t=0.0, r=width, b=height, coord_origin=CoordOrigin.TOPLEFT).to_bottom_left_origin(height)
    return SegmentedPdfPage(
        dimension=PdfPageGeometry(
            angle=0.0,
            rect=BoundingRectangle.from_bounding_box(box),
            boundary_type=PdfPageBoundaryType.CROP_BOX,
            art_bbox=box,
            bleed_bbox=box,
            crop_bbox=box,
            media_bbox=box,
            trim_bbox=box,
        ),
        hyperlinks=[_hyperlink(number, link, height) for number, link in enumerate(links)],
        char_cells=[],
        word_cells=[],
        textline_cells=[],
    )


def _hyperlink(number: int, link: PageLink, height: float) -> PdfHyperlink:
    box = BoundingBox(l=link.l, t=link.t, r=link.r, b=link.b, coord_origin=CoordOrigin.TOPLEFT).to_bottom_left_origin(height)
    return PdfHyperlink(
        index=number, rect=BoundingRectangle.from_bounding_box(box), uri=link.uri, widget_text=link.words or None
    )
