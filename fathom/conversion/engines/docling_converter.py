"""The single docling converter of this process: every kind of file, no model to fetch, nothing from the network."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from fathom.conversion.engines.torch_guard import guard_torch_imports

if TYPE_CHECKING:
    from docling.document_converter import DocumentConverter

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
    from fathom.conversion.engines.format_readers import reader_options
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
