"""Writes a backup file part by part, with a part in memory at a time."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

import orjson
import zstandard

from fathom.graph.backup.archive_encryption import Cipher, new_cipher, plain
from fathom.graph.backup.archive_format import (
    CHECKSUM_LENGTH,
    CHECKSUM_PREFIX,
    COMPRESSION_LEVEL,
    FORMAT,
    HEADER,
    KEY,
    MANIFEST,
    PART_BYTES,
    VERSION,
    Header,
    Manifest,
    Part,
    PartKind,
)

_BLOCK = 1 << 20


class ArchiveWriter:
    """Writes parts to a new file; `finish` adds the manifest and the checksum, without which the file is no backup."""

    def __init__(self, stream: BinaryIO, key: bytes | None, cipher: Cipher) -> None:
        self._stream = stream
        self._key = key
        self._cipher = cipher
        self._zip: zipfile.ZipFile
        self.parts: list[Part] = []

    @classmethod
    def begin(cls, stream: BinaryIO, passphrase: str | None = None) -> Self:
        """Starts a backup in an empty, seekable file. Raises OSError, as all methods do."""
        key, cipher = new_cipher(passphrase) if passphrase else (None, plain)
        writer = cls(stream, key, cipher)
        writer._start()
        return writer

    def add_records(self, kind: PartKind, collection: str | None, key: str, records: Iterable[dict[str, Any]]) -> int:
        """Writes the records as JSON lines, in as many parts as they need; returns their number."""
        pending, size, total = [], 0, 0
        for record in records:
            line = orjson.dumps(record)
            pending.append(line)
            size += len(line) + 1
            total += 1
            if size >= PART_BYTES:
                self._part(kind, collection, key, b"\n".join(pending), len(pending))
                pending, size = [], 0
        if pending:
            self._part(kind, collection, key, b"\n".join(pending), len(pending))
        return total

    def add_file(self, kind: PartKind, collection: str | None, key: str, source: BinaryIO) -> None:
        """Writes the bytes of the source, in as many parts as they need, at least one."""
        block = source.read(PART_BYTES)
        while True:
            self._part(kind, collection, key, block, 1)
            if not (block := source.read(PART_BYTES)):
                return

    def finish(self, manifest: Manifest) -> str:
        """Writes the manifest and the checksum; returns the SHA-256 of the whole file. The stream stays open."""
        data = zstandard.compress(manifest.model_dump_json().encode(), COMPRESSION_LEVEL)
        self._member(MANIFEST, self._cipher(data))
        self._zip.comment = CHECKSUM_PREFIX + b"0" * (CHECKSUM_LENGTH - len(CHECKSUM_PREFIX))
        self._zip.close()
        self._stream.flush()
        end = self._stream.seek(0, 2) - CHECKSUM_LENGTH
        comment = CHECKSUM_PREFIX + _sha256(self._stream, end).encode()
        self._stream.seek(end)
        self._stream.write(comment)
        self._stream.flush()
        return _sha256(self._stream, end + CHECKSUM_LENGTH)

    def close(self) -> None:
        """Closes the file's directory of members, if `finish` did not; what it then writes is of no use."""
        with suppress(OSError, ValueError):
            self._zip.close()

    def _start(self) -> None:
        self._zip = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_STORED, allowZip64=True)
        header = Header(format=FORMAT, version=VERSION, encrypted=self._key is not None)
        self._member(HEADER, orjson.dumps(header.model_dump()))
        if self._key is not None:
            self._member(KEY, self._key)

    def _part(self, kind: PartKind, collection: str | None, key: str, data: bytes, records: int) -> None:
        stored = self._cipher(zstandard.compress(data, COMPRESSION_LEVEL))
        name = f"parts/{len(self.parts) + 1:06}"
        self._member(name, stored)
        digest = hashlib.sha256(stored).hexdigest()
        part = Part(
            name=name, kind=kind, collection=collection, key=key, records=records, stored_bytes=len(stored), sha256=digest
        )
        self.parts.append(part)

    def _member(self, name: str, data: bytes) -> None:
        self._zip.writestr(zipfile.ZipInfo(name), data)


def _sha256(stream: BinaryIO, length: int) -> str:
    digest = hashlib.sha256()
    stream.seek(0)
    while length > 0 and (block := stream.read(min(_BLOCK, length))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()


def file_checksum(path: Path) -> tuple[str, bytes]:
    """Returns the SHA-256 of the bytes before the checksum in hex, and the last bytes, which should be the checksum."""
    with path.open("rb") as stream:
        end = max(stream.seek(0, 2) - CHECKSUM_LENGTH, 0)
        digest = _sha256(stream, end)
        stream.seek(end)
        return digest, stream.read(CHECKSUM_LENGTH)
