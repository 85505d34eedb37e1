"""The geometric engine as docling's plugin: a layout engine that reads pages without text by OCR, and a table engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from docling.datamodel.base_models import LayoutPrediction, Page, TableStructurePrediction
from docling.datamodel.pipeline_options import BaseLayoutOptions, BaseTableStructureOptions
from docling.models.base_layout_model import TABLE_LABELS, BaseLayoutModel
from docling.models.base_table_model import BaseTableStructureModel

from fathom.conversion.geometric.layout.docling_page import clusters_of, content_of, line_cell, scanned_page, style_of, table_of
from fathom.conversion.geometric.layout.page_blocks import BlockRole
from fathom.conversion.geometric.layout.page_content import Box
from fathom.conversion.geometric.layout.page_layout import lay_out
from fathom.conversion.geometric.layout.scans import (
    count_unread,
    covered_by_pictures,
    needs_ocr,
    ocr_confidence,
    read_scan,
)
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid
from fathom.conversion.geometric.layout.tables.unruled_tables import grid_of_region
from fathom.conversion.geometric.pdf.pdf_backend import GeometricPageBackend, GeometricPdfBackend


class GeometricLayoutOptions(BaseLayoutOptions):
    """Options of the geometric layout engine."""

    kind: ClassVar[Literal["fathom_geometric"]] = "fathom_geometric"
    ocr: bool = True
    languages: tuple[str, ...] = ()
    threads: int = 1


class GeometricTableOptions(BaseTableStructureOptions):
    """Options of the geometric table engine."""

    kind: ClassVar[Literal["fathom_geometric_tables"]] = "fathom_geometric_tables"


class GeometricLayoutModel(BaseLayoutModel):
    """Lays pages out by geometry; its clusters come in reading order and hold their lines."""

    requires_layout_postprocessing = False

    def __init__(
        self,
        artifacts_path: Path | None,
        accelerator_options: Any,
        options: GeometricLayoutOptions,
        enable_remote_services: bool = False,
    ) -> None:
        self.options = options

    @classmethod
    def get_options_type(cls) -> type[BaseLayoutOptions]:
        """Returns GeometricLayoutOptions."""
        return GeometricLayoutOptions

    def predict_layout(self, conv_res: Any, pages: Sequence[Page]) -> Sequence[LayoutPrediction]:
        """Returns the clusters of each page."""
        return [self._predict(conv_res, page) for page in pages]

    def _predict(self, conv_res: Any, page: Page) -> LayoutPrediction:
        backend: Any = page._backend
        if backend is None or not backend.is_valid():
            return LayoutPrediction()
        content = content_of(page)
        before = content
        if self.options.ocr and needs_ocr(content):
            content = read_scan(backend, content, self.options.languages, threads=self.options.threads)
            if isinstance(backend, GeometricPageBackend):
                backend.content = content
            if content.from_ocr and content.words:
                conv_res.confidence.pages[page.page_no].ocr_score = ocr_confidence(content.words)
        style = style_of(conv_res, content)
        blocks = lay_out(content, style, first=page.page_no == 1)
        pdf = conv_res.input._backend
        if isinstance(pdf, GeometricPdfBackend):
            if before.unreadable or before.voiceless:
                pdf.unread[page.page_no] = count_unread(before, content)
            if not (content.words or content.turned or content.notes):
                pdf.textless[page.page_no] = covered_by_pictures(content)
            if any(block.role is BlockRole.TITLE for block in blocks):
                pdf.has_title = True
        clusters = clusters_of(blocks, style.words, from_ocr=content.from_ocr)
        content.tables = {i: block.table for i, block in enumerate(blocks) if isinstance(block.table, LineGrid)}
        if page.parsed_page is not None:
            if content.from_ocr:
                page.parsed_page = scanned_page(page.parsed_page, content)
            lines = [line for block in blocks if block.role in (BlockRole.HEADING, BlockRole.TITLE) for line in block.lines]
            cells = [line_cell(line, index, from_ocr=content.from_ocr) for index, line in enumerate(lines)]
            page.parsed_page.textline_cells = cells  # only headings' sizes are looked at again
        return LayoutPrediction(clusters=clusters)


class GeometricTableModel(BaseTableStructureModel):
    """Gives each table of the layout its grid of cells."""

    def __init__(
        self,
        enabled: bool,
        artifacts_path: Path | None,
        options: GeometricTableOptions,
        accelerator_options: Any,
        enable_remote_services: bool = False,
    ) -> None:
        self.enabled = enabled
        self.options = options

    @classmethod
    def get_options_type(cls) -> type[BaseTableStructureOptions]:
        """Returns GeometricTableOptions."""
        return GeometricTableOptions

    def predict_tables(self, conv_res: Any, pages: Sequence[Page]) -> Sequence[TableStructurePrediction]:
        """Returns the tables of each page, by the number of their cluster."""
        return [self._predict(page) for page in pages]

    def _predict(self, page: Page) -> TableStructurePrediction:
        prediction = TableStructurePrediction()
        if page.predictions.layout is None:
            return prediction
        for cluster in page.predictions.layout.clusters:
            if cluster.label not in TABLE_LABELS:
                continue
            content = content_of(page)
            grid = content.tables.get(cluster.id)
            if grid is None:
                box = cluster.bbox
                grid = grid_of_region(content, Box(box.l, box.t, box.r, box.b))
            if isinstance(grid, LineGrid):
                prediction.table_map[cluster.id] = table_of(grid, cluster, page.page_no)
        return prediction


def layout_engines() -> dict[str, list[type]]:
    """Returns the layout engines for docling's plugin system."""
    return {"layout_engines": [GeometricLayoutModel]}


def table_structure_engines() -> dict[str, list[type]]:
    """Returns the table engines for docling's plugin system."""
    return {"table_structure_engines": [GeometricTableModel]}
