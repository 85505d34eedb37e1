"""Runs a docling of this process, and takes the document and the errors from its result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from lxml import etree

from fathom.conversion.docling_backends.empty_headings import relabel_empty_headings
from fathom.conversion.docling_backends.text.text_document import READ_HERE, text_document
from fathom.conversion.engines.docling_formats import NAMES, source_bytes
from fathom.conversion.geometric.pdf.assembly.inline_links import keep_inline_links
from fathom.conversion.geometric.pdf.assembly.pdf_headers_footers import keep_headers_footers_once
from fathom.conversion.kinds.xml_faults import messages_of, name_xml_fault
from fathom.conversion.quality.report_builder import ConversionOutcome
from fathom.conversion.report import ConversionError, DocumentKind, Inspection, Notice, PageProgress, ProgressCallback
from fathom.errors import ConversionFailed, DocumentDamaged

if TYPE_CHECKING:
    from docling.datamodel.document import ConversionResult
    from docling.document_converter import DocumentConverter


@runtime_checkable
class NoticingBackend(Protocol):
    """A backend that names the content it leaves out or alters, as docling's own backends do not."""

    @property
    def notices(self) -> Sequence[Notice]:
        """The notices; complete once the document is converted."""
        ...


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
        keep_headers_footers_once(result.document)
    return outcome_of(result, inspection)


def outcome_of(result: ConversionResult, inspection: Inspection) -> ConversionOutcome:
    """Returns the document of docling's result and the errors in it.

    Raises DocumentDamaged, ConversionFailed where it failed, and the reader's own error where that gave up by name.
    """
    from docling.datamodel.base_models import ConversionStatus
    from docling.datamodel.document import get_input_rejection_cause

    from fathom.conversion.docling_backends.backend_errors import refusal_of
    from fathom.conversion.geometric.pdf.pdf_backend import GeometricPdfBackend

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
    backend: Any = result.input._backend
    outcome = ConversionOutcome(document=result.document, result=result, errors=errors)
    if isinstance(backend, NoticingBackend):
        outcome.notices = list(backend.notices)
    if isinstance(backend, GeometricPdfBackend):
        outcome.pages = dict(sorted(backend.pages_as_read.items())) or None
        outcome.first_page = backend.first_page
    return outcome


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
