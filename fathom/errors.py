"""Every error Fathom raises on purpose, and what a caller may do about it.

FathomError
├── UsageWrong                    the call itself is wrong                                 exit 2
│   ├── SettingsInvalid
│   │   ├── AddressWrong
│   │   ├── ModelUnknown
│   │   ├── ModelTooSmall
│   │   ├── RequestRefused
│   │   ├── ProxyUnusable
│   │   └── CertificateMissing
│   └── AccountRefused            an account at a provider; documents wait until it is in order
│       ├── KeyRefused
│       ├── CreditSpent
│       └── PermissionMissing
├── PartUnreachable               a part it needs does not answer                          exit 3
│   ├── GraphUnreachable
│   ├── ConverterUnreachable
│   ├── DagsterUnreachable
│   ├── DatabaseUnreachable
│   ├── LanguageModelUnreachable
│   │   ├── ProxyRefused
│   │   └── CertificateRefused
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
│   │   ├── AnswerUnusable
│   │   └── PassageTooLong
│   ├── AnswersUnusable
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

    def __init__(self, message: str, *, document: str | None = None, hint: str | None = None, final: bool = False) -> None:
        """`final` where this one was tried again already, as often as that can help."""
        super().__init__(message)
        self.final = final
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
            "retryable": self.retryable and not self.final,
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


class AddressWrong(SettingsInvalid):
    """What answers at the address of the language model is no such server: a web page, a login, another path or scheme."""

    hint = (
        "Set FATHOM_LLM_BASE_URL to the address that clients of the server use, scheme and path included, such as "
        "http://127.0.0.1:11434/v1 for Ollama; then `fathom up` and `fathom documents retry --failed`."
    )


class ModelUnknown(SettingsInvalid):
    """The provider has no model of that name, or none any more."""

    hint = (
        "Set FATHOM_LLM_MODEL to a model that the provider serves (a local server may have to load or pull it first); then "
        "`fathom up` and `fathom documents retry --failed`."
    )


class ModelTooSmall(SettingsInvalid):
    """The language model's context window holds no question with its answer."""

    hint = (
        "Start the server with a longer context (8,192 tokens or more: num_ctx, --ctx-size, --max-model-len) or set "
        "FATHOM_LLM_MODEL to another model; then `fathom documents retry --failed`."
    )


class RequestRefused(SettingsInvalid):
    """The server of the language model takes no form of the request that Fathom knows, whatever the text."""

    hint = "See what the server supports, or set FATHOM_LLM_MODEL and FATHOM_LLM_BASE_URL to another; `fathom doctor` tells."


class ProxyUnusable(SettingsInvalid):
    """The environment names a proxy for the language model that cannot be used as it is."""

    hint = "Mend HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or name the server in NO_PROXY; then `fathom up`."


class CertificateMissing(SettingsInvalid):
    """The environment names a file of certificates that cannot be read."""

    hint = "Set SSL_CERT_FILE to a file of certificates in PEM form, or unset it; then `fathom up`."


class AccountRefused(UsageWrong):
    """The account at the provider of the language model does not let it answer: no fault of any document."""

    tier: ClassVar[Tier] = "critical"
    hint = "Look at the account at the provider; documents that wait for it go on by themselves."
    account: str | None = None  # a mark of the account that is paused for it


class KeyRefused(AccountRefused):
    """A server does not take the key: the provider of the language model, or a docling-serve."""

    hint = (
        "Set ANTHROPIC_API_KEY (or OPENAI_API_KEY) to a key of the provider in FATHOM_LLM and run `fathom up`; documents "
        "that wait for it go on by themselves."
    )


class CreditSpent(AccountRefused):
    """The account at the provider of the language model has no credit left, or has reached its quota or usage limit."""

    hint = "Add credit or raise the limit at the provider; documents that wait for it go on by themselves."


class PermissionMissing(AccountRefused):
    """The key may not use the model, or its organisation, project or region may not use the provider."""

    hint = (
        "Give the key's project access to the model at the provider, or set FATHOM_LLM_MODEL and the key to others; documents "
        "that wait for it go on by themselves."
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


class ProxyRefused(LanguageModelUnreachable):
    """A proxy or firewall between this host and the language model does not let the question through."""

    hint = (
        "Ask whoever runs the proxy to let this host reach the provider, give its name and password in HTTPS_PROXY "
        "(http://name:password@host:port), or name the server in NO_PROXY; then `fathom up`."
    )


class CertificateRefused(LanguageModelUnreachable):
    """The certificate of the language model's server is not one that this host trusts."""

    retryable = False
    hint = (
        "Set SSL_CERT_FILE to a file with the certificate of the authority that signed it (of a company's proxy, or the "
        "server's own); then `fathom up` and `fathom documents retry --failed`."
    )


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


class PassageTooLong(ExtractionFailed):
    """A passage, its question and the room for an answer are more than the language model's context window holds."""

    retryable = False
    hint = "Use a model with a longer context window, or lower FATHOM_CHUNK_TOKENS."


class AnswersUnusable(DocumentFailed):
    """The language model answers chunk after chunk in one way that cannot be used, so that no more was asked."""

    retryable = False
    hint = (
        "Set FATHOM_LLM_MODEL to a model that answers in JSON as asked, or look at its server's settings; run `fathom up`, "
        "then `fathom documents retry --failed`."
    )


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
