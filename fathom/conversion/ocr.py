"""Text read from pictures of pages by RapidOCR, whose weights come in its wheel."""

from __future__ import annotations

import logging
import math
import os
import threading
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

from PIL import Image

# Lines read with less confidence are noise.
LEAST_CONFIDENCE = 0.5
# A page turned by more than this is set upright before its lines are joined, in degrees.
LEAST_SKEW = 0.4
MOST_SKEW = 20.0

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A line of text; `box` is (left, top, right, bottom) in pixels of the picture it was read from."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.WARNING)
    threads = min(4, os.cpu_count() or 1)
    return RapidOCR(
        params={
            "Global.log_level": "warning",
            "Global.max_side_len": 4000,
            "Global.text_score": LEAST_CONFIDENCE,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": 1280,
            "Rec.rec_batch_num": 6,
        }
    )


def read_text(image: Image.Image) -> list[OcrLine]:
    """The lines on the picture, from top to bottom; a page that lies on its side is turned first."""
    lines, quads = _read(image)
    if quads and _lies_on_side(quads):
        best, angle = lines, 0
        for turn in (90, 270):
            turned, _ = _read(image.rotate(turn, expand=True))
            if _weight(turned) > _weight(best):
                best, angle = turned, turn
        if angle:
            return [_turned_back(line, angle, image.size) for line in best]
        return best
    skew = _skew(quads)
    if LEAST_SKEW < abs(skew) < MOST_SKEW:
        lines = [_straightened(line, quad, skew, image.size) for line, quad in zip(lines, quads, strict=True)]
    return sorted(lines, key=lambda line: (line.box[1], line.box[0]))


Quad = list[tuple[float, float]]


def _read(image: Image.Image) -> tuple[list[OcrLine], list[Quad]]:
    import numpy

    with _lock:
        result = _reader()(numpy.asarray(image))
    if result is None or result.boxes is None or result.txts is None:
        return [], []
    lines: list[OcrLine] = []
    quads: list[Quad] = []
    for quad, text, score in zip(result.boxes.tolist(), result.txts, result.scores, strict=True):
        if not text.strip():
            continue
        xs, ys = [p[0] for p in quad], [p[1] for p in quad]
        lines.append(OcrLine(text.strip(), (min(xs), min(ys), max(xs), max(ys)), float(score)))
        quads.append([(p[0], p[1]) for p in quad])
    return lines, quads


def _weight(lines: list[OcrLine]) -> float:
    return sum(line.confidence**2 * len(line.text) for line in lines)


def _lies_on_side(quads: list[Quad]) -> bool:
    tall = sum(math.dist(q[0], q[3]) > 1.5 * math.dist(q[0], q[1]) for q in quads)
    return tall > 0.6 * len(quads)


def _skew(quads: list[Quad]) -> float:
    """The angle most long lines have, in degrees."""
    angles = [
        math.degrees(math.atan2(q[1][1] - q[0][1], q[1][0] - q[0][0]))
        for q in quads
        if math.dist(q[0], q[1]) > 4 * math.dist(q[0], q[3])
    ]
    return median(angles) if len(angles) >= 3 else 0.0


def _straightened(line: OcrLine, quad: Quad, skew: float, size: tuple[int, int]) -> OcrLine:
    """The line where it would stand if the page had not been turned."""
    sine, cosine = math.sin(math.radians(-skew)), math.cos(math.radians(-skew))
    cx, cy = size[0] / 2, size[1] / 2
    points = [((x - cx) * cosine - (y - cy) * sine + cx, (x - cx) * sine + (y - cy) * cosine + cy) for x, y in quad]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return OcrLine(line.text, (min(xs), min(ys), max(xs), max(ys)), line.confidence)


def _turned_back(line: OcrLine, angle: int, size: tuple[int, int]) -> OcrLine:
    """A line found on the turned picture keeps its place there, scaled to fit the page, so that order is kept."""
    width, height = size
    l, t, r, b = line.box  # noqa: E741
    scale = min(width / height, height / width)
    return OcrLine(line.text, (l * scale, t * scale, r * scale, b * scale), line.confidence)
