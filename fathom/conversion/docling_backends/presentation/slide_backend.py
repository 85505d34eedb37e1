"""Reads PowerPoint files with docling's backend, corrected where it loses content."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.mspowerpoint_backend import MsPowerpointDocumentBackend
from docling.datamodel.backend_options import MsPowerpointBackendOptions
from docling_core.types.doc import BoundingBox, ContentLayer, DocItemLabel, DoclingDocument, ProvenanceItem, TextItem
from lxml import etree
from pptx.enum.shapes import PP_PLACEHOLDER

from fathom.conversion.docling_backends.office.charts import CHARTS, ChartContent, add_chart, chart_of
from fathom.conversion.docling_backends.office.office_notes import add_comments, alternative_text, describe, objects_notice
from fathom.conversion.docling_backends.office.office_package import SLIDES_MAIN, repair_package
from fathom.conversion.docling_backends.office.office_reading_order import PlacedShape, reading_order
from fathom.conversion.docling_backends.office.pieces import OfficePiece, add_pieces, plain_line
from fathom.conversion.docling_backends.presentation.comments import authors_of, threads_of
from fathom.conversion.docling_backends.presentation.repeated import RepeatedTexts
from fathom.conversion.docling_backends.presentation.slide_lists import AutoNumber, OpenLists
from fathom.conversion.docling_backends.presentation.slide_markup import A, P, make_plain
from fathom.conversion.docling_backends.presentation.slide_notes import NoteLines, add_notes, take_notes
from fathom.conversion.docling_backends.presentation.slide_paragraphs import paragraph_pieces
from fathom.conversion.docling_backends.presentation.slide_tables import add_table
from fathom.conversion.report import Notice

_CHROME = frozenset({PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.SLIDE_NUMBER})
_TITLES = frozenset({PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE})
_LEFT_OUT = frozenset({ContentLayer.BODY, ContentLayer.FURNITURE, ContentLayer.NOTES})


class PresentationBackend(MsPowerpointDocumentBackend):
    """MsPowerpointDocumentBackend without the losses of docling 2.142.1 that the sibling modules name."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: MsPowerpointBackendOptions | None = None) -> None:
        self.notices: list[Notice] = []
        super().__init__(in_doc, repair_package(path_or_stream, SLIDES_MAIN), options)
        self._notes: dict[int, NoteLines] = {}
        size = (None, None) if self.pptx_obj is None else (self.pptx_obj.slide_width, self.pptx_obj.slide_height)
        self._repeated = RepeatedTexts(*size)
        self._authors = authors_of(self.pptx_obj.part) if self.pptx_obj is not None else {}
        for number, slide in enumerate(self.pptx_obj.slides if self.pptx_obj is not None else (), 1):
            etree.strip_tags(slide.element, etree.Comment, etree.ProcessingInstruction)
            make_plain(slide)
            self._notes[number - 1] = take_notes(slide)
            objects = [found.get("progId") or found.get("name", "") for found in slide.element.iter(f"{P}oleObj")]
            self.notices += objects_notice(objects, f"slide {number}")

    def convert(self) -> DoclingDocument:
        """Returns docling's document, line breaks of titles as such."""
        document: DoclingDocument = super().convert()
        for item in document.texts:
            if "\v" in item.text:
                item.text = item.orig = item.text.replace("\v", "\n")
        return document

    def _iter_shapes_by_position(self, shapes: Any) -> Iterator[Any]:
        """Yields the shapes in reading order: the title first, shapes without a position last."""
        given = list(shapes)
        placed = [place for number, shape in enumerate(given) if (place := _placed(number, shape)) is not None]
        known = {place.number for place in placed}
        order = reading_order(placed, self._SHAPE_ROW_TOLERANCE_EMU)
        for number in sorted(order, key=lambda number: not _is_title(given[number])):
            yield given[number]
        yield from (shape for number, shape in enumerate(given) if number not in known)

    def _handle_text_elements(
        self, shape: Any, parent_slide: Any, slide_ind: int, doc: DoclingDocument, slide_size: Any
    ) -> None:
        """Adds the paragraphs of a shape: a title's paragraphs as a single title, list items nested."""
        kind = shape.placeholder_format.type if shape.is_placeholder else None
        layer = ContentLayer.FURNITURE if kind in _CHROME else None
        lines = [
            (paragraph, pieces)
            for paragraph in shape.text_frame.paragraphs
            if (pieces := paragraph_pieces(paragraph._element, shape.part))
        ]

        def prov(pieces: list[OfficePiece]) -> Any:
            return self._generate_prov(shape, slide_ind, plain_line(pieces), slide_size)

        if kind == PP_PLACEHOLDER.FOOTER and self._repeated.is_new(" ".join(plain_line(pieces) for _, pieces in lines)):
            layer = None
        if kind in _TITLES:
            title = " ".join(plain_line(pieces).replace("\n", " ") for _, pieces in lines)
            if title:
                doc.add_text(label=DocItemLabel.TITLE, text=title, parent=parent_slide, prov=prov([OfficePiece(title)]))
            return
        lists = OpenLists(doc, parent_slide, layer)
        for paragraph, pieces in lines:
            is_item, marker = self._is_list_item(paragraph)
            if is_item:
                number = self._numbering(shape, paragraph) if marker == "Numbered" else None
                lists.add(pieces, self._get_paragraph_level(paragraph._element), number, prov(pieces))
            else:
                lists.close()
                add_pieces(doc, pieces, label=DocItemLabel.PARAGRAPH, parent=parent_slide, layer=layer, prov=prov(pieces))

    def _numbering(self, shape: Any, paragraph: Any) -> AutoNumber:
        form = self._get_effective_list_marker(shape, paragraph)["detail"]
        return AutoNumber(str(form or ""), self._get_auto_number_start(paragraph._element))

    def _handle_tables(self, shape: Any, parent_slide: Any, slide_ind: int, doc: DoclingDocument, slide_size: Any) -> None:
        if shape.has_table:
            table = next(shape._element.iter(f"{A}tbl"))
            add_table(doc, table, shape.part, parent_slide, self._generate_prov(shape, slide_ind, "", slide_size))

    def _handle_pictures(self, shape: Any, parent_slide: Any, slide_ind: int, doc: DoclingDocument, slide_size: Any) -> None:
        first = len(doc.pictures)
        super()._handle_pictures(shape, parent_slide, slide_ind, doc, slide_size)
        _describe(shape, doc, first)

    def _handle_chart(self, shape: Any, parent_slide: Any, slide_ind: int, doc: DoclingDocument, slide_size: Any) -> None:
        reference = next(shape._element.iter(*CHARTS), None)
        content = ChartContent() if reference is None else chart_of(reference, shape.part)
        first = len(doc.pictures)
        add_chart(doc, content, parent_slide, prov=self._generate_prov(shape, slide_ind, content.title, slide_size))
        _describe(shape, doc, first)

    def _build_comment_author_map(self, pptx_obj: Any) -> dict[str, tuple[str, str]]:
        return self._authors

    def _extract_slide_comments(
        self, slide: Any, slide_idx: int, author_map: dict[str, tuple[str, str]], doc: DoclingDocument, parent_slide: Any
    ) -> None:
        """Adds the texts of the layout, the notes and the comments at the end of their slide."""
        whole = BoundingBox(l=0, t=0, r=0, b=0)
        prov = ProvenanceItem(page_no=slide_idx + 1, charspan=(0, 0), bbox=whole)
        for line in self._repeated.drawn_on(slide):
            add_pieces(doc, line, label=DocItemLabel.PARAGRAPH, parent=parent_slide, prov=prov)
        add_notes(doc, self._notes.get(slide_idx, []), parent_slide, prov)
        for number, thread in enumerate(threads_of(slide.part, author_map)):
            add_comments(doc, thread, name=f"comment-slide{slide_idx + 1}-{number}", parent=parent_slide)

    def _hide_slide(self, doc: DoclingDocument, parent_slide: Any) -> None:
        """Moves a hidden slide with its notes and comments out of the visible content, and records its number."""
        title = ""
        for item, _ in list(doc.iterate_items(root=parent_slide, with_groups=True, included_content_layers=set(_LEFT_OUT))):
            if isinstance(item, TextItem) and item.label == DocItemLabel.TITLE and not title:
                title = item.text
            if isinstance(item, TextItem):
                self._repeated.forget(item.text)
            item.content_layer = ContentLayer.INVISIBLE
        number = int(parent_slide.name.rpartition("-")[2]) + 1
        named = f"Slide {number}" + (f" ({title})" if title else "")
        self.notices.append(
            Notice(kind="hidden_slide", message=f"{named} is hidden and was left out.", where=f"slide {number}")
        )

    def _hide_new_items(self, doc: DoclingDocument, parent_slide: Any, known: set[str]) -> None:
        """Moves a hidden shape out of the visible content, and records its slide."""
        super()._hide_new_items(doc, parent_slide, known)
        where = f"slide {int(parent_slide.name.rpartition('-')[2]) + 1}"
        self.notices.append(Notice(kind="hidden_shape", message="A hidden shape was left out.", where=where))


def _is_title(shape: Any) -> bool:
    is_title = shape.is_placeholder and shape.placeholder_format.type in _TITLES and shape.has_text_frame
    return is_title and bool(shape.text_frame.text.strip())


def _placed(number: int, shape: Any) -> PlacedShape | None:
    try:
        place = (shape.left, shape.top, shape.width, shape.height)
    except (AttributeError, ValueError):  # an element without a position, or with a damaged position
        return None
    return None if place[0] is None or place[1] is None else PlacedShape(number, *(float(length or 0) for length in place))


def _describe(shape: Any, doc: DoclingDocument, first: int) -> None:
    """Adds the shape's description to the pictures from index `first` on."""
    for named in _named(shape):
        for picture in doc.pictures[first:]:
            describe(picture, alternative_text(named.get("title"), named.get("descr")))


def _named(shape: Any) -> Iterator[Any]:
    found = next(shape._element.iter(f"{P}cNvPr"), None)
    return iter([] if found is None else [found])
