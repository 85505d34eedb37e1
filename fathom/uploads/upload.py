"""The upload of a document: its state, its version and the run that works on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fathom.errors import AccountRefused, BudgetSpent, DoneInPart, FathomError

_MAX_DETAIL = 500  # characters of an error's message


class UploadState(StrEnum):
    """The state of an upload.

    accepted → submitted → running → done | failed | rejected; a changed file becomes accepted from any state. A refused
    entry of the inbox has no bytes in the store and no version.
    """

    ACCEPTED = "accepted"
    SUBMITTED = "submitted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"
    REFUSED = "refused"


ENDED = (UploadState.DONE, UploadState.FAILED, UploadState.REJECTED)


@dataclass(frozen=True, slots=True)
class Upload:
    """The row of a document in `uploads`: size in bytes, times in seconds since 1970 except `mtime_ns`.

    `run_key` is the key of the run that works or last worked on the document. An accepted document with a run key was
    changed while that run works on the previous version, and is not planned until the run has ended.
    """

    document: str
    collection: str
    path: str
    size: int
    mtime_ns: int
    version: str | None
    state: UploadState
    stage: str | None
    reason: str | None
    detail: str | None
    run_key: str | None
    run_id: str | None
    attempts: int
    accepted_at: float | None
    updated_at: float

    @property
    def in_part(self) -> bool:
        """Whether the document is done except for quarantined chunks."""
        return self.state is UploadState.DONE and self.reason == DoneInPart.__name__


@dataclass(frozen=True, slots=True)
class ClaimedVersion:
    """The current version of a document, when it was accepted in seconds since 1970, and the number of failed tries.

    `owned` is False if the run was started by hand and another or earlier run owns the state of the document.
    """

    document: str
    version: str
    accepted_at: float
    attempts: int = 0
    owned: bool = True


@dataclass(frozen=True, slots=True)
class FailedTry:
    """The error of a try at a document, and the run and the stage it ended, if known."""

    error: Exception
    run_id: str | None = None
    stage: str | None = None

    @property
    def name(self) -> str:
        """The name of the error."""
        return self.error.name if isinstance(self.error, FathomError) else type(self.error).__name__

    @property
    def message(self) -> str:
        """The message of the error, cut to a bound."""
        return (self.error.message if isinstance(self.error, FathomError) else str(self.error))[:_MAX_DETAIL]

    @property
    def waits(self) -> bool:
        """Whether the document waits for the budget or a paused account, so that the try does not count."""
        return isinstance(self.error, BudgetSpent) or (
            isinstance(self.error, AccountRefused) and self.error.account is not None
        )

    @property
    def retryable(self) -> bool:
        """Whether another try can succeed; so it is for a defect (no FathomError), which may be transient."""
        return self.error.retryable and not self.error.final if isinstance(self.error, FathomError) else True


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run to start once for its key, over documents of a collection and priority; `versions` are in their order."""

    run_key: str
    collection: str
    documents: tuple[str, ...]
    versions: tuple[str, ...]
    priority: int = 0
    cause: str | None = None  # why its single document is processed again
