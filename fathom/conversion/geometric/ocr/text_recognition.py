"""Text read from pictures of pages: which way up they are, how wide their letters, and then every line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from PIL import Image

from fathom.conversion.geometric.ocr.ocr_models import LINE_HEIGHT, Quad, find_lines, ratio, read_lines
from fathom.conversion.quality.comparable_words import UNSPACED

if TYPE_CHECKING:
    from fathom.conversion.geometric.ocr.ocr_models import Pixels

# Lines read with less confidence than the first are noise, and dropped; with less than the second they are read again in
# other ways.
MIN_CONFIDENCE = 0.5
REREAD_CONFIDENCE = 0.85
# A page turned by more than this is set upright before its lines are joined, in degrees.
MIN_SKEW = 0.4
MAX_SKEW = 20.0
# So many lines, the longest, tell how a page is turned and how wide its letters are.
PROBES = 4
# Letters may be squeezed to this width, in pixels: measured on 160,000 letters, errors are .0005 above and .02 at 9.
LETTER_WIDTH = 13.0
MAX_SQUEEZE = 0.6
# Lines not so many times as wide as high cost little, and stay as wide as they are.
SHORT_LINE = 8.0
# Pictures of pages whose greys differ by no more than this are blank.
BLANK = 8
_UNSPACED = re.compile(f"[{UNSPACED}]")


@dataclass(frozen=True, slots=True)
class RecognizedLine:
    """A line of text; `box` is (left, top, right, bottom) in pixels of the picture it was read from."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float


def read_text(image: Image.Image, *, threads: int = 1) -> list[RecognizedLine]:
    """Returns the lines on the picture in the order they are read; boxes of a turned page are as if it stood upright.

    A page that lies on its side or stands on its head is recognised by its longest lines. Its boxes are then those of the
    upright page, scaled to fit the picture.
    """
    import numpy

    darkest, lightest = image.convert("L").resize((256, 256), Image.Resampling.BOX).getextrema()
    if lightest - darkest <= BLANK:  # type: ignore[operator]
        return []
    quads, cut = find_lines(numpy.asarray(image.convert("RGB")), threads)
    if not cut:
        return []
    turn, read = _read(quads, cut, threads)
    skew = _skew(quads) if turn == 0 else 0.0
    lines = []
    for quad, (text, confidence) in zip(quads, read, strict=True):
        if not text or confidence < MIN_CONFIDENCE:
            continue
        if MIN_SKEW < abs(skew) < MAX_SKEW:
            quad = _straightened(quad, skew, image.size)
        box = _bounds(quad)
        lines.append(RecognizedLine(text, _upright(box, turn, image.size) if turn else box, confidence))
    return sorted(lines, key=lambda line: (line.box[1], line.box[0]))


def _read(quads: list[Quad], cut: list[Pixels], threads: int) -> tuple[int, list[tuple[str, float]]]:
    """Returns the degrees, counter-clockwise, by which the page must be turned to stand upright, and its lines' texts then."""
    lying = sum(map(_stands, quads)) > 0.6 * len(quads)
    probes = sorted(range(len(cut)), key=lambda i: -max(cut[i].shape))[:PROBES]
    head_down = False
    read = dict(zip(probes, read_lines([cut[i] for i in probes], threads), strict=True))
    if any(confidence < REREAD_CONFIDENCE for _, confidence in read.values()):
        other = dict(zip(probes, read_lines([_half_turned(cut[i]) for i in probes], threads), strict=True))
        head_down = _legibility(other) > _legibility(read)
        read = other if head_down else read
    lines = [_half_turned(line) for line in cut] if head_down else cut
    rest = [i for i in range(len(cut)) if i not in read]
    squeeze = _squeeze([(lines[i], text) for i, (text, confidence) in read.items() if confidence >= REREAD_CONFIDENCE])
    squeezes = [squeeze if ratio(lines[i]) > SHORT_LINE else 1.0 for i in rest]
    read |= dict(zip(rest, read_lines([lines[i] for i in rest], threads, squeezes), strict=True))
    for i, narrowed in zip(rest, squeezes, strict=True):
        if read[i][1] < REREAD_CONFIDENCE:
            read[i] = _read_again(lines[i], read[i], threads, squeezed=narrowed < 1)
    turn = (270 if head_down else 90) if lying else (180 if head_down else 0)
    return turn, [read[i] for i in range(len(cut))]


def _read_again(line: Pixels, before: tuple[str, float], threads: int, *, squeezed: bool) -> tuple[str, float]:
    """Returns the best reading of a line that is doubtful: at its full width, or on its head."""
    tries = [before, *(read_lines([line], threads) if squeezed else [])]
    if max(tries, key=_by_confidence)[1] < REREAD_CONFIDENCE:
        tries += read_lines([_half_turned(line)], threads)
    return max(tries, key=_by_confidence)


def _by_confidence(reading: tuple[str, float]) -> float:
    return reading[1]


def _legibility(read: dict[int, tuple[str, float]]) -> float:
    return sum(confidence**2 * len(text) for text, confidence in read.values())


def _squeeze(read: list[tuple[Pixels, str]]) -> float:
    """Returns how much narrower lines may be made so that the narrowest letters of these lines stay wide enough to be read."""
    widths = [LINE_HEIGHT * ratio(line) / len(text) for line, text in read if len(text) > 8]
    if not widths or any(_UNSPACED.search(text) for _, text in read):
        return 1.0
    return min(1.0, max(MAX_SQUEEZE, LETTER_WIDTH / min(widths)))


def _half_turned(line: Pixels) -> Pixels:
    return line[::-1, ::-1]


def _stands(quad: Quad) -> bool:
    return math.dist(quad[0], quad[3]) > 1.5 * math.dist(quad[0], quad[1])


def _skew(quads: list[Quad]) -> float:
    """Returns the angle most long lines have, in degrees."""
    angles = [
        math.degrees(math.atan2(q[1][1] - q[0][1], q[1][0] - q[0][0]))
        for q in quads
        if math.dist(q[0], q[1]) > 4 * math.dist(q[0], q[3])
    ]
    return median(angles) if len(angles) >= 3 else 0.0


def _straightened(quad: Quad, skew: float, size: tuple[int, int]) -> Quad:
    """Returns the line where it would stand if the page had not been turned."""
    sine, cosine = math.sin(math.radians(-skew)), math.cos(math.radians(-skew))
    cx, cy = size[0] / 2, size[1] / 2
    return [((x - cx) * cosine - (y - cy) * sine + cx, (x - cx) * sine + (y - cy) * cosine + cy) for x, y in quad]


def _bounds(quad: Quad) -> tuple[float, float, float, float]:
    xs, ys = [p[0] for p in quad], [p[1] for p in quad]
    return min(xs), min(ys), max(xs), max(ys)


def _upright(box: tuple[float, float, float, float], turn: int, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Returns the box on the page turned by that angle, scaled back to the size of the page."""
    width, height = size
    l, t, r, b = box
    if turn == 180:
        return width - r, height - b, width - l, height - t
    scale = min(width / height, height / width)
    turned = (t, width - r, b, width - l) if turn == 90 else (height - b, l, height - t, r)
    return turned[0] * scale, turned[1] * scale, turned[2] * scale, turned[3] * scale
