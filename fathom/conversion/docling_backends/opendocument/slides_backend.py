"""Reads OpenDocument presentations (ODP)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from docling.backend.opendocument_backend import OdpDocumentBackend
from docling_core.types.doc import (
    BoundingBox,
    ContentLayer,
    CoordOrigin,
    DocItemLabel,
    DoclingDocument,
    DocumentOrigin,
    GroupLabel,
    NodeItem,
    ProvenanceItem,
    Size,
)

from fathom.conversion.docling_backends.office import office_reading_order
from fathom.conversion.docling_backends.office.office_notes import add_comments, comment_line
from fathom.conversion.docling_backends.office.office_reading_order import PlacedShape
from fathom.conversion.docling_backends.office.pieces import plain_line
from fathom.conversion.docling_backends.opendocument.body import BodyWriter
from fathom.conversion.docling_backends.opendocument.opendocument_markup import (
    DC,
    DRAW,
    FO,
    HEADING,
    LOEXT,
    OFFICE,
    PARAGRAPH,
    PRESENTATION,
    STYLE,
    SVG,
    corner,
    points,
)
from fathom.conversion.docling_backends.opendocument.text_backend import (
    add_notes,
    body_writer,
    omission_notices,
    require_content,
)
from fathom.conversion.report import Notice

_GENERATED_NAME = re.compile(r"\w*[\s_-]*\d*")
# LibreOffice's own namespace for comments on slides, from before the standard had them.
_ANNOTATIONS = (f"{OFFICE}annotation", "{http://openoffice.org/2009/office}annotation")
_CHROME = frozenset({"header", "footer", "date-time", "page-number", "page", "notes"})
# Maximum distance of the tops of shapes in a row, in points; docling's value for PowerPoint.
_ROW_TOLERANCE = 3.6
_DEFAULT_SIZE = (793.7, 595.3)


class OdpBackend(OdpDocumentBackend):
    """OdpDocumentBackend with its own walk over the slides; the sibling modules name docling 2.142.1's losses."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.notices: list[Notice] = []
        super().__init__(*arguments, **named)
        require_content(self.odf_obj)

    def convert(self) -> DoclingDocument:
        """Returns the slides as chapters of a document, speaker notes and comments at the end of each."""
        origin = DocumentOrigin(
            filename=self.file.name or "file",
            mimetype="application/vnd.oasis.opendocument.presentation",
            binary_hash=self.document_hash,
        )
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        writer = body_writer(self, document, _NoThreads())
        size = self._slide_size()
        first, last = self.page_range
        for index, page in enumerate(self.odf_obj.body.get_draw_pages()):
            if not first <= index + 1 <= last:
                continue
            document.add_page(page_no=index + 1, size=Size(width=size[0], height=size[1]))
            if self._is_slide_hidden(page):
                self._name_hidden(page._xml_element, index + 1)
                continue
            group = document.add_group(name=f"slide-{index}", label=GroupLabel.CHAPTER, parent=None)
            _Slide(writer, group, index + 1).add(page._xml_element)
        writer.prov = None
        add_notes(writer)
        self.notices += omission_notices(writer)
        return document

    def _name_hidden(self, page: Any, number: int) -> None:
        titles = [shape for shape in page if shape.get(f"{PRESENTATION}class") == "title"]
        title = " ".join("".join(titles[0].itertext()).split()) if titles else ""
        named = f"Slide {number}" + (f" ({title})" if title else "")
        message = f"{named} is hidden and was left out."
        self.notices.append(Notice(kind="hidden_slide", message=message, where=f"slide {number}"))

    def _slide_size(self) -> tuple[float, float]:
        """Returns (width, height) of the slides in points."""
        if "styles.xml" not in self.odf_obj.container.get_parts():
            return _DEFAULT_SIZE
        root: Any = self.odf_obj.styles.root._xml_element
        for layout in root.iter(f"{STYLE}page-layout-properties"):
            width, height = points(layout.get(f"{FO}page-width")), points(layout.get(f"{FO}page-height"))
            if width and height and width > height:
                return width, height
        return _DEFAULT_SIZE


