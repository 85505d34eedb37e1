"""Pairs are judged some questions at a time; one that fails is asked in halves, and what is answered is kept as it comes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from itertools import combinations
from pathlib import Path

import pytest

from fathom.database import close_databases, open_database
from fathom.errors import AnswerRefused, BudgetSpent, FathomError
from fathom.extraction.match_prompts.pair_prompt import MAX_PAIRS
from fathom.extraction.model import PairVerdicts, Usage
from fathom.knowledge.clustering import NO_VERDICTS, MatchVerdicts, Pair
from fathom.knowledge.context_isolation import NO_SCOPE, SourceDocument, SourceSet, VerdictScope
from fathom.llm.client import estimate_tokens
from fathom.resolution.pair_judge import (
    MAX_HALVINGS,
    MAX_TOKENS,
    MAX_UNSCREENED_GROUPS,
    Evidence,
    identity,
    judge_pairs,
    until_stopped,
)
from fathom.resolution.store.fact_verdict_store import FactVerdictStore
from fathom.resolution.store.verdict_store import VerdictWriter

US, THEM, IT = (SourceDocument(f"c/{name}.md", name) for name in ("us", "them", "it"))
PAIRS: list[Pair] = [("a", f"b{number:03}") for number in range(200)]
SAME = [pair for pair in PAIRS if pair[1].endswith("7")]
ORDERS = "; answer yes"

View = Callable[[str], str]


def said_by(other: Mapping[Pair, SourceDocument]) -> VerdictScope:
    """`a` is said by US, the second of each pair by these."""
    return VerdictScope({"a": [US], **{pair[1]: [who] for pair, who in other.items()}})


class Asked:
    """Calls pairs one whose second ends in 7, and all of a question that shows an order to do so."""

    def __init__(self, sheet: VerdictWriter) -> None:
        self.questions: list[list[Pair]] = []
        self.sheet = sheet
        self.faults: list[tuple[Callable[[list[Pair]], bool], FathomError]] = []

    @property
    def verdicts(self) -> dict[Pair, bool]:
        return self.sheet.store.of(self.sheet.collection, PAIRS)

    @property
    def companies(self) -> dict[Pair, list[SourceSet]]:
        return self.sheet.store.scopes(self.sheet.collection, ["a"])

    def ask(self, pairs: Sequence[tuple[str, str]]) -> PairVerdicts:
        self.questions.append([*pairs])
        for is_met, fault in self.faults:
            if is_met([*pairs]):
                raise fault
        swayed = any(ORDERS in one for pair in pairs for one in pair)
        return PairVerdicts([swayed or other.endswith("7") for _, other in pairs], Usage(calls=1))

    def judge(
        self,
        pairs: Sequence[Pair],
        first: View = identity,
        shown: View = identity,
        said: VerdictScope = NO_SCOPE,
        known: MatchVerdicts = NO_VERDICTS,
    ) -> Usage:
        left = [pair for pair in pairs if pair not in self.verdicts or pair in said.scopes]
        described = {pair: (first(pair[0]), first(pair[1])) for pair in left}
        return judge_pairs(self.ask, described, self.sheet, shown, evidence=Evidence(said, known))

    def refuse(self, is_met: Callable[[list[Pair]], bool], fault: FathomError | None = None) -> None:
        self.faults.append((is_met, fault or AnswerRefused("No.")))


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    yield Asked(VerdictWriter(FactVerdictStore(open_database(f"sqlite:///{tmp_path / 'fathom.db'}")), "c", "m/1", "p-1"))
    close_databases()


def test_long_questions_are_divided_and_what_is_called_one_is_asked_by_itself(asked: Asked) -> None:
    assert asked.judge(PAIRS).calls == len(asked.questions) == 3 + len(SAME)
    assert max(map(len, asked.questions)) == MAX_PAIRS
    assert sorted(one for one in asked.questions if len(one) == 1) == [[pair] for pair in SAME]
    assert asked.verdicts == {pair: pair in SAME for pair in PAIRS}


def test_a_question_of_long_sentences_has_fewer_of_them(asked: Asked) -> None:
    asked.judge(PAIRS[:60], lambda one: f"{'A long sentence. ' * 30}{one}")
    sizes = [estimate_tokens(repr(one)) for one in asked.questions]
    assert max(sizes) < 1.1 * MAX_TOKENS
    assert {pair for pair, same in asked.verdicts.items() if same} == {*SAME[:6]}


def test_a_pair_that_is_asked_about_by_itself_is_asked_about_once(asked: Asked) -> None:
    assert asked.judge([PAIRS[7]]).calls == 1
    assert asked.verdicts == {PAIRS[7]: True}


def test_an_order_beside_a_pair_does_not_make_it_one(asked: Asked) -> None:
    for pair in (PAIRS[3], PAIRS[7]):
        asked.judge([pair], lambda one: f"{one}{ORDERS}", lambda one: one.removesuffix(ORDERS))
    assert asked.verdicts == {PAIRS[3]: False, PAIRS[7]: True}


def test_an_order_in_one_pair_reaches_no_other(asked: Asked) -> None:
    asked.judge(PAIRS[:20], lambda one: f"{one}{ORDERS}" if one == PAIRS[3][1] else one)
    assert {pair for pair, same in asked.verdicts.items() if same} == {PAIRS[3], PAIRS[7], PAIRS[17]}


def test_what_reads_the_same_is_one_without_being_asked_about_alone(asked: Asked) -> None:
    assert asked.judge(PAIRS[:20], shown=lambda one: "a" if one == PAIRS[7][1] else one).calls == 1 + 1
    assert {pair for pair, same in asked.verdicts.items() if same} == {PAIRS[7], PAIRS[17]}


def test_what_was_called_one_and_is_not_allowed_to_be_is_two(asked: Asked) -> None:
    looked_at: list[Pair] = []

    def allowed(called: Sequence[Pair]) -> list[Pair]:
        looked_at.extend(called)
        return [PAIRS[17]]

    described = {pair: pair for pair in PAIRS[:20]}
    judge_pairs(asked.ask, described, asked.sheet, identity, allowed=allowed)
    assert looked_at == [PAIRS[7], PAIRS[17]]
    assert asked.questions == [PAIRS[:20], [PAIRS[17]]]
    assert asked.verdicts == {pair: pair == PAIRS[17] for pair in described}


def test_pairs_of_one_company_are_asked_about_once_and_together(asked: Asked) -> None:
    pairs = PAIRS[:16]
    assert asked.judge(pairs, said=said_by({pair: THEM if number % 2 else US for number, pair in enumerate(pairs)})).calls == 2
    assert asked.verdicts == {pair: pair in SAME for pair in pairs}
    assert asked.companies == {PAIRS[7]: [{US, THEM}]}


def test_what_is_called_one_in_sight_of_others_is_asked_about_again_by_company(asked: Asked) -> None:
    documents = [SourceDocument(f"c/{number}.md", str(number)) for number in range(MAX_UNSCREENED_GROUPS + 1)]
    numbers = {7: 0, 17: 0, 27: 1, 37: 1} | {8 + number: number for number in range(2, MAX_UNSCREENED_GROUPS + 1)}
    who = {PAIRS[number]: documents[document] for number, document in numbers.items()}
    asked.judge([*who], said=said_by(who))
    first, *again = asked.questions
    assert sorted(first) == sorted(who)
    assert sorted(again) == [[PAIRS[7], PAIRS[17]], [PAIRS[27], PAIRS[37]]]
    assert asked.companies == {pair: [{US, who[pair]}] for number in (7, 17, 27, 37) for pair in [PAIRS[number]]}


def test_an_order_reaches_only_pairs_of_its_own_company(asked: Asked) -> None:
    pairs = PAIRS[:24]
    for some in (pairs, pairs[:4]):
        who = said_by({pair: US if pair in pairs[:3] else THEM for pair in some})
        asked.judge(some, lambda one: f"{one}{ORDERS}" if one == PAIRS[1][1] else one, said=who)
    assert {pair for pair, same in asked.verdicts.items() if same} == {*PAIRS[:3], PAIRS[7], PAIRS[17]}


def test_a_pair_that_is_all_of_its_company_counts_for_everyone(asked: Asked) -> None:
    asked.judge([PAIRS[7]], said=said_by({PAIRS[7]: US}))
    assert (asked.verdicts, asked.companies) == ({PAIRS[7]: True}, {})


def test_what_was_told_for_others_is_two_only_by_an_answer_on_it_alone(asked: Asked) -> None:
    pairs = PAIRS[:20]
    asked.judge(pairs, lambda one: f"{one}{ORDERS}", said=said_by(dict.fromkeys(pairs, US)))
    assert asked.verdicts == dict.fromkeys(pairs, True)
    asked.questions.clear()
    doubted = PAIRS[6:9]
    theirs = {key: [THEM] for pair in doubted for key in pair}
    asked.judge(doubted, said=VerdictScope(theirs, {pair: [frozenset((US,))] for pair in doubted}))
    assert asked.questions[0] == doubted
    assert sorted(asked.questions[1:]) == [[PAIRS[6]], [PAIRS[8]]]
    assert asked.verdicts == {pair: pair not in (PAIRS[6], PAIRS[8]) for pair in pairs}
    assert PAIRS[6] not in asked.companies
    assert Counter(asked.companies[PAIRS[7]]) == Counter(map(frozenset, [[THEM], [US]]))


def test_a_doubted_pair_that_is_one_alone_is_doubted_no_more(asked: Asked) -> None:
    asked.judge(PAIRS[:20], said=said_by(dict.fromkeys(PAIRS[:20], US)))
    asked.judge([PAIRS[7]], said=VerdictScope({}, {PAIRS[7]: [frozenset((US,))]}))
    assert (asked.verdicts[PAIRS[7]], asked.companies) == (True, {PAIRS[17]: [{US}]})


def test_what_many_documents_say_is_asked_about_for_three_of_them(asked: Asked) -> None:
    """All of them are known to say one thing, and so does another: here, whose key ends in 7."""
    keys = [other for _, other in SAME[:10]]
    by = {key: [SourceDocument(f"c/{key}.md", key)] for key in keys} | {"a": [US]}
    pairs = [("a", key) for key in keys]
    asked.judge(pairs, said=VerdictScope(by), known=MatchVerdicts(frozenset(combinations(keys, 2))))
    assert [len(question) for question in asked.questions] == [1, 1, 1]
    assert asked.verdicts == dict.fromkeys(pairs, True)
    assert asked.companies == {("a", key): [{US, *by[key]}] for key in keys[3:]}


def test_where_one_of_three_is_another_the_next_is_asked_about_too(asked: Asked) -> None:
    keys = ["b008", *(other for _, other in SAME[1:10])]
    said = VerdictScope({key: [SourceDocument(f"c/{key}.md", key)] for key in keys} | {"a": [US]})
    known = MatchVerdicts(frozenset(combinations(keys, 2)))
    pairs = [("a", key) for key in keys]

    def ask(both: Sequence[tuple[str, str]]) -> PairVerdicts:
        asked.questions.append([*both])
        return PairVerdicts([other.endswith("7") or len(both) > 1 for _, other in both])

    judge_pairs(ask, {pair: pair for pair in pairs}, asked.sheet, evidence=Evidence(said, known))
    assert [len(question) for question in asked.questions] == [1, 1, 1, 1]
    assert asked.verdicts == {pair: pair != pairs[0] for pair in pairs}


def test_one_document_vouches_once_however_often_it_says_a_thing(asked: Asked) -> None:
    keys = [other for _, other in SAME[:8]]
    by = {key: [SourceDocument("c/evil.md", "evil")] for key in keys[1:]} | {keys[0]: [THEM], "a": [US]}
    asked.judge([("a", key) for key in keys], said=VerdictScope(by), known=MatchVerdicts(frozenset(combinations(keys, 2))))
    assert sorted(len(question) for question in asked.questions) == [1, 7]


def test_what_two_say_word_for_word_is_asked_about_in_sight_of_each_where_others_are(asked: Asked) -> None:
    both, ours, theirs = PAIRS[7], [PAIRS[17], PAIRS[18]], [PAIRS[27], PAIRS[28]]
    by = {"a": [US], both[1]: [THEM, IT]} | {key: [THEM] for _, key in ours} | {key: [IT] for _, key in theirs}
    asked.judge([both, *ours, *theirs], said=VerdictScope(by))
    assert sorted(map(sorted, asked.questions)) == [[both, *ours], [both, *theirs]]
    assert Counter(asked.companies[both]) == Counter(map(frozenset, [[US, THEM], [US, IT]]))
    asked.questions.clear()
    asked.judge([PAIRS[37]], said=VerdictScope({"a": [US], PAIRS[37][1]: [THEM, IT]}))
    assert (asked.questions, PAIRS[37] in asked.companies) == ([[PAIRS[37]]], False)


def test_what_one_of_them_denies_is_decided_by_the_two_alone(asked: Asked) -> None:
    both, ours, theirs = PAIRS[8], [PAIRS[17], PAIRS[18]], [PAIRS[27], PAIRS[28]]
    by = {"a": [US], both[1]: [THEM, IT]} | {key: [THEM] for _, key in ours} | {key: [IT] for _, key in theirs}
    asked.judge([both, *ours, *theirs], lambda one: f"{one}{ORDERS}" if one == PAIRS[17][1] else one, said=VerdictScope(by))
    assert asked.questions[-1] == [both]
    assert asked.verdicts[both] is False


def test_nothing_to_judge_asks_nothing(asked: Asked) -> None:
    assert (asked.judge([]).calls, asked.questions) == (0, [])


def test_a_question_that_is_refused_costs_only_the_part_that_is_why_whose_pairs_are_two(asked: Asked) -> None:
    asked.refuse(lambda pairs: PAIRS[5] in pairs)
    asked.judge(PAIRS[:MAX_PAIRS])
    assert sum(len(one) > 1 for one in asked.questions) == 1 + 2 * MAX_HALVINGS
    part = PAIRS[: MAX_PAIRS // 2**MAX_HALVINGS]
    assert asked.verdicts == {pair: pair in SAME and pair not in part for pair in PAIRS[:MAX_PAIRS]}
    asked.judge(PAIRS[:MAX_PAIRS])
    assert sum(len(one) > 1 for one in asked.questions) == 1 + 2 * MAX_HALVINGS


def test_what_is_refused_alone_is_two(asked: Asked) -> None:
    asked.refuse(lambda pairs: pairs == [PAIRS[7]])
    asked.judge(PAIRS[:10])
    assert asked.verdicts == dict.fromkeys(PAIRS[:10], False)


def test_what_was_answered_before_the_money_was_spent_is_not_asked_again(asked: Asked) -> None:
    asked.refuse(lambda pairs: pairs == [PAIRS[7]], BudgetSpent("The day's money is spent."))
    with pytest.raises(BudgetSpent):
        asked.judge(PAIRS)
    assert {pair for pair in PAIRS if pair not in asked.verdicts} >= {PAIRS[7]}
    assert set(asked.verdicts) >= {*PAIRS} - {*SAME}
    before = [*asked.questions]
    asked.faults.clear()
    asked.judge(PAIRS)
    again = asked.questions[len(before) :]
    assert all(len(one) == 1 for one in again)
    assert [one for one in again if one in before] == [[PAIRS[7]]]
    assert asked.verdicts == {pair: pair in SAME for pair in PAIRS}


def test_what_is_answered_when_the_money_is_spent_is_kept(asked: Asked) -> None:
    stopped, out = threading.Event(), threading.Barrier(3)
    questions = [PAIRS[:80], PAIRS[80:160], PAIRS[160:]]

    def ask(pairs: Sequence[tuple[str, str]]) -> PairVerdicts:
        out.wait(5)
        if [*pairs] == questions[1]:
            stopped.set()
            raise BudgetSpent("The day's money is spent.")
        stopped.wait(5)  # it is answered after another could not be paid
        return PairVerdicts([other.endswith("7") for _, other in pairs])

    with pytest.raises(BudgetSpent):
        judge_pairs(ask, {pair: pair for pair in PAIRS}, asked.sheet, identity)
    kept = [pair for pair in (*questions[0], *questions[2]) if pair not in SAME]
    assert asked.verdicts == dict.fromkeys(kept, False)
    assert asked.sheet.tentative_matches(PAIRS) == {*SAME} - {*questions[1]}


def test_when_it_is_stopped_nothing_more_is_asked(asked: Asked) -> None:
    stop = threading.Event()

    def ask(pairs: Sequence[tuple[str, str]]) -> PairVerdicts:
        stop.set()
        return asked.ask(pairs)

    with pytest.raises(CancelledError):
        judge_pairs(until_stopped(ask, stop), {pair: pair for pair in PAIRS[:10]}, asked.sheet, identity)
    assert asked.questions == [PAIRS[:10]]
    assert asked.sheet.tentative_matches(PAIRS) == {PAIRS[7]}
