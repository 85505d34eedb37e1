"""Keeps the home folder of a deployment to the system user that runs it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# Umask of every process of Fathom: other users get no rights to its files.
UMASK = 0o077
_OWNER = stat.S_IRWXU
# Opens what is named and nothing behind a symbolic link; Linux gives a descriptor of sockets and unreadable files as well.
_NAMED_ITSELF = os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_NONBLOCK)


def own_home(home: Path, *, whole: bool = False) -> int:
    """Makes this process write for its own user only, and mends a home that others may enter; any home where `whole`.

    Returns how many files and folders were mended. A home that does not exist is not made.
    """
    os.umask(UMASK)
    return mend_home(home) if whole else close_home(home)


def close_home(home: Path) -> int:
    """Mends a home that others may enter; one that they may not is taken as it is, since nothing in it can be reached."""
    return mend_home(home) if _is_open(home) else 0


def mend_home(home: Path) -> int:
    """Takes the rights of other users from the home and from everything in it; returns how many files and folders had some.

    Symbolic links are not followed. What belongs to another user stays as it is, within a folder that is closed.
    """
    if is_shared(home):
        return 0
    try:
        folder = os.open(home.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        closed = _close(home.name, folder)  # first: from here on nobody else reaches what is in it
    finally:
        os.close(folder)
    return closed + sum(_close(name, within) for within, _, name in _entries(home))


def open_to_others(home: Path) -> list[Path]:
    """Returns the home, and what is in it, as far as other users have rights to them."""
    found = [home] if _is_open(home) else []
    for within, folder, name in _entries(home):
        with suppress(OSError):
            if _is_open_mode(os.stat(name, dir_fd=within, follow_symlinks=False).st_mode):
                found.append(folder / name)
    return found


def is_shared(home: Path) -> bool:
    """True for a folder that holds more than a deployment, whose files are not all Fathom's: the root, a user's own folder."""
    with suppress(RuntimeError):  # a user without a folder
        if Path.home().is_relative_to(home):
            return True
    return home == Path(home.anchor) or Path(__file__).is_relative_to(home)


def _is_open(path: Path) -> bool:
    try:
        return _is_open_mode(path.lstat().st_mode)
    except OSError:
        return False


def _is_open_mode(mode: int) -> bool:
    return not stat.S_ISLNK(mode) and bool(stat.S_IMODE(mode) & ~_OWNER)


def _entries(home: Path) -> Iterator[tuple[int, Path, str]]:
    """Yields a descriptor of the folder, its path and the name of everything below the home."""
    with suppress(FileNotFoundError, NotADirectoryError):
        for path, folders, files, descriptor in os.fwalk(home):
            yield from ((descriptor, Path(path), name) for name in (*folders, *files))


def _close(name: str, folder: int) -> bool:
    """Takes the rights of others from one file or folder; answers whether it had any."""
    try:
        named = os.open(name, _NAMED_ITSELF, dir_fd=folder)
    except OSError:  # gone, or a link where links cannot be opened
        return False
    try:
        mode = os.fstat(named).st_mode
        if not _is_open_mode(mode):
            return False
        if sys.platform.startswith("linux"):
            Path(f"/proc/self/fd/{named}").chmod(stat.S_IMODE(mode) & _OWNER)
        else:
            os.fchmod(named, stat.S_IMODE(mode) & _OWNER)
    except OSError:  # another user's
        return False
    finally:
        os.close(named)
    return True
