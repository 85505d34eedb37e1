"""What reading a scanned page costs and how many of its words are found, beside RapidOCR as docling's OCR stage calls it."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks.figure import Figure
from fathom.conversion.geometric.layout.scans import scale_of
from fathom.conversion.geometric.ocr.text_recognition import read_text
from fathom.settings import PROJECT_ROOT

SCANS = PROJECT_ROOT.parent / "shared/corpora/documents"
# Scans of others, each a page of text; read where they are there.
OTHERS = tuple(f"ocrmypdf-scans/{name}.pdf" for name in ("linn", "skew", "c02-22", "masks", "2400dpi", "palette", "3small"))
# docling's stage renders pages at this scale, in pixels a point, and gives RapidOCR so many threads.
PEER_SCALE, PEER_THREADS = 3.0, 4
PEER = "RapidOCR as docling calls it"
SENTENCE = "The harbour was rebuilt in its {}th year of use, and {} boats moored along the eastern quay before winter."
Page = tuple[Callable[[float], Image.Image], tuple[float, float], "Counter[str] | None"]


def measure() -> list[Figure]:
    """CPU and wall seconds a page, words found of printed pages, and of the peer's words on scans of others."""
    pages = [_printed(size, seed) for seed, size in enumerate((9, 11, 14))] + _scans()
    peer = _peer()
    for read in (_ours, peer):
        read(*pages[0][:2])  # what loads late has loaded
    ours, theirs = ([_timed(read, page) for page in pages] for read in (_ours, peer))
    gold = [page[2] for page in pages]
    found = [_recall(one[2], words) for one, words in zip(ours, gold, strict=True) if words]
    peer_found = [_recall(one[2], words) for one, words in zip(theirs, gold, strict=True) if words]
    figures = [
        Figure("OCR, CPU of a scanned page, median", _median(ours, 0), "s", PEER, _median(theirs, 0), "≤ 4 s"),
        Figure("OCR, wall time of it, median", _median(ours, 1), "s", PEER, _median(theirs, 1), note="one thread of ours"),
        Figure("OCR, words of printed pages found, least", min(found), "share", PEER, min(peer_found), "≥ .85"),
    ]
    shared = [_recall(a[2], b[2]) for a, b, words in zip(ours, theirs, gold, strict=True) if words is None and b[2]]
    if shared:
        note = f"{len(shared)} scans of others; least {min(shared):.3f}"
        figures.append(Figure("OCR, the peer's words that are found, median", median(shared), "share", note=note))
    return figures


def _ours(render: Callable[[float], Image.Image], size: tuple[float, float]) -> list[str]:
    return [line.text for line in read_text(render(scale_of(*size)))]


def _peer() -> Callable[[Callable[[float], Image.Image], tuple[float, float]], list[str]]:
    from rapidocr import RapidOCR

    params = {"Global.log_level": "warning", "EngineConfig.onnxruntime.intra_op_num_threads": PEER_THREADS}
    reader = RapidOCR(params=params)

    def read(render: Callable[[float], Image.Image], size: tuple[float, float]) -> list[str]:
        return list(reader(numpy.asarray(render(PEER_SCALE)), use_det=True, use_cls=True, use_rec=True).txts or ())

    return read


def _timed(read: Any, page: Page) -> tuple[float, float, Counter[str]]:
    """CPU seconds, wall seconds and the words read."""
    cpu, wall = time.process_time(), time.perf_counter()
    lines = read(*page[:2])
    return time.process_time() - cpu, time.perf_counter() - wall, _words(lines)


def _printed(size: int, seed: int) -> Page:
    """A page whose words are known, printed in letters of `size` points and scanned: blurred, noisy, a little turned."""
    lines = [SENTENCE.format(n, n * 7 + 3) for n in range(int(650 / (1.5 * size)))]

    def render(scale: float) -> Image.Image:
        sheet = Image.new("L", (round(595 * scale), round(842 * scale)), 245)
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=size * scale)
        for n, line in enumerate(lines):
            draw.text((40 * scale, (80 + 1.5 * size * n) * scale), line[: int(950 / size)], fill=30, font=font)
        sheet = sheet.rotate(0.3, fillcolor=245).filter(ImageFilter.GaussianBlur(0.5 * scale / 2.5))
        noise = numpy.random.default_rng(seed).normal(0, 8, (sheet.height, sheet.width))
        return Image.fromarray((numpy.asarray(sheet) + noise).clip(0, 255).astype("uint8")).convert("RGB")

    return render, (595.0, 842.0), _words(line[: int(950 / size)] for line in lines)


def _scans() -> list[Page]:
    pages: list[Page] = []
    for path in (SCANS / name for name in OTHERS):
        if path.is_file():
            page = pypdfium2.PdfDocument(path)[0]
            pages.append((lambda scale, page=page: page.render(scale=scale).to_pil().convert("RGB"), page.get_size(), None))
    return pages


def _words(lines: Any) -> Counter[str]:
    return Counter(re.findall(r"\w{2,}", " ".join(lines).lower()))


def _recall(found: Counter[str], wanted: Counter[str]) -> float:
    return (found & wanted).total() / wanted.total()


def _median(measured: Sequence[tuple[float, float, Counter[str]]], column: int) -> float:
    return median(float(one[column]) for one in measured)  # type: ignore[arg-type]


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
