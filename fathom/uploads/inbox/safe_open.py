"""Reading a file that others may be writing: only whole, only the one that was seen, never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fathom.errors import UnsafePath
from fathom.uploads.inbox.inbox_scan import FoundFile, Identity

SETTLE_S = 1.0  # a file nobody touched for this long is taken to be whole, where the system cannot tell


class StillChanging(Exception):
    """The file is being written, was replaced or went away; another look will tell."""


@contextmanager
def open_whole(inbox: Path, found: FoundFile) -> Iterator[tuple[BinaryIO, Settled]]:
    """The file's bytes and a check, to be called after reading, that they are one state of a whole file.

    Raises StillChanging when it is not the file that was seen or someone writes it, UnsafePath when a link is on its path.
    Never waits: not on a pipe that took the file's place, not on its writer.
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
    """Whether an open file is still the one that was seen, with nobody writing it."""

    def __init__(self, descriptor: int, found: FoundFile) -> None:
        self._descriptor = descriptor
        self._found = found

    def check(self) -> None:
        """Raises StillChanging unless size, time and inode are as seen and nobody has the file open for writing."""
        status = os.fstat(self._descriptor)
        if (
            not stat.S_ISREG(status.st_mode)
            or Identity.of(status) != self._found.identity
            or is_being_written(self._descriptor)
        ):
            raise StillChanging(self._found.path)


def is_being_written(descriptor: int) -> bool:
    """Whether someone has the file open for writing; False where the system cannot say.

    Linux grants a read lease only on a file without writers. The lease is given back at once, and its breaking signal is
    one that is ignored by default: the usual one would end this process.
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
    """The file as it looks now, or None when it is gone or no regular file."""
    try:
        status = inbox.joinpath(*found.parts).lstat()
    except OSError:
        return None
    return (
        FoundFile(found.document, found.collection, found.parts, Identity.of(status)) if stat.S_ISREG(status.st_mode) else None
    )


def open_folder(root: Path, parts: tuple[str, ...], *, create: bool = False) -> int:
    """A descriptor of the folder below the root, reached without following a link; `create` makes what is missing.

    Raises UnsafePath when a link or something else stands in the way, StillChanging when the folder is gone.
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
