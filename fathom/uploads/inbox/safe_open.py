"""Opens files of the inbox safely: only when complete, only the file that was scanned, never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fathom.errors import UnsafePath
from fathom.uploads.inbox.inbox_scan import FoundFile, Identity

SETTLE_S = 1.0  # a file unchanged for this long counts as complete, where the system cannot tell


class StillChanging(Exception):
    """The file is being written, was replaced or is gone; the next scan decides."""


@contextmanager
def open_whole(inbox: Path, found: FoundFile) -> Iterator[tuple[BinaryIO, Settled]]:
    """Yields the file's stream and a check, to be called after reading, that the bytes are a consistent, complete file.

    Raises StillChanging if it is not the scanned file or is being written, UnsafePath if a link is on its path. Never
    blocks, neither on a pipe that replaced the file nor on a writer.
    """
    folder = open_folder(inbox, found.parts[:-1])
    try:
        descriptor = os.open(found.parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError as error:
        raise StillChanging(found.path) from error
    except OSError as error:
        raise _unreadable(found.path, error) from error
    finally:
        os.close(folder)
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        settled = Settled(descriptor, found)
        settled.check()
        yield stream, settled


class Settled:
    """Checks that an open file is still the scanned file and has no writer."""

    def __init__(self, descriptor: int, found: FoundFile) -> None:
        self._descriptor = descriptor
        self._found = found

    def check(self) -> None:
        """Raises StillChanging unless size, time and inode are as scanned and no process has the file open for writing."""
        status = os.fstat(self._descriptor)
        if (
            not stat.S_ISREG(status.st_mode)
            or Identity.of(status) != self._found.identity
            or is_being_written(self._descriptor)
        ):
            raise StillChanging(self._found.path)


def is_being_written(descriptor: int) -> bool:
    """Returns whether a process has the file open for writing; False where the system cannot tell.

    Linux grants a read lease only on a file without writers. The lease is released at once, and its signal is set to
    SIGURG, which is ignored by default: the usual signal would end this process.
    """
    try:
        import fcntl
        import signal

        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except (ImportError, AttributeError, OSError):  # another system, a file of another user, a network file system
        return False
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def seen_again(inbox: Path, found: FoundFile) -> FoundFile | None:
    """Returns the file with its current identity, or None if it is gone or no regular file."""
    try:
        status = inbox.joinpath(*found.parts).lstat()
    except OSError:
        return None
    return (
        FoundFile(found.document, found.collection, found.parts, Identity.of(status)) if stat.S_ISREG(status.st_mode) else None
    )


def open_folder(root: Path, parts: tuple[str, ...], *, create: bool = False) -> int:
    """Opens the folder below the root without following a link and returns its descriptor; `create` makes missing folders.

    Raises UnsafePath if a component is a link or no folder, StillChanging if the folder is gone.
    """
    if create:
        root.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        descriptor = os.open(root, flags)
    except FileNotFoundError as error:
        raise StillChanging(str(root)) from error
    for position, name in enumerate(parts):
        parent = descriptor
        try:
            if create:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=parent)
            descriptor = os.open(name, flags | os.O_NOFOLLOW, dir_fd=parent)
        except FileNotFoundError as error:
            raise StillChanging(name) from error
        except OSError as error:
            raise _unreadable("/".join(parts[: position + 1]), error) from error
        finally:
            os.close(parent)
    return descriptor


def _unreadable(path: str, error: OSError) -> Exception:
    import errno

    from fathom.ids import escaped

    shown = escaped(path)
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return UnsafePath(f"{shown} is a link or not a folder.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return UnsafePath(f"{shown} cannot be read: {error.strerror}.", hint="Give Fathom's user the right to read it.")
    return error
