"""The page that draws the samples' facts draws those that are found now."""

from __future__ import annotations

import pytest

from tests.evaluation.sample_graph import PAGE, diagram, page, sample_facts

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(600)]


def test_the_page_draws_what_is_found() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(sample_facts()), "python -m tests.evaluation.sample_graph --write"


def test_a_name_is_one_node_however_many_facts_it_has() -> None:
    drawn = diagram([("A", "KNOWS", "B"), ("B", "KNOWS", "A")])
    assert drawn.count('["A"]') == drawn.count('["B"]') == 1
    assert drawn.count("-->|KNOWS|") == 2
