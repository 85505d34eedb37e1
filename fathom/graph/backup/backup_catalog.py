"""Lists, opens and expires the backups in a folder or object store; beside each file is a small description of it.

The description of an encrypted backup names its collections and counts, so that it can be listed without the passphrase.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fathom.errors import BackupMissing, NotStored, StoredDamaged
from fathom.files import Files
from fathom.graph.backup.archive_format import SUFFIX, CollectionContents


class BackupProof(BaseModel):
    """The outcome of a restore of the backup into a scratch graph."""

    model_config = ConfigDict(frozen=True)

    at: float = Field(description="seconds since 1970")
    proven: bool
    detail: str
    seconds: float


class BackupDescription(BaseModel):
    """A backup in a list."""

    model_config = ConfigDict(frozen=True)

    backup_id: str
    path: str = Field(description="path or URL of the file")
    created_at: float
    size_bytes: int
    sha256: str
    encrypted: bool
    scope: str | None = Field(description="the collection that was asked for; None for all")
    collections: list[CollectionContents]
    nodes: int
    relationships: int
    digest: str
    based_on: str | None = None
    reason: str = Field("", description="why it was made: by hand, by schedule, before a clear or a restore")
    paused_seconds: float = Field(0.0, description="for how long writers had to wait")
    proof: BackupProof | None = None


class BackupCatalog:
    """The backups below a path or URL. Methods raise StoreFull and StoreFailed."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def backups(self) -> list[BackupDescription]:
        """Returns the backups, newest first."""
        names = (name for name in self.files.names() if name.endswith(_DESCRIBED))
        found = [self._description(name) for name in names]
        return sorted(found, key=lambda backup: -backup.created_at)

    def find(self, backup_id: str) -> BackupDescription:
        """Returns the backup with this id, or a unique beginning of it. Raises BackupMissing."""
        found = [backup for backup in self.backups() if backup.backup_id.startswith(backup_id)] if backup_id else []
        exact = [backup for backup in found if backup.backup_id == backup_id]
        if len(exact or found) != 1:
            raise BackupMissing(f"There is no backup {backup_id}." if not found else f"Several backups begin with {backup_id}.")
        return (exact or found)[0]

    def describe(self, backup: BackupDescription) -> None:
        """Writes or replaces the description."""
        self.files.write(backup.backup_id + _DESCRIBED, backup.model_dump_json(indent=2).encode())

    def delete(self, backup_id: str) -> None:
        """Deletes the backup's file and description."""
        self.files.delete(backup_id + SUFFIX)
        self.files.delete(backup_id + _DESCRIBED)

    def expire(self, keep_days: float, keep_last: int, now: float | None = None) -> list[str]:
        """Deletes backups older than `keep_days`, except the newest `keep_last` and those that others are based on.

        Returns their ids.
        """
        before = (time.time() if now is None else now) - keep_days * 86400
        backups = self.backups()
        kept = [backup for rank, backup in enumerate(backups) if rank < keep_last or backup.created_at >= before]
        needed = {backup.based_on for backup in kept}
        while more := {b.based_on for b in backups if b.backup_id in needed and b.based_on} - needed:
            needed |= more
        stay = needed | {backup.backup_id for backup in kept}
        expired = [backup.backup_id for backup in backups if backup.backup_id not in stay]
        for backup_id in expired:
            self.delete(backup_id)
        return expired

    @contextmanager
    def local(self, backup_id: str) -> Iterator[Path]:
        """Yields a local path of the backup's file. Raises BackupMissing."""
        try:
            with self.files.local(backup_id + SUFFIX) as path:
                yield path
        except NotStored as error:
            raise BackupMissing(f"The file of the backup {backup_id} is not there.") from error

    def _description(self, name: str) -> BackupDescription:
        try:
            return BackupDescription.model_validate_json(self.files.read(name))
        except ValidationError as error:
            raise StoredDamaged(f"The description {name} of a backup cannot be read.") from error


_DESCRIBED = ".json"


def new_backup_id(now: float) -> str:
    """Returns an id that sorts by time: `20261130T205000Z-3f9a`."""
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
