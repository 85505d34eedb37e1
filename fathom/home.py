"""Restricts the home folder of a deployment to the system user that runs it."""

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
# Opens an entry without following a symbolic link; with O_PATH, Linux also opens sockets and unreadable files.
_NAMED_ITSELF = os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_NONBLOCK)


def own_home(home: Path, *, whole: bool = False) -> int:
    """Sets the umask of this process and restricts a home that others may enter, or any home if `whole`.

    Returns the number of changed files and folders. Does not create a missing home.
    """
    os.umask(UMASK)
    return restrict_home(home) if whole else close_home(home)


def close_home(home: Path) -> int:
    """Restricts a home that others may enter; a closed home needs no change, since its content cannot be reached."""
    return restrict_home(home) if _is_open(home) else 0


def restrict_home(home: Path) -> int:
    """Removes the rights of other users from the home and all its content; returns the number of changed entries.

    Does not follow symbolic links. Files of other users are unchanged, inside a closed folder.
    """
    if is_shared(home):
        return 0
    try:
        folder = os.open(home.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        closed = _close(home.name, folder)  # first, so that others cannot reach its content
    finally:
        os.close(folder)
    return closed + sum(_close(name, within) for within, _, name in _entries(home))


def open_to_others(home: Path) -> list[Path]:
    """Returns the home and the entries in it to which other users have rights."""
    found = [home] if _is_open(home) else []
    for within, folder, name in _entries(home):
        with suppress(OSError):
            if _is_open_mode(os.stat(name, dir_fd=within, follow_symlinks=False).st_mode):
                found.append(folder / name)
    return found


def is_shared(home: Path) -> bool:
    """Returns True for a folder with other files than Fathom's: the root, a user's home folder, the project."""
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
    """Removes the rights of others from a file or folder; returns whether there were any."""
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
