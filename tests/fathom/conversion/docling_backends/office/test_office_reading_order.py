"""Shapes are read from top to bottom and left to right, columns under their heads one by one."""

from __future__ import annotations

import pytest

from fathom.conversion.docling_backends.office.office_reading_order import PlacedShape, reading_order

# Each is given as (left, top, width, height), in the order of the file; the wanted order is that of their numbers.
LAYOUTS: dict[str, tuple[list[tuple[float, float, float, float]], list[int]]] = {
    "one below the other": ([(0, 50, 40, 10), (0, 0, 40, 10), (0, 20, 40, 10)], [1, 2, 0]),
    "a row, nearly level": ([(50, 0, 40, 10), (0, 2, 40, 10)], [1, 0]),
    "heads written first": ([(0, 0, 40, 8), (50, 0, 40, 8), (0, 10, 40, 50), (50, 10, 40, 50)], [0, 2, 1, 3]),
    "columns written one by one": ([(0, 0, 40, 20), (0, 30, 40, 20), (50, 0, 40, 20), (50, 30, 40, 20)], [0, 1, 2, 3]),
    "four cards": ([(0, 0, 40, 20), (50, 0, 40, 20), (0, 30, 40, 20), (50, 30, 40, 20)], [0, 1, 2, 3]),
    "heads far from what is below": ([(0, 0, 40, 8), (41, 0, 40, 8), (0, 30, 40, 50), (41, 30, 40, 50)], [0, 1, 2, 3]),
    "rows of other columns": ([(0, 0, 90, 8), (0, 10, 40, 50), (50, 10, 40, 50), (0, 70, 90, 8)], [0, 1, 2, 3]),
    "pictures over names": (
        [(0, 0, 20, 20), (0, 22, 20, 5), (30, 0, 20, 20), (30, 22, 20, 5), (60, 0, 20, 20), (60, 22, 20, 5)],
        [0, 1, 2, 3, 4, 5],
    ),
    "no size": ([(50, 0, 0, 0), (0, 0, 0, 0)], [1, 0]),
    "nothing": ([], []),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_shapes_are_read_as_a_reader_does(layout: str) -> None:
    places, wanted = LAYOUTS[layout]
    shapes = [PlacedShape(number, *place) for number, place in enumerate(places)]
    assert reading_order(shapes, 3.6) == wanted
