"""Writes files to the inbox atomically, so that they are ingested in the same way as dropped files."""

from __future__ import annotations

import hashlib
import os
import stat
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

from fathom.errors import DocumentTooLarge, FathomError, Refused, UnsafePath, UsageWrong
from fathom.files import copy_blocks, store_error
from fathom.ids import collection_name, document_id, escaped
from fathom.settings import Settings
from fathom.uploads.inbox.inbox_scan import SPECIAL_HINT, is_left_alone
from fathom.uploads.inbox.safe_open import SETTLE_S, open_folder

_MB = 1024 * 1024
# Maps an open file to the stream to copy: the file itself or a replacement. Raises a FathomError to refuse it.
Opened: TypeAlias = Callable[[BinaryIO], BinaryIO]


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file in the inbox: its document id, version (SHA-256, hex), size in bytes, and path components below the inbox."""

    document: str
    version: str
    size: int
    parts: tuple[str, ...] = ()


@dataclass
class Placement:
    """Holds the placed files, the refused sources with their errors, and the start time in seconds since 1970.

    `batch` identifies the placed files that are new; None where there are none.
    """

    placed: list[PlacedFile] = field(default_factory=list)
    refused: list[tuple[str, FathomError]] = field(default_factory=list)
    since: float = field(default_factory=time.time)
    batch: str | None = None


def ingest_paths(
    paths: Iterable[Path], collection: str, settings: Settings, *, opened: Opened = lambda stream: stream
) -> Placement:
    """Copies all files of the paths, as `opened` gives them, to the inbox below the collection, replacing files of that name.

    A file keeps its name, files of a folder keep their path below it. Refused, without stopping the others: links,
    special files, hidden and unfinished files given by name, files larger than `settings.max_file_mb`, and a second
    source for the same document. Raises UnsafePath for an invalid collection name.
    """
    collection_name(collection)
    placement = Placement()
    sources: dict[str, Path] = {}
    for path in paths:
        try:
            for source, relative in files_of(path, placement):
                document = document_id(collection, relative)
                if sources.setdefault(document, source) != source:
                    raise UsageWrong(f"{source} and {sources[document]} would be the same document, {document}.")
                _place_file(source, collection, relative, settings, placement, opened)
        except FathomError as error:
            placement.refused.append((str(path), error))
    return placement


def place(settings: Settings, collection: str, relative: str, source: BinaryIO) -> PlacedFile:
    """Writes the bytes of the source durably to the inbox as `collection/relative`, replacing a file of that name.

    Raises UnsafePath for a path that leaves the collection, crosses a link or is ignored by the intake,
    DocumentTooLarge, StoreFull. A failure leaves at most an unfinished file, which the intake ignores.
    """
    document = document_id(collection, relative)
    parts = (collection, *(part for part in relative.split("/") if part not in ("", ".")))
    if any(is_left_alone(part) for part in parts[1:]):
        raise UnsafePath(f"{escaped(relative)} is hidden or unfinished by its name.", hint="Rename it.")
    try:
        folder = open_folder(settings.inbox_path, parts[:-1], create=True)
    except OSError as error:
        raise named_error(error, relative) from error
    temporary = f".{uuid.uuid4().hex}.part"
    try:
        kept = _fill(folder, temporary, source, settings.max_file_mb)
        os.replace(temporary, parts[-1], src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except OSError as error:
        raise named_error(error, relative) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        os.close(folder)
    return PlacedFile(document, *kept, parts)


def _fill(folder: int, name: str, source: BinaryIO, max_mb: int) -> tuple[str, int]:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder)
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "wb") as stream:
        size = copy_blocks(_Bounded(source, max_mb), stream, seen=digest)
        os.fsync(descriptor)
        # The file is complete when it gets its name: its time is set back, so that the intake need not wait for it to settle.
        now = time.time_ns()
        os.utime(descriptor, ns=(now, now - int(2 * SETTLE_S * 1e9)))
    return digest.hexdigest(), size


class _Bounded:
    """Wraps a source and raises DocumentTooLarge once more than the limit was read."""

    def __init__(self, source: BinaryIO, max_mb: int) -> None:
        self._source = source
        self._left = max_mb * _MB
        self._max_mb = max_mb

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise DocumentTooLarge(f"The file has more than {self._max_mb} MB, which is the limit.")
        return block


def _place_file(source: Path, collection: str, relative: str, settings: Settings, placement: Placement, opened: Opened) -> None:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnsafePath(f"{source} is not a regular file.", hint=SPECIAL_HINT)
            if status.st_size > settings.max_file_mb * _MB:
                raise DocumentTooLarge(f"{source} has {status.st_size / _MB:.0f} MB; the limit is {settings.max_file_mb} MB.")
            with opened(stream) as taken:
                placement.placed.append(place(settings, collection, relative, taken))
    except FathomError as error:
        placement.refused.append((str(source), error))
    except OSError as error:
        placement.refused.append((str(source), Refused(f"{source} cannot be read: {error.strerror}.")))


def files_of(path: Path, placement: Placement) -> Iterator[tuple[Path, str]]:
    """Yields each regular file of the path with its path below it; ignores hidden and unfinished files of folders."""
    if path.is_symlink():
        raise UnsafePath(f"{path} is a link.", hint="Give the file or folder itself.")
    if not path.exists():
        raise UsageWrong(f"{path} does not exist.")
    if not path.is_dir():
        yield path, path.name
        return

    def unreadable(error: OSError) -> None:
        placement.refused.append((str(error.filename), Refused(f"{error.filename} cannot be read: {error.strerror}.")))

    for folder, folders, names in os.walk(path, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not is_left_alone(name))
        for name in sorted([*names, *folders]):
            entry = Path(folder, name)
            if entry.is_symlink():
                placement.refused.append((str(entry), UnsafePath(f"{entry} is a link.")))
            elif name in names and not is_left_alone(name):
                yield entry, entry.relative_to(path).as_posix()


def named_error(error: OSError, relative: str) -> FathomError:
    """Returns the FathomError for this error of the operating system about a file of that path."""
    import errno

    name = escaped(relative)
    if error.errno in (errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG):
        return UnsafePath(f"{name} cannot be a file in the inbox: {error.strerror}.", hint="Rename it.")
    return store_error(error, name)
