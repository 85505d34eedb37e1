"""Docling's PDF pipeline without unused rendering, in the order of the layout engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docling.datamodel.base_models import DoclingComponentType, ErrorItem, FailureCategory, Page
from docling.datamodel.document import ConversionResult
from docling.models.stages.page_preprocessing.page_preprocessing_model import PagePreprocessingModel, PagePreprocessingOptions
from docling.models.stages.reading_order.readingorder_model import ReadingOrderOptions
from docling.pipeline.standard_pdf_pipeline import ProcessingResult, StandardPdfPipeline

from fathom.conversion.geometric.pdf.assembly.continued_tables import join_continued_tables
from fathom.conversion.geometric.pdf.assembly.heading_levels import HeadingLevels
from fathom.conversion.geometric.pdf.assembly.pdf_headers_footers import keep_headers_footers_once
from fathom.conversion.geometric.pdf.assembly.reading_order import ReadingOrder
from fathom.conversion.geometric.pdf.assembly.title import first_heading_is_title
from fathom.conversion.geometric.pdf.pdf_backend import GeometricPdfBackend


class GeometricPdfPipeline(StandardPdfPipeline):
    """StandardPdfPipeline for pages that carry their content, laid out by the geometric engine."""

    def _init_models(self) -> None:
        super()._init_models()
        self.preprocessing_model: Any = _ParsesOnly(PagePreprocessingOptions(images_scale=None))
        self.reading_order_model: Any = ReadingOrder(ReadingOrderOptions())
        self.heading_hierarchy_model = HeadingLevels(self.pipeline_options.heading_hierarchy_options)

    def _build_document(self, conv_res: ConversionResult) -> ConversionResult:
        """Processes pages as docling does, in turn in the caller's thread.

        Docling 2.142.1 hands each page on between six threads that poll. All of them want the interpreter's lock, which costs
        more than it gains where no stage waits for a model; not needed once docling can do without threads.
        """
        backend: Any = conv_res.input._backend
        conv_res._pdf_outline = backend.get_document_outline()
        numbers = self._get_expected_page_nos(conv_res)
        done = ProcessingResult(total_expected=len(numbers))
        for number in numbers:
            page = Page(page_no=number)
            conv_res.pages.append(page)
            failure = self._build_page(conv_res, page, backend)
            if failure is None:
                done.pages.append(page)
            else:
                done.failed_pages.append((number, RuntimeError(failure.error_message), failure))
            conv_res._progress.page_completed(number, total_pages=len(numbers), success=failure is None)
        self._integrate_results(conv_res, done)
        return conv_res

    def _build_page(self, conv_res: ConversionResult, page: Page, backend: Any) -> ErrorItem | None:
        """Reads, lays out and assembles the page; returns its errors."""
        try:
            page._backend = backend.load_page(page.page_no - 1)
            page.size = page._backend.get_size()
            conv_res._page_sizes_by_no[page.page_no] = page.size
            if not page._backend.is_valid():
                return _failure(page, f"Page {page.page_no} could not be loaded.", FailureCategory.BACKEND_FAILURE)
            stages = (self.preprocessing_model, self.layout_model, self.layout_postprocessing_model, self.table_model)
            for stage in (*stages, self.assemble_model):
                for _ in stage(conv_res, [page]):
                    pass
        except Exception as error:  # noqa: BLE001 - as in docling's stages, a page that fails is named, and the others go on
            return _failure(page, str(error) or type(error).__name__, FailureCategory.INFERENCE_FAILURE)
        finally:
            if page._backend is not None:
                page._backend.unload()
                page._backend = None
        return None

    def _assemble_document(self, conv_res: ConversionResult) -> ConversionResult:
        assembled = super()._assemble_document(conv_res)
        backend = assembled.input._backend
        if isinstance(backend, GeometricPdfBackend):
            if backend.has_title:
                first_heading_is_title(assembled.document)
            join_continued_tables(assembled.document)
        keep_headers_footers_once(assembled.document)
        return assembled


def _failure(page: Page, message: str, category: FailureCategory) -> ErrorItem:
    return ErrorItem(
        component_type=DoclingComponentType.PIPELINE,
        module_name=GeometricPdfPipeline.__name__,
        error_message=message,
        category=category,
        page_no=page.page_no,
    )


class _ParsesOnly(PagePreprocessingModel):
    """Gives each page its (empty) parsed page."""

    def __call__(self, conv_res: Any, page_batch: Iterable[Page]) -> Iterable[Page]:
        for page in page_batch:
            if page._backend is not None and page._backend.is_valid():
                page.parsed_page = page._backend.get_segmented_page()
            yield page
