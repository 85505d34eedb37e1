"""Pairs are judged some questions at a time; one that fails is asked in halves, and what was answered is kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from fathom.errors import AnswerRefused, BudgetSpent
from fathom.graph.judging import AT_A_TIME, HALVINGS, judge
from fathom.graph.sameness import Pair
from fathom.language.extraction import Judgement, Usage
from fathom.language.pairs import MOST_PAIRS

PAIRS: list[Pair] = [("a", f"b{number:03}") for number in range(200)]


class Asked:
    def __init__(self, *refused: Pair) -> None:
        self.questions: list[int] = []
        self.verdicts: dict[Pair, bool] = {}
        self._refused = {*refused}

    def ask(self, pairs: Sequence[tuple[str, str]]) -> Judgement:
        self.questions.append(len(pairs))
        if self._refused.intersection(pairs):
            raise AnswerRefused("No.")
        return Judgement([other.endswith("7") for _, other in pairs], Usage(calls=1))

    def judge(self, questions: Sequence[Sequence[Pair]]) -> Usage:
        return judge(self.ask, questions, {pair: pair for some in questions for pair in some}, self.verdicts.update)


def test_long_questions_are_divided_and_each_pair_has_its_own_verdict() -> None:
    asked = Asked()
    assert asked.judge([PAIRS, PAIRS[:3]]).calls == len(asked.questions) == 4
    assert max(asked.questions) == MOST_PAIRS
    assert asked.verdicts == {pair: pair[1].endswith("7") for pair in PAIRS}


def test_nothing_to_judge_asks_nothing() -> None:
    asked = Asked()
    assert (asked.judge([[], []]).calls, asked.questions) == (0, [])


def test_a_question_that_is_refused_costs_only_the_part_that_is_why() -> None:
    asked = Asked(PAIRS[5])
    used = asked.judge([PAIRS[:MOST_PAIRS]])
    assert used.calls == HALVINGS
    assert len(asked.questions) == 1 + 2 * HALVINGS
    assert asked.verdicts.keys() == {*PAIRS[MOST_PAIRS // 2**HALVINGS : MOST_PAIRS]}


def test_what_is_answered_when_the_money_is_spent_is_kept() -> None:
    asked, answered = Asked(), threading.Event()

    def ask(pairs: Sequence[tuple[str, str]]) -> Judgement:
        if pairs[0] == PAIRS[0]:
            answered.wait(5)  # it is answered after another could not be paid
            return asked.ask(pairs)
        answered.set()
        raise BudgetSpent("The day's money is spent.")

    questions = [PAIRS[start : start + 10] for start in range(0, 200, 10)]
    with pytest.raises(BudgetSpent):
        judge(ask, questions, {pair: pair for pair in PAIRS}, asked.verdicts.update)
    assert asked.verdicts.keys() == {*PAIRS[:10]}
    assert len(questions) > AT_A_TIME
