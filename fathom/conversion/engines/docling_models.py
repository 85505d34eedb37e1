"""A file becomes a document by Docling's own models for layout, tables and OCR, from a folder of weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines.embedded_engine import convert_by_docling, convert_with
from fathom.conversion.engines.engine_choice import Backend, require_usable
from fathom.conversion.report import ConvertedDocument, Inspection, ProgressCallback

if TYPE_CHECKING:
    from docling.document_converter import DocumentConverter

_artifacts: Path | None = None
_languages: tuple[str, ...] = ()
_converter: DocumentConverter | None = None


def configure(settings: ConverterSettings) -> None:
    """Sets the weights to those of `docling_artifacts`, and the languages of scans to `ocr_languages`."""
    global _artifacts, _languages
    _artifacts, _languages = settings.docling_artifacts, settings.ocr_languages


def converter_version() -> str:
    """Returns name, versions, and a word that changes with the weights."""
    return f"{Backend.MODELS} {_weights_version()} docling-slim {installed('docling-slim')}"


def warm_up() -> None:
    """Loads the weights. Raises SettingsInvalid where the folder lacks them."""
    from fathom.conversion.engines.warm_up import convert_samples

    require_usable(_artifacts, None)
    convert_samples(convert_file)


def convert_file(
    path: Path, inspection: Inspection, *, version: str, progress: ProgressCallback | None = None
) -> ConvertedDocument:
    """Returns the document in the file, with the report and errors of `embedded_engine.convert_file`."""
    make = partial(convert_by_docling, _docling(), path, inspection, progress)
    return convert_with(make, path, inspection, version=version, converter=converter_version())


def models_converter(artifacts: Path, languages: Sequence[str] = ()) -> DocumentConverter:
    """Returns docling's converter whose pipeline for PDFs and pictures loads every weight from the folder, and fetches none."""
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.pipeline_options import (
        HeadingHierarchyOptions,
        RapidOcrOptions,
        TableStructureOptions,
        ThreadedPdfPipelineOptions,
    )
    from docling.document_converter import ImageFormatOption, PdfFormatOption

    from fathom.conversion.docling_backends.known_format import KnownFormatConverter
    from fathom.conversion.engines.docling_converter import FORMATS, reader_options

    options = ThreadedPdfPipelineOptions(
        artifacts_path=artifacts,
        do_ocr=True,
        ocr_options=RapidOcrOptions(lang=[f"iso:{tag}" for tag in languages[:1]]),  # takes one; none is its default
        do_table_structure=True,
        table_structure_options=TableStructureOptions(),
        heading_hierarchy_options=HeadingHierarchyOptions(enabled=True),
        enable_remote_services=False,
    )
    return KnownFormatConverter(
        allowed_formats=[InputFormat(name) for name in FORMATS],
        format_options={
            **reader_options(),
            InputFormat.PDF: PdfFormatOption(pipeline_options=options),
            InputFormat.IMAGE: ImageFormatOption(pipeline_options=options),
        },
    )


def _docling() -> DocumentConverter:
    global _converter
    if _converter is None:
        assert _artifacts is not None
        _converter = models_converter(_artifacts, _languages)
    return _converter


def _weights_version() -> str:
    """Returns a word that changes when a file of the folder is replaced: from names and sizes, for weights are gigabytes."""
    digest = hashlib.sha256()
    if _artifacts is not None:
        for path in sorted(_artifacts.rglob("*")):
            if path.is_file():
                digest.update(f"{path.relative_to(_artifacts)}\0{path.stat().st_size}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:12]
