"""The page of what can be watched: its table of roles is that of the routes, and its faults are told in words."""

from __future__ import annotations

from fathom.settings import PROJECT_ROOT
from tests.evaluation.measured_page import part_of
from tests.evaluation.watching_table import PAGE, fault_rows, roles


def test_the_table_of_roles_is_that_of_the_routes() -> None:
    assert part_of(PAGE.read_text(), "roles") == roles(), "run `python -m tests.evaluation.watching_table`"


def test_a_fault_is_a_row_with_how_soon_it_was_seen() -> None:
    rows = [{"what": "its process is gone", "state": "dead", "seconds": 0.31, "words": "It is gone.", "ended": 1.0}]
    assert "| its process is gone | dead | 0.3 s | 1.3 s | It is gone. |" in fault_rows(rows)


def test_its_pictures_are_there_and_small() -> None:
    images = PROJECT_ROOT / "docs" / "images"
    shown = [images / line.split("images/")[1].rstrip(")") for line in PAGE.read_text().splitlines() if "](images/" in line]
    assert shown
    assert all(one.exists() for one in shown)
    assert sum(one.stat().st_size for one in images.glob("*.png")) < 600 * 1024
