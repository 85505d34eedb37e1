"""Between docling's pages and the layout engine's: contents in, clusters and tables out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from docling.datamodel.base_models import Cluster, Page, Table
from docling_core.types.doc import BoundingBox, CoordOrigin, DocItemLabel, TableCell
from docling_core.types.doc.page import BoundingRectangle, PdfCellRenderingMode, PdfTextCell, SegmentedPdfPage, TextCell
from pydantic import Field

from fathom.conversion.geometric.layout.continuation import ParagraphShape, shape_of
from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock, broken_on_purpose
from fathom.conversion.geometric.layout.page_content import Box, DocumentStyle, PageContent, PageLine, Rule, Word, body_size
from fathom.conversion.geometric.layout.paragraph_text import join_texts
from fathom.conversion.geometric.layout.roles.listings import listing_text
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid
from fathom.conversion.geometric.layout.text_lines import join_words
from fathom.conversion.geometric.pdf.pdf_backend import GeometricPageBackend, GeometricPdfBackend


class ScannedPage(SegmentedPdfPage):  # type: ignore[misc]  # docling-core's page module is Any to mypy
    """A page whose text was read by OCR: `ocr_lines` are its lines, each with the confidence it was read with."""

    ocr_lines: list[TextCell] = Field(default_factory=list)


class TextCluster(Cluster):  # type: ignore[misc]  # docling's base models are Any to mypy
    """A cluster that knows how its text is set; docling's own layout engines give plain clusters."""

    shape: ParagraphShape | None = Field(None, exclude=True, repr=False)


def scanned_page(parsed: SegmentedPdfPage, content: PageContent) -> ScannedPage:
    """Returns the page with the lines that OCR found on it, tables' lines among them."""
    lines = [line_cell(line, index, from_ocr=True, height=line.height) for index, line in enumerate(join_words(content.words))]
    return ScannedPage(**{name: getattr(parsed, name) for name in type(parsed).model_fields}, ocr_lines=lines)


def content_of(page: Page) -> PageContent:
    """Returns the content of the page: as our backend has read it, or else from the cells and shapes of any docling backend."""
    backend: Any = page._backend
    if isinstance(backend, GeometricPageBackend):
        return backend.content
    size = backend.get_size()
    parsed = page.parsed_page
    cells = (parsed.word_cells or parsed.textline_cells) if parsed is not None else []
    words = [_word(cell, order, size.height) for order, cell in enumerate(cells) if cell.text.strip()]
    lines = backend.get_shape_lines() or []
    thin = backend.get_thin_shape_boxes(max_thickness=2.5) or []
    return PageContent(
        width=size.width,
        height=size.height,
        words=words,
        rules=[_rule(box) for box in [*lines, *thin]],
        pictures=[Box(b.l, b.t, b.r, b.b) for b in backend.get_bitmap_rects()],
    )


def style_of(conv_res: Any, content: PageContent) -> DocumentStyle:
    """Returns the style of the page's document; of the page alone where docling's backend reads it, such as a picture's."""
    backend = conv_res.input._backend
    return backend.style() if isinstance(backend, GeometricPdfBackend) else DocumentStyle(body_size(content.words))


def _word(cell: TextCell, order: int, height: float) -> Word:
    box = cell.rect.to_bounding_box().to_top_left_origin(height)
    font = getattr(cell, "font_name", "")
    bold = "bold" in font.lower()
    return Word(cell.text.strip(), box.l, box.t, box.r, box.b, box.height * 0.85, font, bold, False, order, baseline=box.b)


def _rule(box: BoundingBox) -> Rule:
    if box.width >= box.height:
        y = (box.t + box.b) / 2
        return Rule(box.l, y, box.r, y)
    x = (box.l + box.r) / 2
    return Rule(x, box.t, x, box.b)


def clusters_of(blocks: Sequence[PageBlock], known: Collection[str], *, from_ocr: bool) -> list[Cluster]:
    """Returns the blocks as docling's clusters, numbered in reading order, each with its text in a cell.

    `known` are the document's words, which distinguish compounds from words divided at a line's end.
    """
    clusters: list[Cluster] = []
    number = len(blocks)
    for index, block in enumerate(blocks):
        children = []
        for child in block.children:
            children.append(_cluster(child, number, known, from_ocr))
            number += 1
        cluster = _cluster(block, index, known, from_ocr)
        cluster.children = children
        clusters.append(cluster)
    return clusters


def _cluster(block: PageBlock, number: int, known: Collection[str], from_ocr: bool) -> Cluster:
    cells = []
    if block.lines:
        box = block.bounds
        words = [word for line in block.lines for word in line.words]
        text = listing_text(block.lines) if block.role is BlockRole.CODE else join_texts(block.lines, known)
        if block.role is BlockRole.TEXT and not from_ocr and broken_on_purpose(block):
            text = "\n".join(line.text for line in block.lines)
        whole = replace(block.lines[0], l=box.l, t=box.t, r=box.r, b=box.b, words=words, text=text)
        cells = [line_cell(whole, 0, from_ocr=from_ocr, height=box.height)]
    return TextCluster(
        id=number,
        shape=shape_of(block),
        label=DocItemLabel.SECTION_HEADER if block.role is BlockRole.TITLE else DocItemLabel(block.role.value),
        bbox=_bbox(block.bounds),
        confidence=block.confidence,
        cells=cells,
    )


def _bbox(box: Box) -> BoundingBox:
    return BoundingBox(l=box.l, t=box.t, r=box.r, b=box.b, coord_origin=CoordOrigin.TOPLEFT)


def line_cell(line: PageLine, index: int, *, from_ocr: bool, height: float | None = None) -> TextCell:
    """Returns the line as docling's cell, as high as its font is large, so that sizes can be compared by it."""
    rect = BoundingRectangle.from_bounding_box(
        BoundingBox(l=line.l, t=line.b - (height or line.size), r=line.r, b=line.b, coord_origin=CoordOrigin.TOPLEFT)
    )
    if from_ocr:
        confidence = sum(w.confidence for w in line.words) / len(line.words)
        return TextCell(index=index, rect=rect, text=line.text, orig=line.text, from_ocr=True, confidence=confidence)
    font = line.words[0].font
    if line.bold and "bold" not in font.lower():
        font += "-Bold"
    return PdfTextCell(
        index=index,
        rect=rect,
        text=line.text,
        orig=line.text,
        rendering_mode=PdfCellRenderingMode.UNKNOWN,
        widget=False,
        font_key=font,
        font_name=font,
    )


def table_of(grid: LineGrid, cluster: Cluster, page_no: int) -> Table:
    """Returns the grid as docling's table."""
    cells = [
        TableCell(
            bbox=_bbox(cell.box),
            row_span=cell.end_row - cell.row,
            col_span=cell.end_column - cell.column,
            start_row_offset_idx=cell.row,
            end_row_offset_idx=cell.end_row,
            start_col_offset_idx=cell.column,
            end_col_offset_idx=cell.end_column,
            text=cell.text,
            column_header=cell.header,
        )
        for cell in grid.cells
    ]
    return Table(
        otsl_seq=[],
        table_cells=cells,
        num_rows=grid.rows,
        num_cols=grid.columns,
        id=cluster.id,
        page_no=page_no,
        cluster=cluster,
        label=cluster.label,
    )
