"""A file becomes a document, in this process: docling for its structure, the geometric engine for PDFs and scans."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.docling_backends.empty_headings import relabel_empty_headings
from fathom.conversion.docling_backends.text.text_document import READ_HERE, text_document
from fathom.conversion.email.attachments import attachments_of, list_attachments
from fathom.conversion.engines.docling_converter import docling_converter
from fathom.conversion.engines.docling_formats import NAMES, source_bytes
from fathom.conversion.geometric.pdf.assembly.inline_links import keep_inline_links
from fathom.conversion.geometric.pdf.assembly.running_text import keep_running_texts_once
from fathom.conversion.kinds.xml_faults import messages_of, name_xml_fault
from fathom.conversion.own_date import own_date
from fathom.conversion.quality.page_preview import page_picture
from fathom.conversion.quality.report_builder import ConversionOrigin, ConversionOutcome, ocr_lines, report_of
from fathom.conversion.report import (
    ConversionError,
    ConvertedDocument,
    DocumentKind,
    Inspection,
    PageProgress,
    ProgressCallback,
)
from fathom.conversion.structure.document_blocks import ReadDocument
from fathom.conversion.structure.export import export_document
from fathom.conversion.structure.markdown import markdown_of
from fathom.errors import ConversionFailed, DocumentDamaged, EmptyDocument
from fathom.observability.structured_logging import get_logger

if TYPE_CHECKING:
    from docling.datamodel.document import ConversionResult
    from docling.document_converter import DocumentConverter

# Raised whenever the same bytes would be converted otherwise than before.
ENGINE_VERSION = "8"

MAX_NOTICES_LOGGED = 20

log = get_logger(__name__)


_languages: tuple[str, ...] = ()
_threads = 1


def configure(settings: ConverterSettings) -> None:
    """Scans are in the languages of `ocr_languages`, and read with this worker's share of the cores."""
    global _languages, _threads
    _languages = settings.ocr_languages
    _threads = max(1, (os.cpu_count() or 1) // settings.workers)


@cache
def converter_version() -> str:
    """Returns name and versions of everything that determines the result of a conversion."""
    parts = ("docling-slim", "docling-core", "pypdfium2", "rapidocr")
    return " ".join([f"fathom-geometric {ENGINE_VERSION}", *(f"{name} {installed(name)}" for name in parts)])


def warm_up() -> None:
    """Loads everything a conversion needs: converts a PDF, a scan and a DOCX."""
    from fathom.conversion.engines.warm_up import convert_samples

    convert_samples(convert_file)


def convert_file(
    path: Path, inspection: Inspection, *, version: str, progress: ProgressCallback | None = None
) -> ConvertedDocument:
    """Returns the document in the file, with a report of the content kept and lost.

    `version` is the SHA-256 of the file's bytes. An exception of `progress` ends the conversion and goes on to the caller if
    it is no Exception; an Exception is docling's to swallow.

    Raises DocumentDamaged if its structure gives way on opening, EmptyDocument if it has no content at all, and
    ConversionFailed if nothing could be made of it.
    """

    def make() -> ConversionOutcome:
        return convert_by_docling(docling_converter(_languages, _threads), path, inspection, progress)

    return convert_with(make, path, inspection, version=version, converter=converter_version())


def convert_with(
    make: Callable[[], ConversionOutcome], path: Path, inspection: Inspection, *, version: str, converter: str
) -> ConvertedDocument:
    """Runs `make` and returns its document with the report that every backend's conversions have; raises as `convert_file`.

    `converter` is the converter's name and version in the report.
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
        page_picture=page_picture(path, inspection, outcome.document, _first_page(outcome.result)),
        ocr_lines=lines,
        attachments=attachments,
    )


def _first_page(result: Any) -> Any:
    """Returns the first page of a PDF as its backend has drawn it; None where none was drawn."""
    return getattr(getattr(getattr(result, "input", None), "_backend", None), "first_page", None)


def convert_by_docling(
    converter: DocumentConverter, path: Path, inspection: Inspection, progress: ProgressCallback | None
) -> ConversionOutcome:
    """Converts the file by a docling in this process; plain text needs none. Raises as `outcome_of`."""
    from docling.datamodel.base_models import DocumentStream

    if inspection.kind in READ_HERE:
        return ConversionOutcome(document=text_document(path, inspection))
    source = DocumentStream(name=NAMES[inspection.kind], stream=source_bytes(path, inspection))
    listener = _listener(inspection, progress) if progress else None
    try:
        result = converter.convert(source, raises_on_error=False, progress_callback=listener)
    except (etree.XMLSyntaxError, RecursionError) as error:
        raise name_xml_fault(messages_of(error)) or _broken(inspection, str(error)) from error
    if inspection.kind is DocumentKind.PDF:
        keep_inline_links(result)
        keep_running_texts_once(result.document)
    return outcome_of(result, inspection)


def outcome_of(result: ConversionResult, inspection: Inspection) -> ConversionOutcome:
    """Returns the document of docling's result and the errors in it.

    Raises DocumentDamaged, ConversionFailed where it failed, and the reader's own error where that gave up by name.
    """
    from docling.datamodel.base_models import ConversionStatus
    from docling.datamodel.document import get_input_rejection_cause

    from fathom.conversion.docling_backends.backend_errors import refusal_of

    errors = [
        ConversionError(category=_category(error), message=error.error_message, page=error.page_no) for error in result.errors
    ]
    if refusal := refusal_of(result):
        raise refusal
    if result.status is ConversionStatus.FAILURE or result.status is ConversionStatus.SKIPPED:
        cause = get_input_rejection_cause(result.input)
        said = (*(error.message for error in errors), *messages_of(cause))
        raise name_xml_fault(said) or _failure(inspection, errors) from cause
    if result.status is not ConversionStatus.SUCCESS and not errors:
        errors.append(ConversionError(category="partial", message=f"docling says {result.status.value}."))
    relabel_empty_headings(result.document)
    notices = list(getattr(result.input._backend, "notices", ()))
    return ConversionOutcome(document=result.document, result=result, errors=errors, notices=notices)


def _category(error: Any) -> str:
    category = getattr(error, "category", None)
    return str(getattr(category, "value", category) or "unknown")


def _failure(inspection: Inspection, errors: list[ConversionError]) -> Exception:
    message = errors[0].message if errors else "docling gives no reason"
    if any(error.category in {"backend_failure", "invalid_input"} for error in errors):
        return _broken(inspection, message)
    return ConversionFailed(f"It could not be converted: {_sentence(message)}")


def _broken(inspection: Inspection, message: str) -> DocumentDamaged:
    return DocumentDamaged(f"Its structure as {inspection.kind.value} gives way: {_sentence(message)}")


def _sentence(message: str) -> str:
    text = " ".join(message.split())
    return text[:300].rstrip(".") + "."


def _listener(inspection: Inspection, progress: ProgressCallback) -> Any:
    from docling.datamodel.progress import PageCompletedProgress, PhaseStartedProgress

    pages = inspection.pages

    def listen(event: object) -> None:
        if isinstance(event, PageCompletedProgress):
            progress(PageProgress("page", event.completed_pages, event.total_pages))
        elif isinstance(event, PhaseStartedProgress):
            done = pages or 0 if event.phase.value in {"assemble", "enrich"} else 0
            progress(PageProgress(event.phase.value, done, pages))

    return listen
