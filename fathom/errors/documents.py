"""Errors of documents: rejected uploads, and failed work on valid documents."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import DocumentFailed, DocumentRejected, Tier


class EmptyDocument(DocumentRejected):
    """The file has no bytes, or nothing in it to read."""

    hint = "Upload the file again; it arrived empty."


class UnknownFormat(DocumentRejected):
    """The bytes have no format that Fathom converts."""

    hint = "Convert it to PDF, DOCX, HTML or text first."


class DocumentLocked(DocumentRejected):
    """The document is encrypted and needs a password."""

    hint = "Remove the password and upload it again, or ingest it with `fathom ingest --password-file FILE`."


class PasswordWrong(DocumentLocked):
    """None of the given passwords opens the document."""

    hint = "Put the right one into the password file, a line each."


class DocumentDamaged(DocumentRejected):
    """The file does not have the structure of its declared format."""

    hint = "Open and save it again in its program, or send another copy."


class DocumentWithoutPages(DocumentRejected):
    """The document is well formed and has no page."""

    hint = "Upload a document that has at least one page."


class DocumentTooLarge(DocumentRejected):
    """The file is larger than `FATHOM_MAX_FILE_MB`, or a part of it exceeds a bound of conversion."""

    hint = "Split it, or raise FATHOM_MAX_FILE_MB."


class TooManyPages(DocumentRejected):
    """The document has more pages than `FATHOM_MAX_PAGES`."""

    hint = "Split it, or raise FATHOM_MAX_PAGES."


class NestedTooDeep(DocumentRejected):
    """Mails, lists, tables or elements of the document are nested too deep."""

    hint = "Take the inner parts out and upload them by themselves."


class ArchiveBomb(DocumentRejected):
    """The file decompresses, or expands its macros, to a multiple of its size."""

    hint = "Unpack or expand it yourself and upload what you need."


class ConversionFailed(DocumentFailed):
    """The converter could not convert the file."""


class ConversionTimedOut(ConversionFailed):
    """The conversion took longer than `FATHOM_CONVERT_TIMEOUT_S`."""

    hint = "Split the document, or raise FATHOM_CONVERT_TIMEOUT_S."


class ConversionOutOfMemory(ConversionFailed):
    """The conversion needed more than `FATHOM_CONVERT_MEMORY_MB`."""

    hint = "Split the document, or raise FATHOM_CONVERT_MEMORY_MB."


class ConversionCancelled(ConversionFailed):
    """A person cancelled the conversion."""

    tier: ClassVar[Tier] = "low"


class ChunkingFailed(DocumentFailed):
    """The document could not be cut into chunks."""


class ChunkingTimedOut(ChunkingFailed):
    """Cutting the document into chunks took longer than `FATHOM_CONVERT_TIMEOUT_S`."""

    hint = "Split the document, or raise FATHOM_CONVERT_TIMEOUT_S."


class CheckBlocked(DocumentFailed):
    """A blocking check failed, so the document went no further."""

    retryable = False
    hint = "Open the document's checks in Dagster to see the figures."


class GraphWriteFailed(DocumentFailed):
    """Not all episodes of the document are in the graph."""


class DoneInPart(DocumentFailed):
    """The document is in the graph except for chunks that failed repeatedly because of their content."""

    hint = "`fathom episodes ID` shows those that were set aside and why; `fathom documents retry ID` tries them again."


class LeaseLost(DocumentFailed):
    """Another writer took over the lease on the collection; this writer wrote nothing since."""

    hint = "It is tried again by itself, and finishes what is missing."


class RunLost(DocumentFailed):
    """The run of the document ended without recording an outcome."""

    hint = "See why its last run ended in Dagster, then try it again: `fathom documents retry ID`."


class RunCancelled(DocumentFailed):
    """A person cancelled the run before it recorded an outcome for the document."""

    tier: ClassVar[Tier] = "low"
    retryable = False
    hint = "Start it again: `fathom documents retry ID`."


class WriteUndone(DocumentFailed):
    """A person took back what the only run over the document had written."""

    tier: ClassVar[Tier] = "low"
    retryable = False
    hint = "Ingest it again: `fathom documents retry ID`."
