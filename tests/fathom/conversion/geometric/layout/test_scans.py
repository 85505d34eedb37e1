"""What OCR found on a page is laid out like what stands in a file."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from fathom.conversion.geometric.layout.page_content import DocumentStyle, PageContent, body_size
from fathom.conversion.geometric.layout.page_layout import lay_out
from fathom.conversion.geometric.layout.scans import read_scan, scale_of
from fathom.conversion.geometric.ocr import text_recognition
from fathom.conversion.geometric.ocr.text_recognition import RecognizedLine

WIDTH, HEIGHT, LEADING = 595.0, 842.0, 9.5
LEFT = [
    "To record a sequence, simply press the key and play,",
    "then play your keyboard in time to the click track of",
    "the machine. When the sequence loops around to bar",
    "one, you will hear what you played, only all errors are",
]
RIGHT = [
    "corrected. Use the other key to find the desired bar",
    "number, then start recording what you want to be in",
    "the song. The next function lets you move bars from",
    "one location to another, in the same sequence or not.",
]


class Scan:
    """A page of which there is only a picture."""

    def get_page_image(self, scale: float) -> Image.Image:
        return Image.new("RGB", (int(WIDTH * scale), int(HEIGHT * scale)))


def test_columns_stay_apart_though_the_boxes_of_their_lines_reach_beyond_the_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    scale = scale_of(WIDTH, HEIGHT)
    lines = [
        RecognizedLine(text, tuple(scale * value for value in (left, 100 + LEADING * n, right, 113 + LEADING * n)), 0.97)  # type: ignore[arg-type]
        for left, right, texts in ((80, 301, LEFT), (308, 530, RIGHT))
        for n, text in enumerate(texts)
    ]
    monkeypatch.setattr(text_recognition, "read_text", lambda image, threads: lines)
    backend: Any = Scan()
    content = read_scan(backend, PageContent(WIDTH, HEIGHT))
    blocks = lay_out(content, DocumentStyle(body_size(content.words)))
    said = " ".join(line.text for block in blocks for line in block.lines)
    assert said == " ".join(LEFT + RIGHT)
