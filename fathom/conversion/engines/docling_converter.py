"""The single docling converter of this process: every kind of file, no model to fetch, nothing from the network."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from fathom.conversion.engines.torch_guard import guard_torch_imports
from fathom.conversion.inspection.archives import MAX_DEFLATED

if TYPE_CHECKING:
    from docling.datamodel.base_models import InputFormat
    from docling.document_converter import DocumentConverter, FormatOption

# Docling's names of the formats that are converted.
FORMATS = (
    "pdf", "image", "docx", "pptx", "xlsx", "html", "md", "csv", "email", "epub", "odt", "odp", "ods", "latex", "asciidoc",
    "xml_jats",
)  # fmt: skip


@cache
def docling_converter(languages: tuple[str, ...] = (), threads: int = 1) -> DocumentConverter:
    """Returns a converter whose pipelines are made on first use, and kept; `languages` are those of scans, none for any.

    `threads` is how many cores the reading of a scan may use.
    """
    guard_torch_imports()
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.pipeline_options import HeadingHierarchyOptions, ThreadedPdfPipelineOptions
    from docling.document_converter import ImageFormatOption, PdfFormatOption

    from fathom.conversion.docling_backends.known_format import KnownFormatConverter
    from fathom.conversion.geometric.layout.plugin import GeometricLayoutOptions, GeometricTableOptions
    from fathom.conversion.geometric.pdf.pdf_backend import GeometricPdfBackend
    from fathom.conversion.geometric.pdf.pdf_pipeline import GeometricPdfPipeline

    logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # it warns of forms it does not fill in
    options = ThreadedPdfPipelineOptions(
        allow_external_plugins=True,
        do_ocr=False,  # our layout engine reads pages without text itself
        do_table_structure=True,
        layout_options=GeometricLayoutOptions(languages=languages, threads=threads),
        table_structure_options=GeometricTableOptions(),
        heading_hierarchy_options=HeadingHierarchyOptions(enabled=True),
        generate_parsed_pages=True,
        generate_page_images=False,
        generate_picture_images=False,
        batch_polling_interval_seconds=0.02,
        layout_batch_size=1,
        table_batch_size=1,
        queue_max_size=8,
    )
    return KnownFormatConverter(
        allowed_formats=[InputFormat(name) for name in FORMATS],
        format_options={
            **reader_options(),
            InputFormat.PDF: PdfFormatOption(
                pipeline_cls=GeometricPdfPipeline, backend=GeometricPdfBackend, pipeline_options=options
            ),
            InputFormat.IMAGE: ImageFormatOption(pipeline_cls=GeometricPdfPipeline, pipeline_options=options),
        },
    )


def reader_options() -> dict[InputFormat, FormatOption]:
    """Returns the readers of every kind of file that is no picture of pages, which no model is wanted for."""
    from docling.datamodel.base_models import InputFormat
    from docling.document_converter import (
        AsciiDocFormatOption,
        CsvFormatOption,
        EmailFormatOption,
        EpubFormatOption,
        ExcelFormatOption,
        HTMLFormatOption,
        LatexFormatOption,
        MarkdownFormatOption,
        OdpFormatOption,
        OdsFormatOption,
        OdtFormatOption,
        PowerpointFormatOption,
        WordFormatOption,
        XMLJatsFormatOption,
    )
    from odfdo.security import security

    from fathom.conversion.docling_backends.asciidoc.asciidoc_backend import AsciidocBackend
    from fathom.conversion.docling_backends.backend_errors import ReaderPipeline
    from fathom.conversion.docling_backends.epub.epub_backend import EpubBackend
    from fathom.conversion.docling_backends.html import HtmlBackend
    from fathom.conversion.docling_backends.jats.jats_backend import JatsBackend
    from fathom.conversion.docling_backends.latex.latex_backend import LatexBackend
    from fathom.conversion.docling_backends.markdown.markdown_backend import MarkdownBackend
    from fathom.conversion.docling_backends.opendocument.slides_backend import OdpBackend
    from fathom.conversion.docling_backends.opendocument.text_backend import OdtBackend
    from fathom.conversion.docling_backends.presentation.slide_backend import PresentationBackend
    from fathom.conversion.docling_backends.spreadsheet.csv_backend import CsvBackend
    from fathom.conversion.docling_backends.spreadsheet.ods.ods_backend import OdsBackend
    from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_backend import ExcelBackend
    from fathom.conversion.docling_backends.word.word_backend import WordBackend
    from fathom.conversion.email.mail_backend import MailBackend

    security.max_compression_ratio = MAX_DEFLATED  # archives.py bounds it, and leaves small files alone
    logging.getLogger("docling").setLevel(logging.ERROR)  # its warnings are in its result
    logging.getLogger("mailparser").setLevel(logging.ERROR)  # it warns of calendars, which MailBackend reads
    return {
        InputFormat.DOCX: WordFormatOption(pipeline_cls=ReaderPipeline, backend=WordBackend),
        InputFormat.ODT: OdtFormatOption(pipeline_cls=ReaderPipeline, backend=OdtBackend),
        InputFormat.ODP: OdpFormatOption(pipeline_cls=ReaderPipeline, backend=OdpBackend),
        InputFormat.PPTX: PowerpointFormatOption(pipeline_cls=ReaderPipeline, backend=PresentationBackend),
        InputFormat.HTML: HTMLFormatOption(pipeline_cls=ReaderPipeline, backend=HtmlBackend),
        InputFormat.EPUB: EpubFormatOption(pipeline_cls=ReaderPipeline, backend=EpubBackend),
        InputFormat.EMAIL: EmailFormatOption(pipeline_cls=ReaderPipeline, backend=MailBackend),
        InputFormat.LATEX: LatexFormatOption(pipeline_cls=ReaderPipeline, backend=LatexBackend),
        InputFormat.ASCIIDOC: AsciiDocFormatOption(pipeline_cls=ReaderPipeline, backend=AsciidocBackend),
        InputFormat.XML_JATS: XMLJatsFormatOption(pipeline_cls=ReaderPipeline, backend=JatsBackend),
        InputFormat.MD: MarkdownFormatOption(pipeline_cls=ReaderPipeline, backend=MarkdownBackend),
        InputFormat.XLSX: ExcelFormatOption(pipeline_cls=ReaderPipeline, backend=ExcelBackend),
        InputFormat.ODS: OdsFormatOption(pipeline_cls=ReaderPipeline, backend=OdsBackend),
        InputFormat.CSV: CsvFormatOption(pipeline_cls=ReaderPipeline, backend=CsvBackend),
    }
