"""The one docling converter of this process: every kind of file, no model to fetch, nothing from the network."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from fathom.conversion.guards import guard_torch_imports

if TYPE_CHECKING:
    from docling.document_converter import DocumentConverter

# Docling's names of the formats that are converted.
FORMATS = (
    "pdf", "image", "docx", "pptx", "xlsx", "html", "md", "csv", "email", "epub", "odt", "odp", "ods", "latex", "asciidoc",
    "xml_jats",
)  # fmt: skip


@cache
def docling_converter(languages: tuple[str, ...] = (), threads: int = 1) -> DocumentConverter:
    """A converter whose pipelines are made on first use, and kept; `languages` are those of scans, none for any.

    `threads` is how many cores the reading of a scan may use.
    """
    guard_torch_imports()
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.pipeline_options import HeadingHierarchyOptions, ThreadedPdfPipelineOptions
    from docling.document_converter import (
        AsciiDocFormatOption,
        CsvFormatOption,
        DocumentConverter,
        EmailFormatOption,
        EpubFormatOption,
        ExcelFormatOption,
        HTMLFormatOption,
        ImageFormatOption,
        LatexFormatOption,
        MarkdownFormatOption,
        OdpFormatOption,
        OdsFormatOption,
        OdtFormatOption,
        PdfFormatOption,
        PowerpointFormatOption,
        WordFormatOption,
        XMLJatsFormatOption,
    )

    from fathom.conversion.docling_backends.asciidoc.backend import AsciidocBackend
    from fathom.conversion.docling_backends.epub import EpubBackend
    from fathom.conversion.docling_backends.html import HtmlBackend
    from fathom.conversion.docling_backends.jats.backend import JatsBackend
    from fathom.conversion.docling_backends.latex.backend import LatexBackend
    from fathom.conversion.docling_backends.markdown.backend import MarkdownBackend
    from fathom.conversion.docling_backends.opendocument.slides_backend import OdpBackend
    from fathom.conversion.docling_backends.opendocument.text_backend import OdtBackend
    from fathom.conversion.docling_backends.presentation.backend import PresentationBackend
    from fathom.conversion.docling_backends.spreadsheet.csv_backend import CsvBackend
    from fathom.conversion.docling_backends.spreadsheet.ods.backend import OdsBackend
    from fathom.conversion.docling_backends.spreadsheet.xlsx.backend import ExcelBackend
    from fathom.conversion.docling_backends.word.backend import WordBackend
    from fathom.conversion.email.backend import MailBackend
    from fathom.conversion.layout.plugin import GeometricLayoutOptions, GeometricTableOptions
    from fathom.conversion.pdf.backend import GeometricPdfBackend
    from fathom.conversion.pdf.pipeline import GeometricPdfPipeline

    logging.getLogger("docling").setLevel(logging.ERROR)  # what it warns of is in its result
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # it warns of forms it does not fill in
    logging.getLogger("mailparser").setLevel(logging.ERROR)  # it warns of calendars, which MailBackend reads
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
    return DocumentConverter(
        allowed_formats=[InputFormat(name) for name in FORMATS],
        format_options={
            InputFormat.PDF: PdfFormatOption(
                pipeline_cls=GeometricPdfPipeline, backend=GeometricPdfBackend, pipeline_options=options
            ),
            InputFormat.DOCX: WordFormatOption(backend=WordBackend),
            InputFormat.ODT: OdtFormatOption(backend=OdtBackend),
            InputFormat.ODP: OdpFormatOption(backend=OdpBackend),
            InputFormat.PPTX: PowerpointFormatOption(backend=PresentationBackend),
            InputFormat.HTML: HTMLFormatOption(backend=HtmlBackend),
            InputFormat.EPUB: EpubFormatOption(backend=EpubBackend),
            InputFormat.EMAIL: EmailFormatOption(backend=MailBackend),
            InputFormat.LATEX: LatexFormatOption(backend=LatexBackend),
            InputFormat.ASCIIDOC: AsciiDocFormatOption(backend=AsciidocBackend),
            InputFormat.XML_JATS: XMLJatsFormatOption(backend=JatsBackend),
            InputFormat.MD: MarkdownFormatOption(backend=MarkdownBackend),
            InputFormat.XLSX: ExcelFormatOption(backend=ExcelBackend),
            InputFormat.ODS: OdsFormatOption(backend=OdsBackend),
            InputFormat.CSV: CsvFormatOption(backend=CsvBackend),
            InputFormat.IMAGE: ImageFormatOption(pipeline_cls=GeometricPdfPipeline, pipeline_options=options),
        },
    )
