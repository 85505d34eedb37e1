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
# So many lines, the longest, tell how a page is turned.
PROBES = 3

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
    """The lines on the picture in the order they are read; boxes of a turned page are as if it stood upright.

    A page that lies on its side or stands on its head is recognised by its longest lines. Its boxes are then those of the
    upright page, scaled to fit the picture.
    """
    lines, quads = _read(image)
    if not lines:
        return []
    turn = _turn(image, quads)
    skew = _skew(quads) if turn == 0 else 0.0
    if turn:
        lines = [_upright(line, turn, image.size) for line in lines]
    elif LEAST_SKEW < abs(skew) < MOST_SKEW:
        lines = [_straightened(line, quad, skew, image.size) for line, quad in zip(lines, quads, strict=True)]
    return sorted(lines, key=lambda line: (line.box[1], line.box[0]))


Quad = list[tuple[float, float]]


def _read(image: Image.Image) -> tuple[list[OcrLine], list[Quad]]:
    import numpy

    with _lock:
        result = _reader()(numpy.asarray(image), use_det=True, use_cls=True, use_rec=True)
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


def _turn(image: Image.Image, quads: list[Quad]) -> int:
    """By how many degrees, counter-clockwise, the page must be turned to stand upright: 0, 90, 180 or 270."""
    turns = (90, 270) if _lies_on_side(quads) else (0, 180)
    longest = sorted(quads, key=lambda q: -max(math.dist(q[0], q[1]), math.dist(q[0], q[3])))[:PROBES]
    weights = dict.fromkeys(turns, 0.0)
    for quad in longest:
        xs, ys = [p[0] for p in quad], [p[1] for p in quad]
        crop = image.crop((int(min(xs)), int(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))))
        for turn in turns:
            weights[turn] += _legible(crop.rotate(turn, expand=True) if turn else crop)
    return max(turns, key=lambda turn: weights[turn])


def _legible(crop: Image.Image) -> float:
    """How well the picture of one line can be read as it stands."""
    import numpy

    if min(crop.size) < 4:
        return 0.0
    with _lock:
        result = _reader()(numpy.asarray(crop), use_det=False, use_cls=False, use_rec=True)
    if result is None or not result.txts:
        return 0.0
    return sum(float(score) ** 2 * len(text) for text, score in zip(result.txts, result.scores, strict=True))


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


def _upright(line: OcrLine, turn: int, size: tuple[int, int]) -> OcrLine:
    """The line on the page turned by that angle, scaled back to the size of the page."""
    width, height = size
    l, t, r, b = line.box  # noqa: E741
    if turn == 180:
        return OcrLine(line.text, (width - r, height - b, width - l, height - t), line.confidence)
    scale = min(width / height, height / width)
    box = (t, width - r, b, width - l) if turn == 90 else (height - b, l, height - t, r)
    return OcrLine(line.text, tuple(value * scale for value in box), line.confidence)  # type: ignore[arg-type]
