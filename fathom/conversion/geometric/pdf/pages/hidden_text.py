"""Leaves out text of a page that its reader does not see: white on white, invisible, painted over, clipped away, layers off.

Only doubtful text is checked: where the page as it is painted has nothing but a single shade in a word's place, the word
does not show. The layer of text under the picture of a scan is no hidden text.
"""

from __future__ import annotations

import ctypes
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import numpy.typing

from fathom.conversion.geometric.layout.page_content import Box, PageContent, Word, centre_inside
from fathom.conversion.geometric.pdf.pages.glyph_styles import INVISIBLE, LIGHT_COLOUR, TINY
from fathom.conversion.geometric.pdf.pages.page_coordinates import PageFrame
from fathom.conversion.geometric.pdf.pages.pdfium_calls import (
    clip_of,
    clip_segment_at,
    count_clip_segments,
    count_clips,
    segment_point,
)
from fathom.conversion.geometric.pdf.pages.shapes import IDENTITY, Matrix, Shapes, apply
from fathom.conversion.report import Notice

# A word that stands out from its ground by so many shades of 255 can be seen.
CONTRAST = 10
# Pixels a point at which a page is looked at, and how many pixels at most.
SCALE = 1.5
MAX_PIXELS = 6_000_000
# The share of a word's height that is checked: its small letters, not the lines above and below it.
ABOVE, BELOW = 0.2, 0.24
NARROWEST = 0.6  # points of a letter
MAX_CLIP_POINTS = 200
OUTSIDE = "outside the page"
# Bounds on the search for layers in a file's compressed parts.
MAX_STREAMS, MAX_INFLATED = 200, 4_000_000
_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm.{0,300}?stream\r?\n", re.S)
_LAYERS = b"/OCProperties"
# Of more pages than this a notice does not say which.
MAX_PAGES = 12

Pixels = numpy.typing.NDArray[numpy.uint8]


def remove_hidden_text(
    page: Any, frame: PageFrame, content: PageContent, shapes: Shapes, objects: Sequence[int], doubtful: Mapping[int, str]
) -> set[int]:
    """Moves words that do not show to `content.hidden`, each with the reason. Returns their orders.

    `objects` has the text object of each word by its order, `doubtful` says of which objects it may not show. `page` is
    pypdfium2's and open; the caller holds pdfium's lock.
    """
    words = [*content.words, *content.turned]
    reasons = _reasons(words, frame, shapes, objects, doubtful)
    if not reasons:
        return set()
    grounds = [*shapes.pictures, *shapes.drawings, *shapes.fills]
    shaded: Pixels | None = None
    hidden: dict[int, str] = {}
    for word in words:
        reason = reasons.get(word.order)
        if reason is None:
            continue
        if reason == INVISIBLE and any(centre_inside(word, picture, 1.0) for picture in shapes.pictures):
            continue  # the text of a scan
        if reason == LIGHT_COLOUR and any(centre_inside(word, box) for box in grounds):
            continue  # light on dark
        if reason not in (TINY, OUTSIDE):
            shaded = _painted(page, frame) if shaded is None else shaded
            if _shows(word, shaded, frame):
                continue
        hidden[word.order] = reason
    if hidden:
        content.hidden = [(word.text, hidden[word.order]) for word in words if word.order in hidden]
        content.words = [word for word in content.words if word.order not in hidden]
        content.turned = [word for word in content.turned if word.order not in hidden]
    return set(hidden)


def hidden_notices(hidden: Mapping[int, Sequence[tuple[str, str]]]) -> list[Notice]:
    """Returns a notice for each reason of hidden text; `hidden` has the words and reasons by page number."""
    counted: dict[str, Counter[int]] = {}
    for number, words in sorted(hidden.items()):
        for _, reason in words:
            counted.setdefault(reason, Counter())[number] += 1
    notices = []
    for reason, pages in counted.items():
        count = pages.total()
        where = f"page {next(iter(pages))}" if len(pages) == 1 else f"{len(pages)} pages"
        if 1 < len(pages) <= MAX_PAGES:
            where = f"pages {', '.join(map(str, pages))}"
        message = f"Hidden text is left out ({reason}): {count} {'word' if count == 1 else 'words'} on {where}."
        notices.append(Notice(kind="hidden_text", message=message, count=count, where=where))
    return notices


