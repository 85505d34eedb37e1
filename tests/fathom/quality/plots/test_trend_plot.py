"""A plot is a picture of its own in each shade and size, shows gaps and single points, and can be drawn of any values."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.quality.plots.trend_plot import MAX_LINES, PIXELS, PlotLine, PlotShade, PlotSize, TrendPlot, draw_plot

SVG = "{http://www.w3.org/2000/svg}"
DAY_S = 86_400.0
UNTIL = 1_772_600_000.0
GROUND = {PlotShade.LIGHT: "#fff", PlotShade.DARK: "#1a1e22"}


def plot(*lines: PlotLine, unit: str = "") -> TrendPlot:
    return TrendPlot(lines, UNTIL - DAY_S, UNTIL, unit)


def line(*values: float | None, name: str = "x") -> PlotLine:
    return PlotLine(name, [(UNTIL - DAY_S + 3600 * number, value) for number, value in enumerate(values)])


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_the_picture_refers_to_nothing_and_runs_nothing() -> None:
    hostile = "</svg><script>alert(1)</script>"
    svg = draw_plot(plot(line(1, 2, name=hostile), line(2, 3, name="\ud800\0\x1b")))
    root = ET.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "g", "rect", "line", "path", "circle", "text"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name or name == "style"]
    assert any(text.startswith("</svg><script>") for text in texts(svg))


@pytest.mark.parametrize("size", PlotSize)
def test_each_size_has_its_width_and_can_be_scaled(size: PlotSize) -> None:
    root = ET.fromstring(draw_plot(plot(line(1, 2)), size))
    width, height = PIXELS[size]
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == (f"{width}", f"{height}", f"0 0 {width} {height}")


def test_a_gap_breaks_the_line_and_a_point_between_gaps_is_a_dot() -> None:
    root = ET.fromstring(draw_plot(plot(line(1, 2, None, 3, None, 4, 5))))
    assert len([path for path in root.iter(f"{SVG}path") if (path.get("d") or "").count("L")]) == 2
    assert len(list(root.iter(f"{SVG}circle"))) == 1


def test_lines_differ_in_colour_and_in_dashes_and_the_legend_has_both() -> None:
    root = ET.fromstring(draw_plot(plot(*(line(1, number, name=f"line {number}") for number in range(MAX_LINES + 2)))))
    drawn = [(path.get("stroke"), path.get("stroke-dasharray")) for path in root.iter(f"{SVG}path")]
    assert len({color for color, _ in drawn}) == len({dashes for _, dashes in drawn}) == len(drawn) == MAX_LINES
    legend = [
        (piece.get("stroke"), piece.get("stroke-dasharray")) for piece in root.iter(f"{SVG}line") if piece.get("x1") == "-10"
    ]
    assert legend == drawn


def test_a_legend_of_many_rows_takes_nothing_from_the_plot() -> None:
    names = [f"a long name of a line, {number}" for number in range(MAX_LINES)]
    root = ET.fromstring(draw_plot(plot(*(line(1, 2, name=name) for name in names)), PlotSize.NARROW))
    assert int(root.get("height") or 0) >= PIXELS[PlotSize.NARROW][1] + 80


def test_the_axis_of_values_has_the_unit() -> None:
    assert [text for text in texts(draw_plot(plot(line(0, 4 * 1024**3), unit="bytes"))) if "B" in text] == [
        f"{number} GB" for number in (1, 2, 3, 4, 0)
    ]
    assert "$0.5" in texts(draw_plot(plot(line(0, 1), unit="USD")))


def test_axes_stand_without_values() -> None:
    assert texts(draw_plot(plot())) == texts(draw_plot(plot(line(None, None)))) != []


def test_shades_that_are_drawn_at_the_same_time_do_not_mix() -> None:
    shades = [PlotShade.LIGHT, PlotShade.DARK] * 20
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda shade: draw_plot(plot(line(1, 2)), shade=shade), shades))
    grounds = [re.findall(r'<rect x="0" y="0"[^>]* fill="(#\w+)"', svg) for svg in drawn]
    assert grounds == [[GROUND[shade]] for shade in shades]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300), max_size=30),
    st.sampled_from(["", "s", "bytes", "USD"]),
    st.booleans(),
)
def test_any_values_can_be_drawn(values: list[float | None], unit: str, from_zero: bool) -> None:
    made = TrendPlot([line(*values)], UNTIL - DAY_S, UNTIL, unit, from_zero)
    svg = draw_plot(made, PlotSize.NARROW)
    assert "nan" not in svg
    places = [float(y) for d in re.findall(r' d="M ([^"]+)"', svg) for y in re.findall(r"[\d.]+ ([-\d.]+)", d)]
    assert all(-1 <= y <= PIXELS[PlotSize.NARROW][1] for y in places)
