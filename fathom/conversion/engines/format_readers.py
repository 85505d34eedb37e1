"""Docling's readers of all formats that are no pictures of pages, each with Fathom's backend."""

from __future__ import annotations

import logging

from docling.datamodel.base_models import InputFormat
from docling.document_converter import (
    AsciiDocFormatOption,
    CsvFormatOption,
    EmailFormatOption,
    EpubFormatOption,
    ExcelFormatOption,
    FormatOption,
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
from fathom.conversion.inspection.archives import MAX_DEFLATED


def reader_options() -> dict[InputFormat, FormatOption]:
    """Returns the reader of each format; none needs a model. Bounds and silences the libraries that they use."""
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
