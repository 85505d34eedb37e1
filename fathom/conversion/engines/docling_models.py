"""The engine of Docling's own models for layout, tables and OCR, from a folder of weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property, partial
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines.conversion_engine import convert_with
from fathom.conversion.engines.docling_result import convert_by_docling
from fathom.conversion.engines.engine_choice import Backend, require_usable
from fathom.conversion.report import ConvertedDocument, Inspection, ProgressCallback

if TYPE_CHECKING:
    from docling.document_converter import DocumentConverter


class DoclingModelsEngine:
    """Converts by the weights in `artifacts`; `languages` are those of scans, of which the models take the first."""

    def __init__(self, artifacts: Path, languages: tuple[str, ...] = ()) -> None:
        self._artifacts = artifacts
        self._languages = languages

    def warm_up(self) -> None:
        """Loads the weights. Raises SettingsInvalid where the folder lacks them."""
        from fathom.conversion.engines.warm_up import convert_samples

        require_usable(self._artifacts, None)
        convert_samples(self.convert_file)

    def converter_version(self) -> str:
        """Returns name, versions, and a word that changes with the weights."""
        return f"{Backend.MODELS} {_weights_version(self._artifacts)} docling-slim {installed('docling-slim')}"

    def convert_file(
        self,
        path: Path,
        inspection: Inspection,
        *,
        version: str,
        progress: ProgressCallback | None = None,
        key: str | None = None,
    ) -> ConvertedDocument:
        """Returns the document in the file; see `ConversionEngine`."""
        make = partial(convert_by_docling, self._converter, path, inspection, progress)
        return convert_with(make, path, inspection, version=version, converter=self.converter_version())

    @cached_property
    def _converter(self) -> DocumentConverter:
        return models_converter(self._artifacts, self._languages)


def open_engine(settings: ConverterSettings) -> DoclingModelsEngine:
    """Returns the engine of a worker whose settings name `docling_artifacts`."""
    assert settings.docling_artifacts is not None
    return DoclingModelsEngine(settings.docling_artifacts, settings.ocr_languages)


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
    from fathom.conversion.engines.docling_converter import FORMATS
    from fathom.conversion.engines.format_readers import reader_options

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


def _weights_version(artifacts: Path) -> str:
    """Returns a word that changes when a file of the folder is replaced: from names and sizes, for weights are gigabytes."""
    digest = hashlib.sha256()
    for path in sorted(artifacts.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(artifacts)}\0{path.stat().st_size}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:12]
