"""Verifies and reads a backup file."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import zstandard
from pydantic import ValidationError

from fathom.errors import BackupDamaged, BackupForeign, BackupMissing, BackupTooNew, PassphraseMissing
from fathom.graph.backup.archive_encryption import Cipher, open_cipher, plain
from fathom.graph.backup.archive_format import (
    CHECKSUM_PREFIX,
    FORMAT,
    HEADER,
    KEY,
    MANIFEST,
    MAX_MANIFEST,
    MAX_PART,
    VERSION,
    Header,
    Manifest,
    Part,
    PartKind,
)
from fathom.graph.backup.archive_writer import file_checksum

MAX_HEADER = 10_000  # bytes
# Errors of zipfile for a damaged file, or one with features that no backup has.
_UNREADABLE = (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error)


class ArchiveReader:
    """Reads a verified backup."""

    def __init__(self, archive: zipfile.ZipFile, cipher: Cipher, manifest: Manifest, encrypted: bool) -> None:
        self._zip = archive
        self._cipher = cipher
        self.manifest = manifest
        self.encrypted = encrypted
        self.bases: list[ArchiveReader] = []  # the backups with the content that this one lacks, newest first

    def parts(self, kind: PartKind, collection: str | None = None, key: str | None = None) -> list[Part]:
        """Returns the parts of this kind, in order, of a collection or key if given."""
        return [
            part
            for part in self.manifest.parts
            if part.kind == kind and (collection is None or part.collection == collection) and (key is None or part.key == key)
        ]

    def records(self, kind: PartKind, collection: str | None = None, key: str | None = None) -> Iterator[dict[str, Any]]:
        """Yields the records of these parts. Raises BackupDamaged."""
        for part in self.parts(kind, collection, key):
            for line in self.data(part).split(b"\n"):
                if line:
                    yield orjson.loads(line)

    def data(self, part: Part) -> bytes:
        """Returns the unpacked bytes of a part, whose checksum is verified. Raises BackupDamaged."""
        try:
            stored = self._zip.read(part.name)
        except (KeyError, *_UNREADABLE) as error:
            raise BackupDamaged(f"The part {part.name} of the backup cannot be read.") from error
        if hashlib.sha256(stored).hexdigest() != part.sha256:
            raise BackupDamaged(f"The part {part.name} of the backup has changed: its checksum differs.")
        return _unpack(self._cipher(stored), MAX_PART)

    def content(self) -> dict[str, tuple[ArchiveReader, list[Part]]]:
        """Returns the parts of each version of content, also of those in the backups that this one is based on."""
        found: dict[str, tuple[ArchiveReader, list[Part]]] = {}
        for archive in (self, *self.bases):
            for part in archive.parts("content"):
                if part.key not in found or found[part.key][0] is archive:
                    found.setdefault(part.key, (archive, []))[1].append(part)
        return found

    def verify_parts(self) -> None:
        """Reads every part once, so that a damaged one is found before anything is restored. Raises BackupDamaged."""
        for archive in (self, *self.bases):
            for part in archive.manifest.parts:
                archive.data(part)


@contextmanager
def open_archive(path: Path, passphrase: str | None = None) -> Iterator[ArchiveReader]:
    """Opens a backup after verifying its checksum, header and manifest.

    Raises BackupMissing, BackupForeign, BackupTooNew, BackupDamaged, PassphraseMissing, PassphraseWrong.
    """
    if not path.is_file():
        raise BackupMissing(f"There is no file {path.name}.")
    whole = _has_checksum(path)
    try:
        archive = zipfile.ZipFile(path)
    except _UNREADABLE as error:
        raise _not_a_backup(path) from error
    with archive:
        header = _header(archive, path)
        if not whole:
            raise BackupDamaged(f"{path.name} is truncated or damaged: its checksum is missing.")
        cipher: Cipher = plain
        if header.encrypted:
            if not passphrase:
                raise PassphraseMissing(f"{path.name} is encrypted.")
            cipher = open_cipher(_read(archive, KEY), passphrase)
        yield ArchiveReader(archive, cipher, _manifest(archive, cipher), header.encrypted)


def _not_a_backup(path: Path) -> BackupDamaged | BackupForeign:
    """Returns the error for a file that is no whole ZIP file: a truncated backup begins as a backup does."""
    begins = b""
    if path.is_file():
        with path.open("rb") as stream:
            begins = stream.read(200)
    if HEADER.encode() in begins:
        return BackupDamaged(f"{path.name} is truncated or damaged.")
    return BackupForeign(f"{path.name} is no backup of Fathom.")


def _header(archive: zipfile.ZipFile, path: Path) -> Header:
    try:
        if archive.getinfo(HEADER).file_size > MAX_HEADER:
            raise BackupForeign(f"{path.name} is no backup of Fathom.")
        found = orjson.loads(archive.read(HEADER))
        version = found.get("version")
        if found.get("format") != FORMAT:
            raise BackupForeign(f"{path.name} is no backup of Fathom.")
        if version != VERSION:
            raise BackupTooNew(f"{path.name} has version {version} of the format; this Fathom reads version {VERSION}.")
        return Header.model_validate(found)
    except KeyError as error:
        raise BackupForeign(f"{path.name} is no backup of Fathom.") from error
    except (*_UNREADABLE, AttributeError) as error:
        raise BackupDamaged(f"The header of {path.name} cannot be read.") from error


def _has_checksum(path: Path) -> bool:
    """Returns whether the file ends with the checksum of all that is before it. Raises BackupDamaged for another checksum."""
    digest, last = file_checksum(path)
    if not last.startswith(CHECKSUM_PREFIX):
        return False
    if last != CHECKSUM_PREFIX + digest.encode():
        raise BackupDamaged(f"{path.name} has changed since it was written: its checksum differs.")
    return True


def _manifest(archive: zipfile.ZipFile, cipher: Cipher) -> Manifest:
    try:
        return Manifest.model_validate_json(_unpack(cipher(_read(archive, MANIFEST)), MAX_MANIFEST))
    except ValidationError as error:
        raise BackupDamaged("The manifest of the backup cannot be read.") from error


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except (KeyError, *_UNREADABLE) as error:
        raise BackupDamaged(f"The backup has no readable {name}.") from error


def _unpack(data: bytes, limit: int) -> bytes:
    try:
        if zstandard.frame_content_size(data) > limit:
            raise BackupDamaged("A part of the backup is larger than any that Fathom writes.")
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=limit)
    except zstandard.ZstdError as error:
        raise BackupDamaged("A part of the backup cannot be unpacked.") from error
