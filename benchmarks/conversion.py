"""PDF pages a second on one warm worker and on two, and what a worker holds, beside what reading the bare text takes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from benchmarks.figure import Figure, median_seconds
from benchmarks.material import own_home
from fathom.conversion.service.converter_client import ConverterClient
from fathom.errors import FathomError
from fathom.settings import PROJECT_ROOT, Settings

CORPUS = PROJECT_ROOT.parent / "shared/corpora/documents"  # PDFs of others; read where they are there
PAGES, COPIES = 40, 4
GOALS = {1: "≥ 15 pages/s", 2: "≥ 25 pages/s"}
PEER = "pdfium, bare text"


def measure() -> list[Figure]:
    """Pages a second over born-digital PDFs: generated ones of headings and paragraphs, and those of the corpora."""
    figures = []
    with own_home() as settings:
        generated = [settings.home / f"pages-{copy}.pdf" for copy in range(COPIES)]
        for path in generated:
            make_pdf(path)
        real = _without_ocr(settings)
        for workers, goal in GOALS.items():
            client = ConverterClient(settings.model_copy(update={"convert_workers": workers}))
            client.ensure_started(warm=True)
            while len(client.status().workers) < workers or any(one.state == "starting" for one in client.status().workers):
                time.sleep(0.1)
            for what, paths in (("generated", generated), ("real", real)):
                if paths:
                    name = f"{what} PDFs, {workers} worker{'s' * (workers > 1)}, warm"
                    note = f"{len(paths)} PDFs, {_pages(paths)} pages"
                    ours, bare = (_rate(client, paths, workers), _bare_rate(paths))
                    figures.append(Figure(name, ours, "pages/s", PEER, bare, goal if what == "generated" else None, note))
            held = max(worker.rss_bytes for worker in client.status().workers) / 1024**2
            figures.append(Figure(f"memory of a worker, of {workers}", held, "MB", goal="≤ 700 MB", note="after these"))
            client.stop()
    return figures


def make_pdf(path: Path, pages: int = PAGES) -> None:
    """Writes a born-digital PDF of so many pages, each a heading and 45 lines."""
    canvas = Canvas(str(path), pagesize=A4)
    for page in range(pages):
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 760, f"Chapter {page + 1}")
        canvas.setFont("Helvetica", 10)
        for line in range(45):
            canvas.drawString(
                72, 730 - line * 14, f"Line {line} of page {page}: the harbour was rebuilt in its {line}th year of use."
            )
        canvas.showPage()
    canvas.save()


def _without_ocr(settings: Settings) -> list[Path]:
    """The corpora's PDFs that convert without OCR, those with most pages first."""
    client = ConverterClient(settings)
    found = []
    for path in sorted(CORPUS.rglob("*.pdf")):
        if "scans" in path.parent.name:
            continue
        try:
            report = client.convert(path, version=_version(path)).report
        except FathomError:
            continue
        if not report.ocr_pages and report.pages_converted:
            found.append((report.pages_converted, path))
    client.stop()
    return [path for _, path in sorted(found, reverse=True)]


def _rate(client: ConverterClient, paths: Sequence[Path], workers: int) -> float:
    def all_of_them() -> None:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda path: client.convert(path, version=_version(path)), paths))

    return _pages(paths) / median_seconds(all_of_them, runs=3)


def _bare_rate(paths: Sequence[Path]) -> float:
    return _pages(paths) / median_seconds(lambda: [_bare_text(path) for path in paths], runs=3)


def _pages(paths: Sequence[Path]) -> int:
    import pypdfium2

    total = 0
    for path in paths:
        document = pypdfium2.PdfDocument(path)
        total += len(document)
        document.close()
    return total


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _bare_text(path: Path) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return sum(len(document[number].get_textpage().get_text_range()) for number in range(len(document)))
    finally:
        document.close()


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
