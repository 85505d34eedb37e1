"""Pages a second of born-digital PDFs of others, layout and all, beside markitdown, which gives their words only.

Each document is converted by ours on one of two warm workers, by markitdown, and by ours on both workers at once, one after the
other, so that what else the machine does falls on all of them.
"""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure
from benchmarks.material import own_home
from fathom.conversion.service.converter_client import ConverterClient
from fathom.errors import FathomError
from fathom.settings import PROJECT_ROOT

CORPORA = PROJECT_ROOT.parent / "shared/corpora"
ROUNDS, WORKERS = 3, 2
PEER = "markitdown"
GOALS = {1: "≥ 1.5 ×", 2: "≥ 2 ×"}


@dataclass(frozen=True)
class Timed:
    """Seconds for a document of so many pages, the least of ROUNDS: ours, the peer's, and ours of two copies at once."""

    pages: int
    ours: float
    peer: float
    both: float


def measure() -> list[Figure]:
    """Pages a second over all documents that both convert, and the median of the documents' ratios."""
    with own_home() as settings:
        client = ConverterClient(settings.model_copy(update={"convert_workers": WORKERS}))
        client.ensure_started(warm=True)
        while len(client.status().workers) < WORKERS or any(one.state == "starting" for one in client.status().workers):
            time.sleep(0.1)
        timed = [one for path in _born_digital() if (one := _timed(client, path)) is not None]
        client.stop()
    if not timed:
        return []
    pages = sum(one.pages for one in timed)
    peer = pages / sum(one.peer for one in timed)
    note = f"{len(timed)} PDFs, {pages} pages, least of {ROUNDS}"
    names = {1: "PDFs of others, one at a time", 2: "PDFs of others, two at a time"}
    seconds = {1: [one.ours for one in timed], 2: [one.both / WORKERS for one in timed]}
    figures = []
    for count, name in names.items():
        rate = pages / sum(seconds[count])
        figures.append(Figure(name, rate, "pages/s", PEER, peer, GOALS[count], note))
        ratios = [one.peer / ours for one, ours in zip(timed, seconds[count], strict=True)]
        figures.append(Figure(f"{name}, times as fast, median document", median(ratios), "×", goal=GOALS[count]))
    return figures


def _born_digital() -> list[Path]:
    """The corpora's PDFs that have a text layer; none where the corpora are not there."""
    manifest = CORPORA / "MANIFEST.jsonl"
    if not manifest.is_file():
        return []
    entries = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
    paths = [CORPORA / entry["path"] for entry in entries if entry.get("pdf_kind") == "text"]
    return [path for path in paths if path.suffix == ".pdf" and path.is_relative_to(CORPORA / "documents")]


def _timed(client: ConverterClient, path: Path) -> Timed | None:
    """None where it is refused, needs OCR, or the peer cannot read it."""
    from markitdown import MarkItDown, MarkItDownException

    version = hashlib.sha256(path.read_bytes()).hexdigest()
    peer = MarkItDown()
    try:
        report = client.convert(path, version=version).report
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer.convert(str(path))
    except (FathomError, MarkItDownException):
        return None
    if report.ocr_pages or not report.pages_converted:
        return None
    ours, theirs, both = [], [], []
    with ThreadPoolExecutor(WORKERS) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda: client.convert(path, version=version)))
            theirs.append(_seconds(lambda: peer.convert(str(path))))
            both.append(_seconds(lambda: list(pool.map(lambda _: client.convert(path, version=version), range(WORKERS)))))
    return Timed(report.pages_converted, min(ours), min(theirs), min(both))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
