"""RapidOCR's two networks, whose weights come in its wheel: detection of lines on a picture, and recognition of their text."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Pixels: TypeAlias = NDArray[numpy.uint8]

Quad: TypeAlias = list[tuple[float, float]]
# Pictures with a longer side, in pixels, are made smaller; lines are then looked for on a picture of this size.
MAX_SIDE = 4000
DETECTED_SIDE = 1280
# The recogniser's pictures of lines are so high, in pixels.
LINE_HEIGHT = 48

_lock = threading.Lock()


@cache
def _part(threads: int, *, arena: bool) -> Any:
    """Returns RapidOCR with its networks still to be loaded; each instance is used for a single network.

    With an arena a network keeps its working memory, which makes it a third faster: the recogniser's is small, the
    detector's is not.
    """
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.WARNING)
    return RapidOCR(
        params={
            "Global.log_level": "warning",
            "Global.max_side_len": MAX_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": arena,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTED_SIDE,
            # line by line, each as wide as it is: padding of a batch is work for nothing
            "Rec.rec_batch_num": 1,
            "Rec.rec_img_shape": [3, LINE_HEIGHT, LINE_HEIGHT],
        }
    )


def find_lines(picture: Pixels, threads: int) -> tuple[list[Quad], list[Pixels]]:
    """Returns each line's corners, clockwise from its top left, in pixels of the picture, and the line cut out along them.

    Lines that stand upright are cut out as if turned counter-clockwise by a quarter.
    """
    from rapidocr.main import RapidOCRError
    from rapidocr.utils.process_img import map_boxes_to_original

    detector = _part(threads, arena=False)
    try:
        with _lock:
            scaled, record = detector.preprocess_img(picture)
            cut, found = detector.detect_and_crop(scaled, record)
    except RapidOCRError:  # so it says that there is no line
        return [], []
    corners = map_boxes_to_original(found.boxes, record, *picture.shape[:2])
    return [[(float(x), float(y)) for x, y in quad] for quad in corners.tolist()], cut


def read_lines(cut: Sequence[Pixels], threads: int, squeezes: Sequence[float] = ()) -> list[tuple[str, float]]:
    """Returns each line's text and its confidence; `squeezes` make lines narrower, and their reading as much cheaper."""
    if not cut:
        return []
    narrowed = [_squeezed(line, squeeze) for line, squeeze in zip(cut, squeezes or [1.0] * len(cut), strict=True)]
    with _lock:
        read = _part(threads, arena=True).recognize_txt(narrowed)
    return [(text.strip(), float(score)) for text, score in zip(read.txts, read.scores, strict=True)]


def ratio(line: Pixels) -> float:
    """Returns how many times as wide as high it is."""
    height, width = line.shape[:2]
    return float(width / max(1, height))


def _squeezed(line: Pixels, squeeze: float) -> Pixels:
    import cv2

    height, width = line.shape[:2]
    narrow = max(LINE_HEIGHT // 3, math.ceil(LINE_HEIGHT * ratio(line) * squeeze))
    how = cv2.INTER_AREA if height > LINE_HEIGHT and narrow < width else cv2.INTER_LINEAR
    resized: Pixels = cv2.resize(line, (narrow, LINE_HEIGHT), interpolation=how)
    return resized
