"""Four tiers order the errors; an answer in spite of errors says which made it worse."""

from __future__ import annotations

from typing import get_args

from fathom.errors import (
    BudgetSpent,
    ExtractionFailed,
    GraphUnreachable,
    QueryTimedOut,
    Tier,
)
from fathom.errors.tiers import TIERS, AnswerQuality, quality_of


def test_each_tier_has_a_rule_and_a_severity_of_its_own_the_worst_first() -> None:
    assert tuple(TIERS) == get_args(Tier)
    assert [rule.severity for rule in TIERS.values()] == [4, 3, 2, 1]


def test_an_answer_without_errors_is_whole() -> None:
    assert quality_of([]) == AnswerQuality(degraded=False, why=(), notes=())


def test_an_answer_in_spite_of_errors_tells_the_worst_first() -> None:
    errors = [BudgetSpent("The budget is spent."), ExtractionFailed("No answer."), GraphUnreachable("The graph is away.")]
    assert quality_of(errors).why == ("The graph is away.", "No answer.", "The budget is spent.")
    assert quality_of(errors).degraded


def test_an_error_of_the_lowest_tier_is_a_note_and_no_worse_answer() -> None:
    found = quality_of([QueryTimedOut("A neighbour took too long.")])
    assert (found.degraded, found.why, found.notes) == (False, (), ("A neighbour took too long.",))


def test_the_same_reason_is_told_once() -> None:
    assert quality_of([GraphUnreachable("Away."), GraphUnreachable("Away.")]).why == ("Away.",)
