"""Scans the inbox for files that are uploads and for entries that are refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fathom.errors import FathomError, Refused, UnsafePath
from fathom.ids import DEFAULT_COLLECTION, collection_name, document_id, escaped

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart")
CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
SPECIAL_HINT = "Put the file itself into the inbox; pipes, sockets and devices hold no document."


@dataclass(frozen=True, slots=True)
class Identity:
    """The stat fields of a file; a write or a replacement changes at least 1 of them."""

    size: int
    mtime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """Returns the identity in a stat result."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file in the inbox. `parts` are its path components below the inbox as the system spells them."""

    document: str
    collection: str
    parts: tuple[str, ...]
    identity: Identity

    @property
    def path(self) -> str:
        """Its path below the inbox, printable."""
        return escaped("/".join(self.parts))


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """An entry of the inbox that cannot be an upload; `path` is printable, `key` is its id among documents."""

    key: str
    collection: str
    path: str
    error: FathomError


@dataclass
class InboxScan:
    """The content of the inbox: files by document id, and refused entries."""

    files: dict[str, FoundFile] = field(default_factory=dict)
    refused: list[RefusedEntry] = field(default_factory=list)


def is_left_alone(name: str) -> bool:
    """Returns whether the name is that of a hidden, unfinished or clutter file, which is not an upload."""
    lower = name.lower()
    return name.startswith((".", "~$")) or lower.endswith(UNFINISHED) or lower in CLUTTER


def scan(inbox: Path) -> InboxScan:
    """Scans all entries below the inbox without opening files or following links; a missing inbox is empty.

    A file at the top belongs to the collection `default`; the first folder is the collection. Links, special files, and
    folders that cannot be read or whose name is no collection name are refused and never entered.
    """
    found = InboxScan()
    for entry, parts in _entries(inbox, (), found):
        _take(found, entry, parts)
    return found


def state_of_inbox(inbox: Path) -> int:
    """Returns a number that changes with any entry that `scan` sees, within this process; takes two microseconds a file."""
    state, waiting = 0, [str(inbox)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if is_left_alone(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    status = entry.stat(follow_symlinks=False)
                    of_file = status.st_size, status.st_mtime_ns, status.st_ctime_ns
                    state ^= hash((entry.path, status.st_mode, status.st_ino, *of_file))
        except OSError as error:
            state ^= hash((folder, error.errno))
    return state


def _entries(inbox: Path, folder: tuple[str, ...], found: InboxScan) -> Iterator[tuple[os.DirEntry[str], tuple[str, ...]]]:
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(inbox.joinpath(*folder)), key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            _refuse(found, folder, Refused(f"{_shown(folder)} cannot be read: {error.strerror}."))
            continue
        for entry in entries:
            parts = (*folder, entry.name)
            if is_left_alone(entry.name):
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield entry, parts
            elif folder or _names_a_collection(found, parts):
                waiting.append(parts)


def _names_a_collection(found: InboxScan, parts: tuple[str, ...]) -> bool:
    try:
        collection_name(parts[0])
    except UnsafePath as error:
        _refuse(found, parts, error)
        return False
    return True


def _take(found: InboxScan, entry: os.DirEntry[str], parts: tuple[str, ...]) -> None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(status.st_mode):
        _refuse(found, parts, UnsafePath(f"{_shown(parts)} is a link."))
        return
    if not stat.S_ISREG(status.st_mode):
        _refuse(found, parts, UnsafePath(f"{_shown(parts)} is not a regular file.", hint=SPECIAL_HINT))
        return
    collection, relative = (parts[0], parts[1:]) if len(parts) > 1 else (DEFAULT_COLLECTION, parts)
    document = document_id(collection, "/".join(relative))
    file = FoundFile(document, collection, parts, Identity.of(status))
    other = found.files.get(document)
    if other is None:
        found.files[document] = file
        return
    # `a.txt` and `default/a.txt` have the same document id: the file in the folder is the upload.
    kept, spare = (file, other) if len(file.parts) > len(other.parts) else (other, file)
    found.files[document] = kept
    twice = f"{spare.path} and {kept.path} would be the same document, {document}."
    error = UnsafePath(twice, hint="Keep one of them, or rename one.")
    found.refused.append(RefusedEntry(spare.path, collection, spare.path, error))


def _refuse(found: InboxScan, parts: tuple[str, ...], error: FathomError) -> None:
    path = _shown(parts)
    collection = parts[0] if len(parts) > 1 else DEFAULT_COLLECTION
    found.refused.append(RefusedEntry(path, escaped(collection), path, error))


def _shown(parts: tuple[str, ...]) -> str:
    return escaped("/".join(parts)) or "The inbox"
