"""Results that break their rules never reach a caller: the next strategy answers, and the answer says so."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fathom.errors import BudgetSpent, GraphUnreachable, QueryTimedOut, ResultInvalid
from fathom.errors.fallback_chain import FallbackChain, Strategy
from fathom.graph.search.search_answer import SearchAnswer, SearchResult, checked_results, search_answer
from fathom.graph.search.search_request import SearchMode

GOOD: dict[str, Any] = {"document": "a/b.pdf", "chunk": "c1", "text": "The bridge.", "score": 0.8}


def test_results_in_order_are_taken_as_they_are() -> None:
    found = checked_results([GOOD, {**GOOD, "chunk": "c2", "score": 0.0, "page": 3, "box": (0, 0, 10, 5)}], top=2)
    assert [(one.chunk, one.score, one.page) for one in found] == [("c1", 0.8, None), ("c2", 0.0, 3)]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"score": 1.01}, "score"),
        ({"score": -0.1}, "score"),
        ({"score": float("nan")}, "score"),
        ({"score": float("inf")}, "score"),
        ({"score": "0.5"}, "score"),
        ({"score": None}, "score"),
        ({"document": ""}, "document"),
        ({"chunk": ""}, "chunk"),
        ({"page": 0}, "page"),
        ({"box": (0, 0, float("nan"), 1)}, "box"),
        ({"branches": {"vector": 2.0}}, "branches"),
    ],
)
def test_a_result_that_breaks_a_rule_is_named_by_its_part(wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(ResultInvalid, match=where):
        checked_results([{**GOOD, **wrong}], top=5)


def test_a_result_without_a_score_is_invalid() -> None:
    with pytest.raises(ResultInvalid, match="score"):
        checked_results([{name: value for name, value in GOOD.items() if name != "score"}], top=5)


def test_results_out_of_order_twice_or_too_many_are_invalid() -> None:
    with pytest.raises(ResultInvalid, match="order of their scores"):
        checked_results([GOOD, {**GOOD, "chunk": "c2", "score": 0.9}], top=5)
    with pytest.raises(ResultInvalid, match="twice"):
        checked_results([GOOD, GOOD], top=5)
    with pytest.raises(ResultInvalid, match="2 results instead of 1"):
        checked_results([GOOD, {**GOOD, "chunk": "c2"}], top=1)


def test_an_invalid_result_of_a_strategy_is_answered_by_the_next() -> None:
    chain = FallbackChain[int, list[SearchResult]](
        (
            Strategy("vector", lambda top: checked_results([{**GOOD, "score": float("nan")}], top)),
            Strategy("words", lambda top: checked_results([GOOD], top)),
        )
    )
    found = chain.run(5)
    assert (found.strategy, len(found.value)) == ("words", 1)
    assert found.why[0].startswith("vector: The search gave an invalid result")


def test_the_tiers_of_the_errors_say_how_good_the_answer_is() -> None:
    results = checked_results([GOOD], top=5)
    whole = search_answer(results, SearchMode.VECTOR, errors=[QueryTimedOut("A neighbour was slow.")], took_ms=3.0)
    assert (whole.degraded, whole.why, whole.notes) == (False, [], ["A neighbour was slow."])
    errors = [BudgetSpent("No budget."), GraphUnreachable("Away.")]
    worse = search_answer(results, SearchMode.WORDS, errors=errors, took_ms=3.0)
    assert (worse.degraded, worse.why) == (True, ["Away.", "No budget."])


def test_an_answer_cannot_be_degraded_without_a_reason() -> None:
    with pytest.raises(ValidationError, match="says why"):
        SearchAnswer(results=[], mode=SearchMode.AUTO, degraded=True, took_ms=1.0)
