"""Accepted bytes, kept by their hash: a later step sees what was accepted even if the file changed since."""

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
class Kept:
    """Bytes in the store: their version (SHA-256, hex) and size in bytes."""

    version: str
    size: int


class UploadStore:
    """Uploads by version, below `uploads/sha256/`. The same bytes are kept once, whoever brings them and how often."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def keep(self, source: Readable, *, confirm: Callable[[], None] | None = None) -> Kept:
        """All bytes of the source are kept, hashed while copied in bounded memory.

        `confirm` is called when all is copied and before anything has its name; what it raises leaves nothing behind.
        Raises StoreFull, StoreFailed, leaving nothing half-written.
        """
        digest = hashlib.sha256()
        with self.files.incoming() as (path, stream):
            size = copy_blocks(source, stream, seen=digest)
            if confirm is not None:
                confirm()
            kept = Kept(digest.hexdigest(), size)
            if not self.files.exists(_name(kept.version)):
                self.files.publish(path, stream, _name(kept.version))
        return kept

    @contextmanager
    def open_local(self, version: str) -> Iterator[Path]:
        """A local path with the bytes of that version, to be read only. Raises NotStored, StoreFailed."""
        try:
            with self.files.local(_name(version)) as path:
                yield path
        except NotStored as error:
            raise NotStored(f"The accepted bytes of version {version[:12]} are not in the store.") from error

    def has(self, version: str) -> bool:
        """Whether the bytes of that version are kept. Raises StoreFailed."""
        return self.files.exists(_name(version))

    def forget(self, version: str) -> bool:
        """The bytes of that version are not kept; answers whether they were. Raises StoreFailed."""
        return self.files.delete(_name(version))

    def url_of(self, version: str) -> str:
        """Where the bytes of that version are, for a person."""
        return self.files.url_of(_name(version))

    def sweep(self) -> int:
        """What killed processes left half-copied is gone; answers how many files that were."""
        return self.files.sweep()


def open_store(settings: Settings) -> UploadStore:
    """The upload store of this deployment, at `FATHOM_STORE`."""
    return UploadStore(Files(settings.store_url, scratch=settings.home / "tmp"))


def _name(version: str) -> str:
    return f"uploads/sha256/{version[:2]}/{version}"
