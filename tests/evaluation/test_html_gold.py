"""The gold of HTML pages counts what a reader takes for a heading or a cell, by the markup alone, and misses no loss."""

from __future__ import annotations

import pytest

from tests.evaluation.html_structure import html_structure

CELLS = "<tr><td>a<td>b<tr><td>c<td>d"
GRID = [["a", "b"], ["c", "d"]]
LAYOUT = "<table border=0 cellspacing=0>"


@pytest.mark.parametrize(
    ("page", "headings"),
    [
        ("<h1>Tides</h1><nav><h2>Menu</h2><nav><h3>More</h3></nav></nav><h2>Ebb</h2>", ["Tides", "Ebb"]),
        ('<div role="navigation"><div><h2>Menu</h2></div></div><h2>Ebb</h2>', ["Ebb"]),
        ("<table border=0><tr><td><h1>Tides</h1>text</table>", ["Tides"]),
        ('<table role="presentation"><tr><td><h1>Tides</h1><td><h2>Ebb</h2></table>', ["Tides", "Ebb"]),
        (f"<table><tr><th>x<tr><td><h2>In data</h2></table>{LAYOUT}<tr><td><h2>Ebb</h2></table>", ["Ebb"]),
        ("<h1><img alt='Tide Office'></h1>", ["Tide Office"]),
    ],
)
def test_headings_count_outside_of_navigation_and_of_cells_of_data(page: str, headings: list[str]) -> None:
    assert [text for _, text in html_structure(page).headings] == headings


@pytest.mark.parametrize(
    ("page", "tables"),
    [
        (f"<table>{CELLS}</table>", [GRID]),
        (f"{LAYOUT}{CELLS}</table>", [GRID]),
        ("<table><tr><td>a<td>b</table>", [[["a", "b"]]]),
        (f"{LAYOUT}<tr><td>a<td>b</table>", []),
        (f"{LAYOUT}<tr><td><td>a<tr><td><td>b</table>", []),
        (f"{LAYOUT}<tr><th>a<th>b</table>", [[["a", "b"]]]),
        (f'<table role="presentation">{CELLS}</table>', []),
        (f"{LAYOUT}<tr><td><table>{CELLS}</table></table>", [GRID]),
        (f"<nav><table>{CELLS}</table></nav>", []),
        ("<table><tr><td>x<td><table><tr><td>y</table></table>", [[["y"]], [["x", "y"]]]),
        ("<table><tr><td><img alt='Ebb'><td>b</table>", [[["Ebb", "b"]]]),
    ],
)
def test_tables_count_that_relate_what_they_say(page: str, tables: list[list[list[str]]]) -> None:
    assert html_structure(page).tables == tables
