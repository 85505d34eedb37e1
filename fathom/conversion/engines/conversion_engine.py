"""The interface of a conversion engine, and the report that the conversions of every engine have."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fathom.conversion.email.attachments import attachments_of, list_attachments
from fathom.conversion.own_date import own_date
from fathom.conversion.quality.page_preview import page_picture
from fathom.conversion.quality.report_builder import ConversionOrigin, ConversionOutcome, ocr_lines, report_of
from fathom.conversion.report import ConvertedDocument, DocumentKind, Inspection, ProgressCallback
from fathom.conversion.structure.document_blocks import ReadDocument
from fathom.conversion.structure.export import export_document
from fathom.conversion.structure.markdown import markdown_of
from fathom.errors import ConversionFailed, EmptyDocument
from fathom.observability.structured_logging import get_logger

MAX_NOTICES_LOGGED = 20

log = get_logger(__name__)


class ConversionEngine(Protocol):
    """Converts files. A worker makes its only engine with `open_engine(settings)` of the module that the settings name."""

    def warm_up(self) -> None:
        """Loads everything a conversion needs. Raises SettingsInvalid where that is missing."""

    def converter_version(self) -> str:
        """Returns name and versions of everything that determines the result of a conversion."""
        ...

    def convert_file(
        self,
        path: Path,
        inspection: Inspection,
        *,
        version: str,
        progress: ProgressCallback | None = None,
        key: str | None = None,
    ) -> ConvertedDocument:
        """Returns the document in the file, with a report of the content kept and lost.

        `version` is the SHA-256 of the file's bytes; `key` opens a server, and is ignored by engines of this process. An
        exception of `progress` ends the conversion and goes on to the caller if it is no Exception; an Exception is docling's
        to swallow.

        Raises DocumentDamaged if its structure gives way on opening, EmptyDocument if it has no content at all, and
        ConversionFailed if nothing could be made of it.
        """
        ...


def convert_with(
    make: Callable[[], ConversionOutcome], path: Path, inspection: Inspection, *, version: str, converter: str
) -> ConvertedDocument:
    """Runs `make` and returns its document with the report that the conversions of every engine have.

    `converter` is the converter's name and version in the report. Raises as `ConversionEngine.convert_file`.
    """
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        converted = _reported(make, path, inspection, version, converter)
    if warned:  # of oddities in the document, which no caller can mend
        kinds = sorted({warning.category.__name__ for warning in warned})
        log.info("The libraries warned of the document", sub_stage="convert", kinds=kinds, metrics={"warnings": len(warned)})
    return converted


def _reported(
    make: Callable[[], ConversionOutcome], path: Path, inspection: Inspection, version: str, converter: str
) -> ConvertedDocument:
    started = time.monotonic()
    outcome = make()
    attachments, not_taken = attachments_of(path) if inspection.kind is DocumentKind.EMAIL else ([], [])
    outcome.errors += not_taken
    if attachments:
        list_attachments(outcome.document, attachments)
    lines = ocr_lines(outcome.result)
    making = ConversionOrigin(version, converter, time.monotonic() - started)
    document = export_document(outcome.document)
    read = ReadDocument(document, inspection.kind)
    report = report_of(outcome, path, inspection, read, lines, making)
    for notice in report.notices[:MAX_NOTICES_LOGGED]:
        found = {"kind": notice.kind, "count": notice.count, "notice": notice.message}
        log.info("Document content left out or altered", sub_stage="notice", metrics=found)
    report = report.model_copy(update={"own_date": own_date(path, inspection.kind)})
    if not report.characters and not report.pictures and not report.tables:
        if report.errors:
            raise ConversionFailed(f"Nothing could be read from it: {report.errors[0].message}")
        if report.reference_words and not report.notices:
            raise ConversionFailed(f"The file has {report.reference_words} words, and none of them came through.")
        if report.kind is not DocumentKind.IMAGE and not report.pages_converted:
            raise EmptyDocument("There is no content in it.")
    return ConvertedDocument(
        document=document,
        markdown=markdown_of(read),
        report=report,
        page_picture=page_picture(path, inspection, outcome.document, outcome.first_page),
        ocr_lines=lines,
        attachments=attachments,
    )
