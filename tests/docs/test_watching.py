"""The page of what can be watched: its table of roles is that of the routes, and what was measured stays on it."""

from __future__ import annotations

from fathom.settings import PROJECT_ROOT
from tests.evaluation.watching_table import PAGE, fault_rows, page, part_of, roles


def test_the_table_of_roles_is_that_of_the_routes() -> None:
    assert part_of(PAGE.read_text(), "roles") == roles(), "run `python -m tests.evaluation.watching_table`"


def test_a_part_that_is_not_measured_anew_stays_as_it_was() -> None:
    rows = [{"what": "its process is gone", "state": "dead", "seconds": 0.31, "words": "It is gone.", "ended": 1.0}]
    before = page({"faults": fault_rows(rows), "roles": "old"}, "")
    after = page({"roles": "new"}, before)
    assert "| its process is gone | dead | 0.3 s | 1.3 s | It is gone. |" in part_of(after, "faults")
    assert part_of(after, "roles") == "new"
    assert page({}, after) == after


def test_its_pictures_are_there_and_small() -> None:
    images = PROJECT_ROOT / "docs" / "images"
    shown = [images / line.split("images/")[1].rstrip(")") for line in PAGE.read_text().splitlines() if "](images/" in line]
    assert shown
    assert all(one.exists() for one in shown)
    assert sum(one.stat().st_size for one in images.glob("*.png")) < 600 * 1024
