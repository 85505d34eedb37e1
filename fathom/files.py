"""Stores bytes by name on the local disk or in an object store, atomically."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from fathom.errors import NotStored, StoreFailed, StoreFull

LEFTOVER_S = 600  # a temporary file without writes for this long belongs to a dead process
_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Files:
    """Files below a URL. A local file is renamed into place after fsync; an object is put as a whole.

    `url` is a local path or any fsspec URL; `scratch` is a local folder for transfers to and from an object store.
    Every method raises StoreFull without free space and StoreFailed if the store refuses for another reason.
    """

    def __init__(self, url: str, *, scratch: Path) -> None:
        from upath import UPath

        self._remote: Any = UPath(url)
        self._root: Path | None = Path(self._remote.path) if self._remote.protocol in ("", "file", "local") else None
        self._temporary = self._root / "tmp" if self._root else scratch

    def url_of(self, name: str) -> str:
        """Returns the location of the bytes, to be shown to people: a path or a URL."""
        return str(self._root / name if self._root else self._remote / name)

    def exists(self, name: str) -> bool:
        """Returns whether there are bytes under the name."""
        with _named_failures(name):
            return bool((self._root or self._remote).joinpath(name).is_file())

    def write(self, name: str, data: bytes) -> str:
        """Writes the bytes atomically: readers see the old or the new bytes. Returns `url_of(name)`."""
        with self.incoming() as (path, stream):
            with _named_failures(name):
                stream.write(data)
            return self.publish(path, stream, name)

    def read(self, name: str) -> bytes:
        """Returns the bytes under the name. Raises NotStored if there are none."""
        with _named_failures(name):
            data: bytes = (self._root or self._remote).joinpath(name).read_bytes()
            return data

    def names(self) -> list[str]:
        """Returns the names of the files directly below the URL, sorted."""
        place = self._root or self._remote
        with _named_failures("the list of files"):
            return sorted(path.name for path in place.iterdir() if path.is_file()) if place.is_dir() else []

    def delete(self, name: str) -> bool:
        """Deletes the bytes under the name; returns whether there were any."""
        if not self.exists(name):
            return False
        with _named_failures(name):
            (self._root or self._remote).joinpath(name).unlink()
        return True

    @contextmanager
    def incoming(self) -> Iterator[tuple[Path, BinaryIO]]:
        """Yields a new local file to fill and `publish`; deletes it if it was not published."""
        path = self._temporary / uuid.uuid4().hex
        try:
            with _named_failures("a new file"):
                self._temporary.mkdir(parents=True, exist_ok=True)
                stream = path.open("x+b")
            try:
                yield path, stream
            finally:
                with suppress(OSError):  # on a full disk, closing retries the last write
                    stream.close()
        finally:
            path.unlink(missing_ok=True)

    def publish(self, path: Path, stream: BinaryIO, name: str) -> str:
        """Syncs the incoming file to the disk and gives it its name, replacing the previous bytes; returns `url_of(name)`."""
        with _named_failures(name):
            stream.flush()
            if self._root is None:
                target = self._remote / name
                target.fs.put_file(str(path), target.path)
            else:
                os.fsync(stream.fileno())
                place = self._root / name
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)
                _sync_folder(place.parent)
        return self.url_of(name)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """Yields a local path with the bytes, to be read only within the context. Raises NotStored."""
        if self._root is not None:
            if not (self._root / name).is_file():
                raise NotStored(f"{name} is not in the store.")
            yield self._root / name
            return
        with self.incoming() as (path, stream):
            with _named_failures(name), (self._remote / name).open("rb") as source:
                shutil.copyfileobj(source, stream, _BLOCK)
                stream.flush()
            yield path

    def sweep(self, now: float | None = None) -> int:
        """Deletes temporary files left by killed processes; returns their number."""
        if not self._temporary.is_dir():
            return 0
        before = (time.time() if now is None else now) - LEFTOVER_S
        swept = 0
        for path in self._temporary.iterdir():
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
                    swept += 1
            except FileNotFoundError:
                continue
        return swept


class Readable(Protocol):
    """A source of bytes; returns none at its end."""

    def read(self, size: int = -1, /) -> bytes:
        """Returns the next bytes, at most `size`."""
        ...


class Digest(Protocol):
    """A hash that is updated incrementally."""

    def update(self, data: bytes, /) -> None:
        """Adds the bytes to the hash."""
        ...


def copy_blocks(source: Readable, target: BinaryIO, *, seen: Digest | None = None) -> int:
    """Copies the source to the target block by block and updates the hash `seen`; returns the number of bytes."""
    size = 0
    while block := source.read(_BLOCK):
        if seen is not None:
            seen.update(block)
        with _named_failures("a new file"):
            target.write(block)
        size += len(block)
    with _named_failures("a new file"):
        target.flush()
    return size


def store_error(error: OSError, name: str) -> StoreFailed:
    """Returns the FathomError for this error of the operating system."""
    if error.errno in _FULL:
        return StoreFull(f"There is no room left to keep {name}.")
    if isinstance(error, FileNotFoundError):
        return NotStored(f"{name} is not in the store.")
    return StoreFailed(
        f"The store refused {name}: {error.strerror or error}.", hint="Look at the disk or object store of FATHOM_STORE."
    )


@contextmanager
def _named_failures(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise store_error(error, name) from error


def _sync_folder(folder: Path) -> None:
    """Syncs the folder, so that a new name in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
