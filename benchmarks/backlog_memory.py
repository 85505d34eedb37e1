"""Memory of the runs over a large backlog: a whole deployment, in which thousands of documents are dropped at once.

python -m benchmarks.backlog_memory [DOCUMENTS]

A document is four chunks, with names and facts of its own. A run is a process that the run server forks; each second its
resident memory is taken, and that of its pages which no other process has (USS).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil

from benchmarks.figure import Figure
from benchmarks.material import deployment
from fathom.deployment.components import process_folder
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState

DOCUMENTS = 2_000
AT_MOST_S = 2_400.0
ENDED = (UploadState.DONE, UploadState.FAILED, UploadState.REJECTED)
_PARAGRAPH = (
    "Firm {0} of Lyon was founded by Ada {0} in {1}. It acquired Works {0} of Turin on 3 May {1}, and Charles {0}, who had led "
    "the works, became a director of Firm {0}. "
)


def measure(documents: int = DOCUMENTS) -> list[Figure]:
    """The largest resident memory that a run had, and what it did not share."""
    with deployment() as of:
        folder = of.inbox_path / "backlog"
        folder.mkdir(parents=True)
        for number in range(documents):
            (folder / f"{number}.md").write_text(document(number))
        resident = own = 0
        began = time.monotonic()
        while (ended := _ended(of)) < documents:
            if time.monotonic() - began > AT_MOST_S:
                raise RuntimeError(f"Only {ended} of {documents} documents ended in {AT_MOST_S:.0f} s.")
            for process in _runs(of):
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    found = process.memory_full_info()
                    resident, own = max(resident, found.rss), max(own, found.uss)
            time.sleep(1)
        seconds = time.monotonic() - began
    note = f"{documents} documents of four chunks in {seconds:.0f} s"
    return [
        Figure("a run over a backlog, resident", resident / 1e6, "MB", goal="≤ 700 MB", note=note),
        Figure("of it shared with no other process", own / 1e6, "MB"),
    ]


def document(number: int) -> str:
    """A document of four sections."""
    sections = (f"## Part {part}\n\n" + _PARAGRAPH.format(f"{number}x{part}", 1900 + number % 100) * 4 for part in range(4))
    return f"# Report {number}\n\n" + "\n\n".join(sections) + "\n"


def _runs(of: Settings) -> Iterator[psutil.Process]:
    """The processes that the run server forked."""
    server = json.loads((process_folder(of) / "runs.json").read_text())["pid"]
    with suppress(psutil.NoSuchProcess):
        yield from psutil.Process(server).children(recursive=True)


def _ended(of: Settings) -> int:
    counts = open_intake(of).counts()
    return sum(counts.get(state, 0) for state in ENDED)


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure(*map(int, sys.argv[1:2]))]))
