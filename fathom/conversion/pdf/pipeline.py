"""Docling's PDF pipeline with nothing rendered that nobody looks at, and the order of the layout engine kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.models.postprocessing.reading_order_rb import PageElement, ReadingOrderPredictor
from docling.models.stages.page_preprocessing.page_preprocessing_model import PagePreprocessingModel, PagePreprocessingOptions
from docling.pipeline.standard_pdf_pipeline import StandardPdfPipeline

from fathom.conversion.pdf.heading_levels import HeadingLevels
from fathom.conversion.pdf.title import first_heading_is_title


class GeometricPdfPipeline(StandardPdfPipeline):
    """StandardPdfPipeline for pages that carry their content, laid out by the geometric engine."""

    def _init_models(self) -> None:
        super()._init_models()
        self.preprocessing_model: Any = _ParsesOnly(PagePreprocessingOptions(images_scale=None))
        self.reading_order_model.ro_model = _KeepsOrder()
        self.heading_hierarchy_model = HeadingLevels(self.pipeline_options.heading_hierarchy_options)

    def _assemble_document(self, conv_res: ConversionResult) -> ConversionResult:
        assembled = super()._assemble_document(conv_res)
        if getattr(assembled.input._backend, "has_title", False):
            first_heading_is_title(assembled.document)
        return assembled


class _ParsesOnly(PagePreprocessingModel):
    """Gives each page its (empty) parsed page."""

    def __call__(self, conv_res: Any, page_batch: Iterable[Page]) -> Iterable[Page]:
        for page in page_batch:
            if page._backend is not None and page._backend.is_valid():
                page.parsed_page = page._backend.get_segmented_page()
            yield page


class _KeepsOrder(ReadingOrderPredictor):
    """Elements come in the order the layout engine gave them."""

    def predict_reading_order(self, page_elements: list[PageElement], page_separators: Any = None) -> list[PageElement]:
        return list(page_elements)
