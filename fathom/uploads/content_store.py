"""Stores accepted bytes by their hash, so that later steps read the accepted version even if the file has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fathom.errors import NotStored
from fathom.files import Files, Readable, copy_blocks
from fathom.settings import Settings


@dataclass(frozen=True)
class StoredContent:
    """Bytes in the store: their version (SHA-256, hex) and size in bytes."""

    version: str
    size: int


class UploadStore:
    """A content-addressed store of uploads, below `uploads/sha256/`. The same bytes are stored once."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def keep(self, source: Readable, *, confirm: Callable[[], None] | None = None) -> StoredContent:
        """Stores all bytes of the source, which are hashed while they are copied in bounded memory.

        `confirm` is called after the copy and before the file gets its name; if it raises, nothing is left behind.
        Raises StoreFull, StoreFailed, and leaves no partial file.
        """
        digest = hashlib.sha256()
        with self.files.incoming() as (path, stream):
            size = copy_blocks(source, stream, seen=digest)
            if confirm is not None:
                confirm()
            kept = StoredContent(digest.hexdigest(), size)
            if not self.files.exists(_name(kept.version)):
                self.files.publish(path, stream, _name(kept.version))
        return kept

    @contextmanager
    def open_local(self, version: str) -> Iterator[Path]:
        """Yields a local path with the bytes of the version, to be read only. Raises NotStored, StoreFailed."""
        try:
            with self.files.local(_name(version)) as path:
                yield path
        except NotStored as error:
            raise NotStored(f"The accepted bytes of version {version[:12]} are not in the store.") from error

    def has(self, version: str) -> bool:
        """Returns whether the bytes of the version are stored. Raises StoreFailed."""
        return self.files.exists(_name(version))

    def forget(self, version: str) -> bool:
        """Deletes the bytes of the version; returns whether they were stored. Raises StoreFailed."""
        return self.files.delete(_name(version))

    def url_of(self, version: str) -> str:
        """Returns the URL of the bytes of the version, to be shown to people."""
        return self.files.url_of(_name(version))

    def sweep(self) -> int:
        """Deletes partial copies left by killed processes; returns the number of files."""
        return self.files.sweep()


def open_store(settings: Settings) -> UploadStore:
    """Opens the upload store of this deployment, at `FATHOM_STORE`."""
    return UploadStore(Files(settings.store_url, scratch=settings.home / "tmp"))


def _name(version: str) -> str:
    return f"uploads/sha256/{version[:2]}/{version}"
