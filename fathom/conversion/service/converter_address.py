"""The socket of a home's converter, and the locks that keep it the only converter."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from fathom.errors import ConverterUnreachable

# sun_path holds 108 bytes on Linux and 104 on macOS, the final zero included.
MAX_SOCKET_PATH = 100


class ConverterAddress:
    """The socket and locks of a home folder's converter."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "converter"
        self.socket = self.folder / "converter.sock"

    def prepare(self) -> None:
        """Creates the folder, closed to other users."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def starting(self, timeout: float) -> FileLock:
        """Returns the lock held by the caller that is starting a converter."""
        return FileLock(self.folder / "starting.lock", timeout=timeout, thread_local=False)

    def owning(self, timeout: float) -> FileLock:
        """Returns the lock held by the converter that owns the socket, for as long as it takes new work."""
        return FileLock(self.folder / "owning.lock", timeout=timeout, thread_local=False)

    @contextmanager
    def bindable(self) -> Iterator[str]:
        """Yields the socket's path in a form short enough for the kernel, while inside.

        Raises ConverterUnreachable if there is no such form on this system.
        """
        if len(os.fsencode(self.socket)) <= MAX_SOCKET_PATH:
            yield str(self.socket)
            return
        if not sys.platform.startswith("linux"):
            hint = "Set FATHOM_HOME to a shorter path."
            raise ConverterUnreachable(f"The path of the converter's socket is too long: {self.socket}.", hint=hint)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{folder}/{self.socket.name}"
        finally:
            os.close(folder)

    def connect(self, timeout: float) -> socket.socket:
        """Connects to the converter. Raises OSError where nothing listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            with self.bindable() as path:
                connection.connect(path)
        except BaseException:
            connection.close()
            raise
        return connection

    def listen(self) -> socket.socket:
        """Returns the listening socket, for this user only. The caller holds `owning`, so a present file is a leftover."""
        self.socket.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with self.bindable() as path:
                listener.bind(path)
        except BaseException:
            listener.close()
            raise
        finally:
            os.umask(before)
        listener.listen(512)
        listener.setblocking(False)
        return listener
