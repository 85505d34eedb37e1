"""Kills and stops each part during a batch, and sees whether the status says so and the batch is over by itself.

python -m tests.attack.faults
python -m tests.attack.faults --documents 34 --part dagster-daemon --part "run worker"
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.attack.batches import Batches, running_deployment, seconds_until

PARTS = ("graph", "converter", "runs", "dagster-webserver", "dagster-daemon", "api", "supervisor")
# Processes that a part starts: whose they are.
WORKERS = {"conversion worker": "converter", "run worker": "runs", "code server": "dagster-daemon"}
FAULTS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}
SEEN_WITHIN_S = 5.0
OVER_WITHIN_S = 600.0
WELL_WITHIN_S = 120.0
HEADER = ("part", "fault", "word of status", "after s", "batch over after s", "documents done", "all healthy after s")


@dataclass(frozen=True)
class FaultOutcome:
    """Holds the outcome of one fault; seconds are None where it did not come to that in time."""

    part: str
    fault: str
    word: str
    seen_s: float | None
    over_s: float | None
    done: int
    documents: int
    well_s: float | None

    @property
    def fine(self) -> bool:
        """Whether it was seen in time and cost nothing."""
        seen = self.seen_s is not None and self.seen_s < SEEN_WITHIN_S
        return seen and self.over_s is not None and self.done == self.documents and self.well_s is not None

    def row(self) -> tuple[str, ...]:
        """The outcome as a row of the table."""
        done = f"{self.done} of {self.documents}"
        return self.part, self.fault, self.word, _shown(self.seen_s), _shown(self.over_s), done, _shown(self.well_s)


def make_fault(batches: Batches, part: str, fault: str, documents: int) -> FaultOutcome:
    """Makes one fault during a batch; returns when the batch is over and all parts are well, or after long."""
    collection = f"{part} {fault}".replace(" ", "-")
    batches.drop(collection, documents)
    if seconds_until(lambda: batches.under_way(collection), OVER_WITHIN_S) is None:
        raise RuntimeError(f"The batch {collection} does not begin: {batches.counts(collection)}")
    victim = _victim(batches, part)
    began = time.monotonic()
    os.kill(victim.pid, FAULTS[fault])
    word, seen_s = _word(batches, part, victim)
    over_s = seconds_until(lambda: batches.done(collection) == documents, OVER_WITHIN_S)
    over_s = None if over_s is None else time.monotonic() - began
    well_s = seconds_until(batches.well, WELL_WITHIN_S)
    well_s = None if well_s is None else time.monotonic() - began
    return FaultOutcome(part, fault, word, seen_s, over_s, batches.done(collection), documents, well_s)


def _victim(batches: Batches, part: str) -> psutil.Process:
    if part not in WORKERS:
        pid = batches.status(part).pid
        if pid is None:
            raise RuntimeError(f"The {part} does not run.")
        return psutil.Process(pid)
    found: list[psutil.Process] = []

    def some() -> bool:
        found[:] = batches.children(WORKERS[part])
        return bool(found)

    if seconds_until(some, 60.0) is None:
        raise RuntimeError(f"There is no {part}.")
    return found[-1]


def _word(batches: Batches, part: str, victim: psutil.Process) -> tuple[str, float | None]:
    """Returns the first unhealthy word of the status and the seconds until it came; for a worker, `gone` counts as a word."""
    began = time.monotonic()
    while time.monotonic() - began < 60.0:
        status = batches.status(WORKERS.get(part, part))
        if not status.healthy:
            detail = (status.detail or "").split(",")[0].split(" (")[0].split(";")[0]
            return f"{status.state}: {detail}" if detail else status.state, time.monotonic() - began
        if part in WORKERS and not _lives(victim):
            return "worker gone", time.monotonic() - began
        if not _lives(victim):
            return "replaced", time.monotonic() - began
    return "healthy", None


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _shown(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f}"


def run(home: Path, parts: Sequence[str], faults: Sequence[str], documents: int) -> list[FaultOutcome]:
    """Makes every fault to every part in a deployment in this home, one after the other; tells each as it is over."""
    outcomes = []
    with running_deployment(home) as batches:
        for part in parts:
            for fault in faults:
                outcome = make_fault(batches, part, fault, documents)
                print("| " + " | ".join(outcome.row()) + " |", flush=True)
                outcomes.append(outcome)
    return outcomes


def main() -> int:
    """Prints the table; fails where a fault was not seen in time or cost a document."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=34)
    options.add_argument("--part", action="append", choices=(*PARTS, *WORKERS))
    options.add_argument("--fault", action="append", choices=tuple(FAULTS))
    asked = options.parse_args()
    print("| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        outcomes = run(home, asked.part or (*PARTS, *WORKERS), asked.fault or tuple(FAULTS), asked.documents)
    return 0 if all(outcome.fine for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
