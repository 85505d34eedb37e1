"""Docling's converter for files whose format is known already, from an inspection of the whole file.

Docling 2.142.1 guesses the format of every file from its first bytes: a text that begins with BM is a picture, an article
that quotes XBRL a report; it then reports `File format not allowed`. Not needed once `convert` takes a format.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docling.datamodel.base_models import InputFormat
from docling.datamodel.document import ConversionResult, _DocumentConversionInput
from docling.document_converter import DocumentConverter

from fathom.conversion.engines.docling_formats import NAMES
from fathom.conversion.report import DocumentKind

_OTHERWISE_CALLED = {DocumentKind.MARKDOWN: InputFormat.MD, DocumentKind.JATS: InputFormat.XML_JATS}
_FORMATS = {name: _OTHERWISE_CALLED.get(kind) or InputFormat(kind.value) for kind, name in NAMES.items()}


class KnownFormatConverter(DocumentConverter):
    """DocumentConverter that takes the format of a document from its name, which is in `formats.NAMES`."""

    def _convert(self, conv_input: _DocumentConversionInput, *args: Any, **kwargs: Any) -> Iterator[ConversionResult]:
        results: Iterator[ConversionResult] = super()._convert(_KnownInput(**dict(conv_input)), *args, **kwargs)
        return results


class _KnownInput(_DocumentConversionInput):
    def _guess_format(self, obj: Any) -> InputFormat | None:
        return _FORMATS.get(obj.name) or super()._guess_format(obj)
