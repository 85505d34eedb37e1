"""What is known of one document's upload: its state, its version and who works on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fathom.errors import DoneInPart


class UploadState(StrEnum):
    """Where an upload stands.

    accepted → submitted → running → done | failed | rejected; a changed file is accepted again from any of them. An entry
    that was refused at the inbox has no bytes in the store and no version.
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
    """The row of one document in `uploads`: size in bytes, times in seconds since 1970 but `mtime_ns`.

    `run_key` is that of the run which has the document in hand, or had it last. An accepted document with a run key was
    changed while that run works on the version before, and is not planned until the run is over.
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
        """Whether it is done but for chunks that were set aside."""
        return self.state is UploadState.DONE and self.reason == DoneInPart.__name__


@dataclass(frozen=True, slots=True)
class InHand:
    """The version of a document that is wanted now, when it was accepted, in seconds since 1970, and its tries that failed.

    `owned` unless the run was started by hand and another run, or an earlier one, decides what becomes of the document.
    """

    document: str
    version: str
    accepted_at: float
    attempts: int = 0
    owned: bool = True


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run to be started once for its key, over documents of one collection and priority; `versions` stand in their order."""

    run_key: str
    collection: str
    documents: tuple[str, ...]
    versions: tuple[str, ...]
    priority: int = 0
    cause: str | None = None  # why its one document is worked on again
