"""Errors of documents: rejected uploads, and work on a good document that failed."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import DocumentFailed, DocumentRejected, Tier


class EmptyDocument(DocumentRejected):
    """The file has no bytes, or nothing in it to read."""

    hint = "Upload the file again; it arrived empty."


class UnknownFormat(DocumentRejected):
    """The bytes are of no kind that Fathom converts."""

    hint = "Convert it to PDF, DOCX, HTML or text first."


class DocumentLocked(DocumentRejected):
    """The document is encrypted and wants a password."""

    hint = "Remove the password and upload it again, or ingest it with `fathom ingest --password-file FILE`."


class PasswordWrong(DocumentLocked):
    """None of the passwords that were given opens the document."""

    hint = "Put the right one into the password file, a line each."


class DocumentDamaged(DocumentRejected):
    """The file says it is of a kind whose structure it does not have."""

    hint = "Open and save it again in its program, or send another copy."


class DocumentWithoutPages(DocumentRejected):
    """The document is well formed and has no page."""

    hint = "Upload a document that has at least one page."


class DocumentTooLarge(DocumentRejected):
    """The file is larger than `FATHOM_MAX_FILE_MB`, or a part of it than is converted."""

    hint = "Split it, or raise FATHOM_MAX_FILE_MB."


class TooManyPages(DocumentRejected):
    """The document has more pages than `FATHOM_MAX_PAGES`."""

    hint = "Split it, or raise FATHOM_MAX_PAGES."


class NestedTooDeep(DocumentRejected):
    """Mails, lists, tables or elements of the document stand deeper in one another than they are followed."""

    hint = "Take the inner parts out and upload them by themselves."


class ArchiveBomb(DocumentRejected):
    """The file unpacks, or expands its own macros, to far more than it is."""

    hint = "Unpack or expand it yourself and upload what you need."


class ConversionFailed(DocumentFailed):
    """The converter could not make a document of it."""


class ConversionTimedOut(ConversionFailed):
    """The conversion took longer than `FATHOM_CONVERT_TIMEOUT_S`."""

    hint = "Split the document, or raise FATHOM_CONVERT_TIMEOUT_S."


class ConversionOutOfMemory(ConversionFailed):
    """The conversion needed more than `FATHOM_CONVERT_MEMORY_MB`."""

    hint = "Split the document, or raise FATHOM_CONVERT_MEMORY_MB."


class ConversionCancelled(ConversionFailed):
    """Someone cancelled the conversion."""

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
    """Episodes of the document are not all in the graph."""


class DoneInPart(DocumentFailed):
    """All of the document is in the graph but chunks that failed again and again by what they say."""

    hint = "`fathom episodes ID` shows those that were set aside and why; `fathom documents retry ID` tries them again."


class LeaseLost(DocumentFailed):
    """Another writer took the collection over while this one did not move; nothing of this one was written since."""

    hint = "It is tried again by itself, and finishes what is missing."


class RunLost(DocumentFailed):
    """The run at work on the document ended without saying what became of it."""

    hint = "See why its last run ended in Dagster, then try it again: `fathom documents retry ID`."


class RunCancelled(DocumentFailed):
    """Someone cancelled the run before it reached an outcome for the document."""

    tier: ClassVar[Tier] = "low"
    retryable = False
    hint = "Start it again: `fathom documents retry ID`."
