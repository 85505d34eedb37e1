"""Every error that Fathom raises on purpose.

FathomError
├── UsageWrong                    the call itself is wrong                                 exit 2
│   ├── SettingsInvalid
│   │   ├── AddressWrong
│   │   ├── ModelUnknown
│   │   ├── ModelTooSmall
│   │   ├── RequestRefused
│   │   ├── ProxyUnusable
│   │   └── CertificateMissing
│   ├── FormDamaged               the form of an upload
│   │   └── UploadCut
│   ├── FormTooLarge
│   ├── QueryInvalid              a query to the graph
│   ├── AccountRefused            an account at a provider; documents wait until it is in order
│   │   ├── KeyRefused
│   │   ├── CreditSpent
│   │   └── PermissionMissing
│   ├── BackupMissing
│   └── PassphraseMissing
├── PartUnreachable               a component does not respond                             exit 3
│   ├── GraphUnreachable
│   ├── ConverterUnreachable
│   ├── DagsterUnreachable
│   ├── DatabaseUnreachable
│   │   └── DatabaseLocked
│   ├── LanguageModelUnreachable
│   │   ├── ProxyRefused
│   │   └── CertificateRefused
│   └── PortTaken
├── Refused                       not allowed: role, confirmation, port, path              exit 4
│   ├── UnsafePath
│   ├── HostRefused
│   ├── OriginRefused
│   ├── QueryRefused
│   ├── BudgetSpent
│   ├── CollectionOccupied
│   └── RestoreUnfinished
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
│   ├── ArchiveBomb
│   └── GraphFileInvalid          a file to import
├── DocumentFailed                the work on a valid document failed; a retry can help    exit 1
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
│   ├── RunCancelled
│   └── WriteUndone
├── QueryFailed                   the graph could not finish a query                       exit 1
│   └── QueryTimedOut
├── ResultInvalid                 a strategy of a search gave no valid result              exit 1
├── BackupRefused                 a file cannot be restored; nothing was changed            exit 1
│   ├── BackupDamaged
│   ├── BackupForeign
│   ├── BackupTooNew
│   └── PassphraseWrong
├── ValueNotWritable              a format cannot hold a value of the graph                exit 1
├── RestoreFailed                 a restore could not be finished; it can be continued        exit 1
└── StoreFailed                   the disk or object store refused bytes                   exit 1
    ├── StoreFull
    ├── NotStored
    └── StoredDamaged

Each class has a tier (its severity; fathom/errors/tiers.py says what a caller gets), whether a retry can help, and a hint for
the next step.
"""

from __future__ import annotations

from typing import TypeVar

from fathom.errors.backups import (
    BackupDamaged,
    BackupForeign,
    BackupMissing,
    BackupRefused,
    BackupTooNew,
    CollectionOccupied,
    PassphraseMissing,
    PassphraseWrong,
    RestoreFailed,
    RestoreUnfinished,
)
from fathom.errors.base import (
    DocumentFailed,
    DocumentRejected,
    FathomError,
    PartUnreachable,
    Refused,
    SettingsInvalid,
    StoreFailed,
    Tier,
    UsageWrong,
)
from fathom.errors.deployment import (
    ConverterUnreachable,
    DagsterUnreachable,
    DatabaseLocked,
    DatabaseUnreachable,
    GraphUnreachable,
    NotStored,
    PortTaken,
    StoredDamaged,
    StoreFull,
    UnsafePath,
)
from fathom.errors.documents import (
    ArchiveBomb,
    CheckBlocked,
    ChunkingFailed,
    ChunkingTimedOut,
    ConversionCancelled,
    ConversionFailed,
    ConversionOutOfMemory,
    ConversionTimedOut,
    DocumentDamaged,
    DocumentLocked,
    DocumentTooLarge,
    DocumentWithoutPages,
    DoneInPart,
    EmptyDocument,
    GraphWriteFailed,
    LeaseLost,
    NestedTooDeep,
    PasswordWrong,
    RunCancelled,
    RunLost,
    TooManyPages,
    UnknownFormat,
    WriteUndone,
)
from fathom.errors.graph_files import GraphFileInvalid, ValueNotWritable
from fathom.errors.language_models import (
    AccountRefused,
    AddressWrong,
    AnswerRefused,
    AnswersUnusable,
    AnswerTruncated,
    AnswerUnusable,
    BudgetSpent,
    CertificateMissing,
    CertificateRefused,
    CreditSpent,
    ExtractionFailed,
    KeyRefused,
    LanguageModelUnreachable,
    ModelTooSmall,
    ModelUnknown,
    PassageTooLong,
    PermissionMissing,
    ProxyRefused,
    ProxyUnusable,
    RequestRefused,
)
from fathom.errors.queries import QueryFailed, QueryInvalid, QueryPosition, QueryRefused, QueryTimedOut, ResultInvalid
from fathom.errors.requests import FormDamaged, FormTooLarge, HostRefused, OriginRefused, UploadCut

__all__ = [
    "AccountRefused",
    "AddressWrong",
    "AnswerRefused",
    "AnswerTruncated",
    "AnswerUnusable",
    "AnswersUnusable",
    "ArchiveBomb",
    "BackupDamaged",
    "BackupForeign",
    "BackupMissing",
    "BackupRefused",
    "BackupTooNew",
    "BudgetSpent",
    "CertificateMissing",
    "CertificateRefused",
    "CheckBlocked",
    "ChunkingFailed",
    "ChunkingTimedOut",
    "CollectionOccupied",
    "ConversionCancelled",
    "ConversionFailed",
    "ConversionOutOfMemory",
    "ConversionTimedOut",
    "ConverterUnreachable",
    "CreditSpent",
    "DagsterUnreachable",
    "DatabaseLocked",
    "DatabaseUnreachable",
    "DocumentDamaged",
    "DocumentFailed",
    "DocumentLocked",
    "DocumentRejected",
    "DocumentTooLarge",
    "DocumentWithoutPages",
    "DoneInPart",
    "EmptyDocument",
    "ExtractionFailed",
    "FathomError",
    "FormDamaged",
    "FormTooLarge",
    "GraphFileInvalid",
    "GraphUnreachable",
    "GraphWriteFailed",
    "HostRefused",
    "KeyRefused",
    "LanguageModelUnreachable",
    "LeaseLost",
    "ModelTooSmall",
    "ModelUnknown",
    "NestedTooDeep",
    "NotStored",
    "OriginRefused",
    "PartUnreachable",
    "PassageTooLong",
    "PassphraseMissing",
    "PassphraseWrong",
    "PasswordWrong",
    "PermissionMissing",
    "PortTaken",
    "ProxyRefused",
    "ProxyUnusable",
    "QueryFailed",
    "QueryInvalid",
    "QueryPosition",
    "QueryRefused",
    "QueryTimedOut",
    "Refused",
    "RequestRefused",
    "RestoreFailed",
    "RestoreUnfinished",
    "ResultInvalid",
    "RunCancelled",
    "RunLost",
    "SettingsInvalid",
    "StoreFailed",
    "StoreFull",
    "StoredDamaged",
    "Tier",
    "TooManyPages",
    "UnknownFormat",
    "UnsafePath",
    "UploadCut",
    "UsageWrong",
    "ValueNotWritable",
    "WriteUndone",
    "error_named",
]

Named = TypeVar("Named", bound=FathomError)


def error_named(name: str, branch: type[Named]) -> type[Named]:
    """Returns the error class with a stored name; the branch itself for a name that is unknown or not below it."""
    found = globals().get(name)
    return found if isinstance(found, type) and issubclass(found, branch) else branch
