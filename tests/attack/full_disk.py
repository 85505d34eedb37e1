"""Fills the disk of a deployment during a batch, frees it, and sees whether every part and every document comes back.

python -m tests.attack.full_disk
python -m tests.attack.full_disk --rounds 3 --documents 34 --full-for 60

It needs the right to mount a file system of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attack.batches import Batches, running_deployment, seconds_until

SIZE_MB = 400
PIECE = b"\0" * 64 * 1024
NAMED_WITHIN_S = 10.0
WELL_WITHIN_S = 30.0  # of room
OVER_WITHIN_S = 900.0
FULL = "is full"  # in the sentence about the disk
HEADER = ("round", "full for s", "named after s", "all healthy after s of room", "batch over after s of room", "documents done")


class MountRefused(Exception):
    """This process may not mount a file system."""


@dataclass(frozen=True)
class FullDiskRound:
    """Holds the outcome of one full disk; seconds are None where it did not come to that in time."""

    number: int
    full_s: float
    named_s: float | None
    well_s: float | None
    over_s: float | None
    done: int
    documents: int

    @property
    def fine(self) -> bool:
        """Whether the full disk was named, and all came back in time."""
        well = self.well_s is not None and self.well_s <= WELL_WITHIN_S
        return self.named_s is not None and well and self.over_s is not None and self.done == self.documents

    def row(self) -> tuple[str, ...]:
        """The round as a row of the table."""
        times = ("never" if one is None else f"{one:.1f}" for one in (self.named_s, self.well_s, self.over_s))
        return str(self.number), f"{self.full_s:.0f}", *times, f"{self.done} of {self.documents}"


@contextmanager
def small_disk(folder: Path, size_mb: int = SIZE_MB) -> Iterator[Path]:
    """A file system of that size at the folder. Raises MountRefused."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise MountRefused(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Inside, there is no room left on the disk, also where something is given back meanwhile."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        fill(file.fileno())
        try:
            yield
        finally:
            ballast.unlink()


def fill(descriptor: int) -> None:
    """Writes until there is no room for anything more."""
    piece = PIECE
    while piece:
        try:
            os.write(descriptor, piece)
        except OSError:
            piece = piece[: len(piece) // 2]


def fill_once(batches: Batches, disk: Path, number: int, documents: int, full_for_s: float) -> FullDiskRound:
    """Fills the disk while a batch is on its way, for so long; returns when the batch is over and all parts are well."""
    collection = f"full-{number}"
    batches.drop(collection, documents)
    if seconds_until(lambda: batches.under_way(collection), OVER_WITHIN_S) is None:
        raise RuntimeError(f"The batch {collection} does not begin: {batches.counts(collection)}")
    began = time.monotonic()
    with filled(disk):
        named_s = seconds_until(lambda: FULL in (batches.status("dagster-daemon").detail or ""), NAMED_WITHIN_S)
        time.sleep(max(0.0, full_for_s - (time.monotonic() - began)))
    freed = time.monotonic()
    well_s = seconds_until(batches.well, 10 * WELL_WITHIN_S)
    over_s = seconds_until(lambda: batches.done(collection) == documents, OVER_WITHIN_S)
    over_s = None if over_s is None else time.monotonic() - freed
    done = batches.done(collection)
    return FullDiskRound(number, freed - began, named_s, well_s, over_s, done, documents)


def run(folder: Path, rounds: int, documents: int, full_for_s: float) -> list[FullDiskRound]:
    """Fills the disk of a deployment in this folder so many times in a row. Raises MountRefused."""
    found = []
    with small_disk(folder) as disk, running_deployment(disk / "home") as batches:
        for number in range(1, rounds + 1):
            found.append(fill_once(batches, disk, number, documents, full_for_s))
            print("| " + " | ".join(found[-1].row()) + " |", flush=True)
    return found


def main() -> int:
    """Prints the table; fails where something did not come back in time."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--documents", type=int, default=34)
    options.add_argument("--full-for", type=float, default=30.0, metavar="SECONDS")
    asked = options.parse_args()
    print("| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = run(Path(folder) / "disk", asked.rounds, asked.documents, asked.full_for)
        except MountRefused as refused:
            print(f"Not tried: {refused}")
            return 0
    return 0 if all(one.fine for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
