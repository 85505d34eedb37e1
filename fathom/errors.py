"""Every error Fathom raises on purpose, and what a caller may do about it.

FathomError
├── UsageWrong                    the call itself is wrong                                 exit 2
│   ├── SettingsInvalid
│   └── KeyRefused
├── PartUnreachable               a part it needs does not answer                          exit 3
│   ├── GraphUnreachable
│   ├── ConverterUnreachable
│   ├── DagsterUnreachable
│   ├── DatabaseUnreachable
│   ├── LanguageModelUnreachable
│   └── PortTaken
├── Refused                       not allowed: role, confirmation, port, path              exit 4
│   ├── UnsafePath
│   ├── QueryRefused
│   └── BudgetSpent
├── DocumentRejected              the upload can never become a document                   exit 1
│   ├── EmptyDocument
│   ├── UnknownFormat
│   ├── DocumentLocked
│   │   └── PasswordWrong
│   ├── DocumentDamaged
│   ├── DocumentWithoutPages
│   ├── DocumentTooLarge
│   ├── TooManyPages
│   ├── NestedTooDeep
│   └── ArchiveBomb
├── DocumentFailed                the work on a good document failed; trying again can help exit 1
│   ├── ConversionFailed
│   │   ├── ConversionTimedOut
│   │   ├── ConversionOutOfMemory
│   │   └── ConversionCancelled
│   ├── ChunkingFailed
│   │   └── ChunkingTimedOut
│   ├── ExtractionFailed
│   │   ├── AnswerRefused
│   │   ├── AnswerTruncated
│   │   └── AnswerUnusable
│   ├── CheckBlocked
│   ├── GraphWriteFailed
│   ├── DoneInPart
│   ├── LeaseLost
│   ├── RunLost
│   └── RunCancelled
└── StoreFailed                   the disk or object store refused bytes                   exit 1
    ├── StoreFull
    ├── NotStored
    └── StoredDamaged

Each class says its tier (how loud it is), whether trying again can help, and what to do next.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Tier = Literal["critical", "high", "medium", "low"]


class FathomError(Exception):
    """Something Fathom knows the name of went wrong; the message is a sentence for a person."""

    tier: ClassVar[Tier] = "high"
    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1
    hint: ClassVar[str] = ""

    def __init__(self, message: str, *, document: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.document = document
        self.what_to_do = hint if hint is not None else self.hint

    @property
    def name(self) -> str:
        """The class name, which is the error's public name."""
        return type(self).__name__

    def as_dict(self) -> dict[str, object]:
        """The error as JSON shows it."""
        return {
            "error": self.name,
            "message": self.message,
            "document": self.document,
            "tier": self.tier,
            "retryable": self.retryable,
            "hint": self.what_to_do or None,
        }


class UsageWrong(FathomError):
    """The command or call cannot mean anything."""

    tier: ClassVar[Tier] = "low"
    exit_code = 2


class SettingsInvalid(UsageWrong):
    """A setting has an unknown name or an impossible value."""

    tier: ClassVar[Tier] = "critical"
    hint = "See docs/settings.md for the names and their values."


class KeyRefused(UsageWrong):
    """A server does not take the key: the provider of the language model, where it may lack credit, or a docling-serve."""

    tier: ClassVar[Tier] = "critical"
    hint = (
        "Set ANTHROPIC_API_KEY (or OPENAI_API_KEY) to a key of the provider in FATHOM_LLM, run `fathom up`, then "
        "`fathom documents retry --failed`."
    )


class PartUnreachable(FathomError):
    """A part of the deployment does not answer."""

    tier: ClassVar[Tier] = "critical"
    retryable = True
    exit_code = 3
    hint = "Start the parts with `fathom up` and look at them with `fathom status`."


class GraphUnreachable(PartUnreachable):
    """The graph server does not answer on its Bolt address."""


class ConverterUnreachable(PartUnreachable):
    """The converter process does not start or does not answer on its socket."""


class DagsterUnreachable(PartUnreachable):
    """Dagster's webserver, daemon or storage does not answer."""


class DatabaseUnreachable(PartUnreachable):
    """The operational database cannot be opened."""


class LanguageModelUnreachable(PartUnreachable):
    """The provider of the language model does not answer, or is overloaded, however often it is asked."""

    hint = "Look at the provider's status and at FATHOM_LLM_BASE_URL; what was answered is kept and the rest is tried again."


class PortTaken(PartUnreachable):
    """Another process listens on the port that a part needs."""

    retryable = False
    hint = "Stop the process that has the port, or choose another port; see docs/settings.md."


class Refused(FathomError):
    """The caller may not do this, or has not confirmed it."""

    tier: ClassVar[Tier] = "medium"
    exit_code = 4


class UnsafePath(Refused):
    """The path leaves the folder it was given in."""

    tier: ClassVar[Tier] = "low"
    hint = "Put the file itself into the inbox, without links or `..`."


class QueryRefused(Refused):
    """The query would write, or asks for more than its bounds."""


class BudgetSpent(Refused):
    """There is no money left today, or for this document; it goes on by itself when there is."""

    retryable = True
    hint = "See `fathom budget`; raise FATHOM_BUDGET_USD_PER_DAY or _PER_DOCUMENT, or wait for the next day (UTC)."


class DocumentRejected(FathomError):
    """The upload can never become a document: locked, damaged, empty, too large, of no known kind."""

    tier: ClassVar[Tier] = "low"


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
    """The file is larger than `FATHOM_MAX_FILE_MB`."""

    hint = "Split it, or raise FATHOM_MAX_FILE_MB."


class TooManyPages(DocumentRejected):
    """The document has more pages than `FATHOM_MAX_PAGES`."""

    hint = "Split it, or raise FATHOM_MAX_PAGES."


class NestedTooDeep(DocumentRejected):
    """The document came with a mail, which came with a mail, and so on, further than they are followed."""

    hint = "Save it from its mail and upload it by itself."


class ArchiveBomb(DocumentRejected):
    """The archive inside unpacks to far more than it is."""

    hint = "Unpack it yourself and upload what you need."


class DocumentFailed(FathomError):
    """The work on a good document failed; trying again can help."""

    retryable = True
    hint = "Try it again: `fathom documents retry ID`."


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


class ExtractionFailed(DocumentFailed):
    """The language model gave nothing usable for a chunk."""


class AnswerRefused(ExtractionFailed):
    """The language model refused to answer for a chunk, or its provider refused the request."""

    retryable = False
    hint = "Look at the chunk with `fathom episodes ID`; another model may answer."


class AnswerTruncated(ExtractionFailed):
    """The language model's answer was cut off, also for smaller pieces of the chunk."""


class AnswerUnusable(ExtractionFailed):
    """The language model's answer was not what it was asked for, also when it was asked again."""


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


class StoreFailed(FathomError):
    """The store did not take or give bytes."""

    tier: ClassVar[Tier] = "critical"
    retryable = True


class StoreFull(StoreFailed):
    """There is no room left where Fathom keeps its files."""

    hint = "Free some disk space; what was accepted is kept and goes on by itself."


class NotStored(StoreFailed):
    """Nothing is kept under that name."""

    retryable = False
    hint = "Ingest the document again."


class StoredDamaged(StoreFailed):
    """What is kept under that name is not what was put there."""

    retryable = False
    hint = "Ingest the document again; check the disk."
