"""CPU seconds for large documents, converted and chunked: a web page of one line, a long sheet, a text of one line.

The peers have the same file in the same run: markitdown converts it, which gives Markdown only, and docling's HybridChunker
cuts our document with the same tokenizer and bound. Seconds are those of the processor, whatever else the machine does.

python -m benchmarks.large_documents         all three
python -m benchmarks.large_documents page    only those named: page, sheet, line
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from unittest.mock import patch

from benchmarks.chunking import MAX_TOKENS, hybrid_chunker
from benchmarks.figure import Figure
from benchmarks.material import converted
from fathom.chunking.chunker import chunk_document
from fathom.conversion.quality import report_builder
from fathom.conversion.report import ConvertedDocument
from fathom.embedding.tokenizer import count_tokens

PAGE_BYTES = 8_000_000
SHEET_ROWS = 40_000
LINE_BYTES = 62_000_000
# The peer's share of the line: it takes so much longer that the rest would be waiting.
PEER_LINE_BYTES = 500_000
MAX_PEER_SECONDS = 300
Made = TypeVar("Made")
MARKITDOWN, HYBRID = "markitdown", "docling HybridChunker"


@dataclass(frozen=True)
class Timed:
    """CPU seconds of a conversion, of its comparison with the source, and of chunking; the peers' where they were asked."""

    converting: float
    comparing: float
    chunking: float
    chunks: int
    peer_converting: float | None = None
    peer_chunking: float | None = None


def page_of_one_line() -> str:
    """Paragraphs with a bold word and a link each, on one line."""
    pieces = ["<html><body>"]
    size, number = 0, 0
    while size < PAGE_BYTES:
        pieces.append(
            f"<p>Paragraph {number} of the page about <b>tides</b> and <a href='/x{number}'>locks</a> in the harbour.</p>"
        )
        size, number = size + len(pieces[-1]), number + 1
    return "".join([*pieces, "</body></html>"])


def write_sheet(path: Path) -> None:
    """Writes rows of a number, date, name, amount, share and note, most of them shown by a format."""
    import xlsxwriter  # type: ignore[import-untyped]

    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Readings")
    formats = [book.add_format({"num_format": code}) for code in ("General", "yyyy-mm-dd", "@", "$#,##0.00", "0.0%", "@")]
    sheet.write_row(0, 0, ["No", "Date", "Station", "Cost", "Share", "Note"])
    for number in range(1, SHEET_ROWS + 1):
        values = (number, 43_831 + number % 1_500, f"Station {number % 7}", number * 7 % 10_007 / 100, number % 101 / 101)
        for column, value in enumerate((*values, f"reading {number} taken at noon")):
            sheet.write(number, column, value, formats[column])
    book.close()


def line_of_records() -> str:
    """JSON on one line."""
    pieces: list[str] = []
    size, number = 0, 0
    while size < LINE_BYTES:
        pieces.append(json.dumps({"id": number, "name": f"Station {number % 97}", "note": "The gauge was read at noon."}))
        size, number = size + len(pieces[-1]) + 2, number + 1
    return ", ".join(pieces)


def measure(chosen: list[str]) -> list[Figure]:
    """Figures of the documents that are chosen."""
    makers: dict[str, Callable[[Path], list[Figure]]] = {"page": _page, "sheet": _sheet, "line": _line}
    with TemporaryDirectory(prefix="fathom-bench-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _warm(Path(folder))
        return [figure for name, make in makers.items() if name in (chosen or makers) for figure in make(Path(folder))]


def _warm(folder: Path) -> None:
    """Loads all that a conversion loads, ours and the peers'."""
    small = folder / "small.html"
    small.write_text("<p>Paragraph of the page about <b>tides</b>.</p>")
    _timed(small, peers=True)


def _page(folder: Path) -> list[Figure]:
    path = folder / "page.html"
    path.write_text(page_of_one_line())
    return _figures("8 MB of HTML on one line", _timed(path, peers=True), "≤ 10 s converted and chunked")


def _sheet(folder: Path) -> list[Figure]:
    path = folder / "sheet.xlsx"
    write_sheet(path)
    timed = _timed(path, peers=True)
    share = Figure(
        "40,000 rows of XLSX, share of the comparison", timed.comparing / timed.converting, "of converting", goal="≤ .1"
    )
    return [*_figures("40,000 rows of XLSX", timed, "≤ 15 s converted and chunked"), share]


def _line(folder: Path) -> list[Figure]:
    path, part = folder / "line.txt", folder / "part.txt"
    text = line_of_records()
    path.write_text(text)
    part.write_text(text[:PEER_LINE_BYTES])
    timed, of_part = _timed(path), _timed(part, peers=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    name, megabytes, of = "62 MB of text on one line", LINE_BYTES / 1e6, PEER_LINE_BYTES / 1e6
    peer = None if of_part.peer_chunking is None else of_part.peer_chunking / of
    return [
        Figure(
            f"{name}, chunked", timed.chunking, "s CPU", goal="≤ 100 s", note=f"{timed.chunks} chunks, {memory:,.0f} MB at most"
        ),
        Figure(f"{name}, a megabyte", timed.chunking / megabytes, "s CPU", HYBRID, peer, note=f"peer's of {of:g} MB"),
        Figure(f"{name}, a megabyte of {of:g} MB", of_part.chunking / of, "s CPU", HYBRID, peer, note="growth is linear"),
    ]


def _figures(name: str, timed: Timed, goal: str) -> list[Figure]:
    both = timed.converting + timed.chunking
    return [
        Figure(f"{name}, converted and chunked", both, "s CPU", goal=goal, note=f"{timed.chunks} chunks"),
        Figure(f"{name}, converted", timed.converting, "s CPU", MARKITDOWN, timed.peer_converting),
        Figure(f"{name}, chunked", timed.chunking, "s CPU", HYBRID, timed.peer_chunking, note=_given_up(timed)),
    ]


def _given_up(timed: Timed) -> str:
    return "" if timed.peer_chunking is not None else f"peer given up after {MAX_PEER_SECONDS} s CPU"


def _timed(path: Path, *, peers: bool = False) -> Timed:
    compared: list[float] = []

    def comparison(*given: Any, **named: Any) -> Any:
        seconds, found = _seconds(lambda: compare(*given, **named))
        compared.append(seconds)
        return found

    compare = report_builder._compared
    with patch.object(report_builder, "_compared", comparison):
        converting, document = _seconds(lambda: converted(path))
    chunking, chunks = _seconds(
        lambda: chunk_document(document, document="bench/x", max_tokens=MAX_TOKENS, count_tokens=count_tokens).chunks
    )
    theirs = _seconds_of_peers(path, document) if peers else (None, None)
    return Timed(converting, sum(compared), chunking, len(chunks), *theirs)


def _seconds_of_peers(path: Path, document: ConvertedDocument) -> tuple[float, float | None]:
    from markitdown import MarkItDown

    converting, _ = _seconds(lambda: MarkItDown().convert(str(path)))
    return converting, _bounded_seconds(hybrid_chunker([document]))


class _TooLong(BaseException):  # no Exception, which the peer might swallow
    pass


def _bounded_seconds(work: Callable[[], object]) -> float | None:
    """CPU seconds of the work; None where it takes more than MAX_PEER_SECONDS of them."""

    def stop(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_PEER_SECONDS)
    try:
        return _seconds(work)[0]
    except _TooLong:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _seconds(work: Callable[[], Made]) -> tuple[float, Made]:
    """Returns the CPU seconds that `work` took, and its result."""
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure(sys.argv[1:])]))
