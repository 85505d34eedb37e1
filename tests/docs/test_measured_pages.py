"""Pages of measured parts: what is measured anew takes its place, the rest stays, and every part has a benchmark behind it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.__main__ import CASES
from tests.evaluation import large_documents_table, watching_table, writing_table
from tests.evaluation.measured_page import figures, filled, part_of

PAGE = "# Page\n\n<!-- one -->\n\n<!-- two -->\n"


def test_a_part_that_is_not_measured_anew_stays_as_it_was() -> None:
    before = filled(PAGE, {"one": "old", "two": "kept"}, "")
    after = filled(PAGE, {"one": "new"}, before)
    assert (part_of(after, "one"), part_of(after, "two")) == ("new", "kept")
    assert filled(PAGE, {}, after) == after


def test_figures_are_those_of_the_files_the_later_ones_first(tmp_path: Path) -> None:
    one = {"name": "wall", "value": 0.114, "unit": "s", "peer": "theirs", "peer_value": 2.09, "goal": "≤ .12 s", "note": "how"}
    for number, value in enumerate((9.0, 0.114)):
        (tmp_path / f"{number}.json").write_text(json.dumps({"figures": {"model_calls": [{**one, "value": value}], "ocr": []}}))
    found = figures(sorted(tmp_path.iterdir()), {"model_calls": "cost"})
    assert found.keys() == {"cost"}
    assert found["cost"].splitlines()[2:] == ["| wall | 0.114 s | ≤ .12 s | theirs: 2.09 | how |"]


@pytest.mark.parametrize("table", [large_documents_table, watching_table, writing_table])
def test_every_part_of_a_page_is_a_benchmarks(table: object) -> None:
    parts, page = table.PARTS, table.PAGE.read_text()  # type: ignore[attr-defined]
    assert parts.keys() <= set(CASES)
    assert set(parts.values()) <= set(re.findall(r"<!-- (\w+) -->", page))
