"""Streams an upload from the network to a hidden file in the inbox, which gets its name when it is complete."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from contextlib import suppress

from fathom.errors import DocumentTooLarge, UnsafePath
from fathom.files import store_error
from fathom.ids import document_id, escaped
from fathom.settings import Settings
from fathom.uploads.inbox.inbox_scan import is_left_alone
from fathom.uploads.inbox.inbox_writer import PlacedFile, named_error
from fathom.uploads.inbox.safe_open import SETTLE_S, open_folder

_MB = 1024 * 1024
MAX_ID_BYTES = 2048  # of a document's id, which is a key of tables: an index entry of Postgres holds 2,704
_HEAD = 64 * 1024  # first bytes that are kept, to detect the type


class UploadStream:
    """A file being uploaded; it is deleted on `close` unless `finish` was called."""

    def __init__(self, settings: Settings) -> None:
        """Opens a hidden file in the inbox. Raises StoreFull, StoreFailed."""
        self._settings = settings
        self._limit = settings.max_file_mb * _MB
        self._digest = hashlib.sha256()
        self.size = 0
        self.head = b""
        self._name = f".{uuid.uuid4().hex}.part"
        inbox = settings.inbox_path
        try:
            inbox.mkdir(parents=True, exist_ok=True)
            self._folder = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(self._name, flags, 0o644, dir_fd=self._folder)
        except OSError as error:
            raise store_error(error, "a new file") from error

    def write(self, data: bytes) -> None:
        """Appends the bytes. Raises DocumentTooLarge past `max_file_mb`, StoreFull, StoreFailed."""
        self.size += len(data)
        if self.size > self._limit:
            raise DocumentTooLarge(f"The file has more than {self._settings.max_file_mb} MB, which is the limit.")
        if len(self.head) < _HEAD:
            self.head += data[: _HEAD - len(self.head)]
        self._digest.update(data)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise store_error(error, "a new file") from error

    def finish(self, collection: str, name: str) -> PlacedFile:
        """Moves the file durably to `collection/name` in the inbox, replacing a file of that name.

        Raises UnsafePath for a name that leaves the collection, crosses a link or is that of an unfinished file.
        """
        document = document_id(collection, name)
        if len(document.encode()) > MAX_ID_BYTES:
            raise UnsafePath(f"The name is too long: {escaped(name)[:60]}….", hint=f"Use at most {MAX_ID_BYTES} bytes.")
        parts = (collection, *(part for part in name.split("/") if part not in ("", ".")))
        if any(is_left_alone(part) for part in parts[1:]):
            raise UnsafePath(f"{escaped(name)} is hidden or unfinished by its name.", hint="Rename it.")
        try:
            os.fsync(self._file)
            now = time.time_ns()  # complete when it gets its name: no need to wait for it to settle
            os.utime(self._file, ns=(now, now - int(2 * SETTLE_S * 1e9)))
            folder = open_folder(self._settings.inbox_path, parts[:-1], create=True)
            try:
                os.replace(self._name, parts[-1], src_dir_fd=self._folder, dst_dir_fd=folder)
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise named_error(error, name) from error
        return PlacedFile(document, self._digest.hexdigest(), self.size, parts)

    def close(self) -> None:
        """Deletes the file unless it was finished."""
        with suppress(OSError):
            os.unlink(self._name, dir_fd=self._folder)
        for descriptor in (self._file, self._folder):
            with suppress(OSError):
                os.close(descriptor)
