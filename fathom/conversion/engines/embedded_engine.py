"""The embedded engine: docling in this process for a document's structure, the geometric engine for PDFs and scans."""

from __future__ import annotations

import os
from functools import cache, partial
from importlib.metadata import version as installed
from pathlib import Path

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines.conversion_engine import convert_with
from fathom.conversion.engines.docling_converter import docling_converter
from fathom.conversion.engines.docling_result import convert_by_docling
from fathom.conversion.engines.engine_choice import Backend
from fathom.conversion.report import ConvertedDocument, Inspection, ProgressCallback

# To be raised whenever the same bytes would be converted otherwise than before.
ENGINE_VERSION = "8"
VERSIONED_LIBRARIES = ("docling-slim", "docling-core", "pypdfium2", "rapidocr")


class EmbeddedEngine:
    """Converts without model weights; `languages` are those of scans (none: any), `threads` the cores that read a scan."""

    def __init__(self, languages: tuple[str, ...] = (), threads: int = 1) -> None:
        self._languages = languages
        self._threads = threads

    def warm_up(self) -> None:
        """Converts a PDF, a scan and a Word document."""
        from fathom.conversion.engines.warm_up import convert_samples

        convert_samples(self.convert_file)

    def converter_version(self) -> str:
        """Returns the versions of the geometric engine, docling and the libraries that read pages."""
        return _versions()

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
        converter = docling_converter(self._languages, self._threads)
        make = partial(convert_by_docling, converter, path, inspection, progress)
        return convert_with(make, path, inspection, version=version, converter=self.converter_version())


def open_engine(settings: ConverterSettings) -> EmbeddedEngine:
    """Returns the engine of a worker, which reads scans in `ocr_languages` with its share of the cores."""
    return EmbeddedEngine(settings.ocr_languages, max(1, (os.cpu_count() or 1) // settings.workers))


@cache
def _versions() -> str:
    return " ".join([f"{Backend.EMBEDDED} {ENGINE_VERSION}", *(f"{name} {installed(name)}" for name in VERSIONED_LIBRARIES)])
