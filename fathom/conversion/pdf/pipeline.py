"""Docling's PDF pipeline with nothing rendered that nobody looks at, and the order of the layout engine kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.models.stages.page_preprocessing.page_preprocessing_model import PagePreprocessingModel, PagePreprocessingOptions
from docling.models.stages.reading_order.readingorder_model import ReadingOrderOptions
from docling.pipeline.standard_pdf_pipeline import StandardPdfPipeline

from fathom.conversion.pdf.backend import GeometricPdfBackend
from fathom.conversion.pdf.continued_tables import join_continued_tables
from fathom.conversion.pdf.heading_levels import HeadingLevels
from fathom.conversion.pdf.reading_order import ReadingOrder
from fathom.conversion.pdf.running_text import keep_running_texts_once
from fathom.conversion.pdf.title import first_heading_is_title


class GeometricPdfPipeline(StandardPdfPipeline):
    """StandardPdfPipeline for pages that carry their content, laid out by the geometric engine."""

    def _init_models(self) -> None:
        super()._init_models()
        self.preprocessing_model: Any = _ParsesOnly(PagePreprocessingOptions(images_scale=None))
        self.reading_order_model: Any = ReadingOrder(ReadingOrderOptions())
        self.heading_hierarchy_model = HeadingLevels(self.pipeline_options.heading_hierarchy_options)

    def _assemble_document(self, conv_res: ConversionResult) -> ConversionResult:
        assembled = super()._assemble_document(conv_res)
        if getattr(assembled.input._backend, "has_title", False):
            first_heading_is_title(assembled.document)
        if isinstance(assembled.input._backend, GeometricPdfBackend):
            join_continued_tables(assembled.document)
        keep_running_texts_once(assembled.document)
        return assembled


class _ParsesOnly(PagePreprocessingModel):
    """Gives each page its (empty) parsed page."""

    def __call__(self, conv_res: Any, page_batch: Iterable[Page]) -> Iterable[Page]:
        for page in page_batch:
            if page._backend is not None and page._backend.is_valid():
                page.parsed_page = page._backend.get_segmented_page()
            yield page