def may_have_layers(data: bytes) -> bool:
    """Returns whether the file says somewhere that parts of its pages can be shown or not."""
    if _LAYERS in data:
        return True
    left = MAX_INFLATED
    for number, found in enumerate(_OBJECT_STREAM.finditer(data)):
        if number >= MAX_STREAMS or left <= 0:
            break
        inflated = _inflated(data[found.end() : found.end() + left], left)
        if _LAYERS in inflated:
            return True
        left -= len(inflated)
    return False


def _inflated(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""


def _reasons(
    words: Sequence[Word], frame: PageFrame, shapes: Shapes, objects: Sequence[int], doubtful: Mapping[int, str]
) -> dict[int, str]:
    """Returns, by a word's order, the reason why it may not show."""
    reasons: dict[int, str] = {}
    if doubtful:
        for word in words:
            reason = doubtful.get(objects[word.order])
            # some fonts have letters much larger than their size
            if reason and (reason != TINY or word.r - word.l < NARROWEST * len(word.text)):
                reasons[word.order] = reason
    for word in words:
        if word.r <= 0 or word.b <= 0 or word.l >= frame.width or word.t >= frame.height:
            reasons[word.order] = OUTSIDE
    for word in _under(shapes, words, objects) if shapes.covers else ():
        reasons.setdefault(word.order, "painted over")
    clips: dict[int, Box | None] = {}
    for word in words:
        address = objects[word.order]
        if address:
            if address not in clips:
                clips[address] = _clip(address, frame, shapes.nested.get(address, IDENTITY))
            clip = clips[address]
            if clip is not None and not centre_inside(word, clip, 1.0):
                reasons.setdefault(word.order, "clipped away")
    return reasons


def _under(shapes: Shapes, words: Sequence[Word], objects: Sequence[int]) -> list[Word]:
    """Returns the words over which an opaque area is painted."""
    xs = numpy.array([(word.l + word.r) / 2 for word in words])
    ys = numpy.array([(word.t + word.b) / 2 for word in words])
    painted = numpy.array([shapes.texts.get(objects[word.order], 1 << 30) for word in words])
    under = numpy.zeros(len(words), dtype=bool)
    for number, box in shapes.covers:
        under |= (painted < number) & (xs > box.l) & (xs < box.r) & (ys > box.t) & (ys < box.b)
    return [words[index] for index in numpy.flatnonzero(under).tolist()]


def _clip(address: int, frame: PageFrame, matrix: Matrix) -> Box | None:
    """Returns the box that the text object is clipped to; None where it is not, or the shape is no simple box."""
    clip = clip_of(address)
    count = count_clips(clip) if clip else 0
    if not 0 < count < 10:
        return None
    floats = (ctypes.c_float * 2)()
    at = ctypes.addressof(floats)
    box = (-1e9, -1e9, 1e9, 1e9)
    for path in range(count):
        segments = count_clip_segments(clip, path)
        if not 0 < segments <= MAX_CLIP_POINTS:
            continue
        xs, ys = [], []
        for index in range(segments):
            if segment_point(clip_segment_at(clip, path, index), at, at + 4):
                x, y = apply(matrix, floats[0], floats[1])
                xs.append(x)
                ys.append(y)
        if xs:
            box = (max(box[0], min(xs)), max(box[1], min(ys)), min(box[2], max(xs)), min(box[3], max(ys)))
    return Box(*frame.box(*box))


def _painted(page: Any, frame: PageFrame) -> Pixels:
    """Returns the page in shades, without its annotations."""
    scale = min(SCALE, (MAX_PIXELS / max(1.0, frame.width * frame.height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False, draw_annots=False)
    shades: Pixels = bitmap.to_numpy()
    return shades.reshape(shades.shape[0], -1).copy()


def _shows(word: Word, shades: Pixels, frame: PageFrame) -> bool:
    """Returns whether several shades are painted where the word stands."""
    down, across = shades.shape[0] / frame.height, shades.shape[1] / frame.width
    height = word.b - word.t
    top, bottom = int((word.t + ABOVE * height) * down), int((word.b - BELOW * height) * down) + 1
    place = shades[max(0, top) : bottom, max(0, int(word.l * across)) : int(word.r * across) + 1]
    return bool(place.size) and int(place.max()) - int(place.min()) >= CONTRAST