class _NoThreads:
    """Empty threads: comments of presentations are on slides, not in paragraphs."""

    def take(self, paragraph: Any) -> list[tuple[str, list[str]]]:
        """Returns nothing."""
        return []


class _Slide:
    """Adds a slide below its group."""

    def __init__(self, writer: BodyWriter, group: NodeItem, number: int) -> None:
        self._writer = writer
        self._group = group
        self._number = number

    def add(self, page: Any) -> None:
        """Adds the title, at any position, the other shapes in reading order, the notes and the comments."""
        shapes = [shape for shape in page if isinstance(shape.tag, str) and shape.tag.startswith(DRAW)]
        shown = [shape for shape in shapes if shape.get(f"{PRESENTATION}class") not in _CHROME]
        title = next((shape for shape in shown if shape.get(f"{PRESENTATION}class") == "title" and _has_text(shape)), None)
        name = page.get(f"{DRAW}name", "").strip()
        self._writer.prov = self._place(page)
        if title is None and name and not _GENERATED_NAME.fullmatch(name):
            self._title(name)
        for shape in sorted(in_reading_order(shown), key=lambda shape: shape is not title):
            self._writer.prov = self._place(shape)
            if title is not None and shape is title:
                paragraphs = (self._writer.reader.read(found).pieces for found in shape.iter(PARAGRAPH, HEADING))
                self._title(" ".join(filter(None, map(plain_line, paragraphs))).replace("\n", " "))
            else:
                self._writer.drawing(shape, self._group)
        self._writer.prov = self._place(page)
        self._notes(page)
        for number, comment in enumerate(page.iterchildren(*_ANNOTATIONS)):
            add_comments(self._writer.document, [_comment(comment)], name=f"comment-{number}", parent=self._group)

    def _title(self, text: str) -> None:
        self._writer.document.add_text(label=DocItemLabel.TITLE, text=text, parent=self._group, prov=self._writer.prov)

    def _notes(self, page: Any) -> None:
        self._writer.layer = ContentLayer.NOTES
        for notes in page.iterchildren(f"{PRESENTATION}notes"):
            for shape in notes:
                is_shape = isinstance(shape.tag, str) and shape.tag.startswith(DRAW)
                if is_shape and shape.get(f"{PRESENTATION}class", "notes") in ("notes", "outline", "subtitle", "object"):
                    self._writer.drawing(shape, self._group)
        self._writer.layer = None

    def _place(self, shape: Any) -> ProvenanceItem:
        place = corner(shape) or (0.0, 0.0)
        width, height = points(shape.get(f"{SVG}width")) or 0.0, points(shape.get(f"{SVG}height")) or 0.0
        box = BoundingBox(l=place[0], t=place[1], r=place[0] + width, b=place[1] + height, coord_origin=CoordOrigin.TOPLEFT)
        return ProvenanceItem(page_no=self._number, charspan=(0, 0), bbox=box)


def in_reading_order(shapes: Sequence[Any]) -> list[Any]:
    """Returns the shapes in reading order; shapes without a position come last."""
    placed = []
    for number, shape in enumerate(shapes):
        place = corner(shape)
        if place is not None:
            width, height = points(shape.get(f"{SVG}width")) or 0.0, points(shape.get(f"{SVG}height")) or 0.0
            placed.append(PlacedShape(number, *place, width, height))
    numbers = office_reading_order.reading_order(placed, _ROW_TOLERANCE)
    return [shapes[number] for number in numbers] + [shape for shape in shapes if corner(shape) is None]


def _has_text(shape: Any) -> bool:
    return any("".join(paragraph.itertext()).strip() for paragraph in shape.iter(PARAGRAPH, HEADING))


def _comment(annotation: Any) -> str:
    text = "\n".join("".join(paragraph.itertext()) for paragraph in annotation.iter(PARAGRAPH))
    initials = annotation.findtext(f"{LOEXT}sender-initials") or ""
    return comment_line(annotation.findtext(f"{DC}creator") or "", initials, annotation.findtext(f"{DC}date") or "", text)
