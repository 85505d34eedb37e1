"""Pictures of pages: every line once, whichever way up, and nothing done where nothing is to be read."""

from __future__ import annotations

from itertools import pairwise

import numpy
import pytest
from PIL import Image, ImageDraw, ImageFont

from fathom.conversion.geometric.layout.scans import scale_of
from fathom.conversion.geometric.ocr import ocr_models, text_recognition
from fathom.conversion.geometric.ocr.text_recognition import read_text

LINES = [f"Line {n} says that the harbour was rebuilt for {n * 7} boats in all" for n in range(11, 19)]


def page(lines: list[str] = LINES, *, size: int = 30) -> Image.Image:
    image = Image.new("RGB", (1300, 900), "white")
    font = ImageFont.load_default(size=size)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 80 + 90 * number), line, fill="black", font=font)
    return image


@pytest.mark.parametrize("turn", [90, *(pytest.param(turn, marks=pytest.mark.integration) for turn in (0, 180, 270))])
def test_a_page_is_read_from_top_to_bottom_whichever_way_it_lies(turn: int) -> None:
    found = read_text(page().rotate(-turn, expand=True))
    assert [line.text for line in found] == LINES
    assert all(line.box[0] < line.box[2] and line.box[1] < line.box[3] for line in found)
    assert all(line.confidence > 0.9 for line in found)


@pytest.mark.integration
def test_a_page_that_is_a_little_turned_has_level_lines() -> None:
    found = read_text(page().rotate(3, fillcolor="white"))
    assert [line.text for line in found] == LINES
    tops = [line.box[1] for line in found]
    assert all(60 < below - above < 120 for above, below in pairwise(tops))


@pytest.mark.integration
def test_wide_letters_are_squeezed_and_narrow_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[float] = []
    read_lines = ocr_models.read_lines

    def noting(cut: list[ocr_models.Pixels], threads: int, squeezes: list[float] | None = None) -> list[tuple[str, float]]:
        used.extend(squeezes or [])
        return read_lines(cut, threads, squeezes or [])

    monkeypatch.setattr(text_recognition, "read_lines", noting)
    assert [line.text for line in read_text(page())] == LINES
    assert max(used) < 0.9
    used.clear()
    read_text(page(["\u8239\u4e8e\u4e00\u4e5d\u4e8c\u4e03\u5e74\u91cd\u5efa" * 3] * 6))
    assert set(used) <= {1.0}


@pytest.mark.parametrize("grey", [255, 128, 0])
def test_a_blank_page_is_not_looked_at(monkeypatch: pytest.MonkeyPatch, grey: int) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the detector was asked")

    monkeypatch.setattr(text_recognition, "find_lines", never)
    noise = numpy.random.default_rng(1).normal(0, 1, (900, 700))
    blank = Image.fromarray((numpy.full((900, 700), grey) + noise).clip(0, 255).astype("uint8"))
    assert read_text(blank) == []


def test_one_short_word_on_a_large_page_makes_it_no_blank_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(text_recognition, "find_lines", lambda picture, threads: asked.append(picture.shape) or ([], []))
    image = Image.new("RGB", (2500, 3500), "white")
    ImageDraw.Draw(image).text((1200, 1700), "Annex", fill=(90, 90, 90), font=ImageFont.load_default(size=40))
    assert read_text(image) == []
    assert asked == [(3500, 2500, 3)]


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(595, 842, 2.5), (120, 86, 5.0), (400, 300, 3.2), (2160, 2160, 4000 / 2160), (0, 0, 5.0)]
)
def test_small_pages_are_enlarged_and_large_ones_bounded(width: float, height: float, scale: float) -> None:
    assert scale_of(width, height) == pytest.approx(scale)
