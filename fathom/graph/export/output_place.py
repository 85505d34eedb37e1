"""A private folder beside an export's target, in which the export is made before it gets its name.

A process that is killed leaves the folder; the next export to the same place deletes folders that no process locks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fathom.errors import StoreFull, UsageWrong
from fathom.files import store_error

_PREFIX = ".fathom-export-"
_LOCK = "lock"
_UNLOCKED_S = 60.0  # a folder without a lock for so long is not just being made
_HINT = "Free some disk space, or name another place with --output; nothing of this export is left."


@dataclass(frozen=True)
class OutputPlace:
    """A temporary folder with room for the export (`made`) and for scratch files, and the export's target."""

    folder: Path
    target: Path

    @property
    def made(self) -> Path:
        """The path of the export before it is published."""
        return self.folder / "made"

    @property
    def scratch(self) -> Path:
        """A folder for files that are deleted with the place."""
        found = self.folder / "scratch"
        found.mkdir(exist_ok=True)
        return found

    def pack(self) -> None:
        """Packs the folder `made` into a ZIP file of that name."""
        packed = self.folder / "packed"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for file in sorted(self.made.iterdir()):
                compressed = zipfile.ZIP_STORED if file.suffix == ".parquet" else zipfile.ZIP_DEFLATED
                archive.write(file, file.name, compressed)
                file.unlink()
        self.made.rmdir()
        packed.rename(self.made)

    def publish(self) -> None:
        """Gives the export its name, replacing a former file."""
        files = [self.made] if self.made.is_file() else list(self.made.iterdir())
        for file in files:
            _sync(file)
        self.made.replace(self.target)
        _sync(self.target.parent)


@contextmanager
def output_place(target: Path) -> Iterator[OutputPlace]:
    """Yields a place beside the target, and deletes all of it that was not published.

    Raises UsageWrong for a target that cannot be one, StoreFull, StoreFailed.
    """
    target = target.absolute()
    try:
        if target.is_dir() and any(target.iterdir()):
            raise UsageWrong(f"{target} is a folder with files in it.", hint="Name a new folder, or an empty one.")
        if target.exists() and not target.is_dir() and not target.is_file():
            raise UsageWrong(f"{target} is neither a file nor a folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        delete_leftovers(target.parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent))
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield OutputPlace(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
    except OSError as error:
        named = store_error(error, str(target))
        named.what_to_do = _HINT if isinstance(named, StoreFull) else "Name another place with --output."
        raise named from error


def delete_leftovers(folder: Path) -> int:
    """Deletes what exports of killed processes left in the folder; returns their number."""
    left = 0
    for path in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process deletes it, too
            if _is_abandoned(path):
                shutil.rmtree(path, ignore_errors=True)
                left += 1
    return left


def _is_abandoned(folder: Path) -> bool:
    lock = folder / _LOCK
    if not lock.exists():
        return time.time() - folder.stat().st_mtime > _UNLOCKED_S
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
