"""Questions about pairs: many in one, some at a time, in halves where one fails; and what is called one, once more.

Names and sentences are the words of documents, and one that gives orders might sway a model over the other pairs of its
question. What is asked once more depends on the two that it is about, or on the documents that say these two.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from fathom.errors import ExtractionFailed, FathomError
from fathom.graph.company import NOBODY, Said
from fathom.graph.sameness import Pair
from fathom.graph.vouching import to_ask, vouched
from fathom.language.asking import estimated_tokens
from fathom.language.extraction import Judgement, Usage
from fathom.language.pairs import MOST_PAIRS
from fathom.ledger.verdicts import ALONE, Company, Sheet
from fathom.observability.logs import get_logger

AT_A_TIME = 8  # questions
HALVINGS = 2  # of a question that the model refuses or does not answer as asked: one pair of it may be why
MOST_TOKENS = 6_000  # of the pairs of one question, which a budget has to hold and a small model to read
FEW = 4  # companies, whose questions are asked at once: one about the pairs of all would spare hardly any

log = get_logger(__name__)

Described = TypeVar("Described", bound=Hashable)
Ask = Callable[[Sequence[tuple[Described, Described]]], Judgement]
Told = Callable[[Mapping[Pair, bool]], None]
Question = tuple[Sequence[Pair], Told]  # and what becomes of its answer


def judge(
    ask: Ask[Described],
    pairs: Sequence[Pair],
    described: Mapping[Pair, tuple[Described, Described]],
    sheet: Sheet,
    shown: Callable[[Described], Described],
    *,
    said: Said = NOBODY,
    allowed: Callable[[Sequence[Pair]], Sequence[Pair]] = list,
    stop: threading.Event | None = None,
) -> Usage:
    """Each pair has a verdict, recorded as it came: the model's, or that of others that vouch for it; answers what that used.

    A verdict that two are one was given where nothing else was shown but pairs of the same company, or none, in the form that
    is `shown`. Those of the pairs that have a verdict, given in sight of companies, are two only by an answer on them alone.
    Of pairs that were called one, those that are not `allowed` are two; so is what the model does not answer as asked. What
    `ask` raises beside ExtractionFailed is raised, when what was under way is recorded; so is CancelledError after `stop`: no
    more is asked then.
    """
    judging = _Judging(_Asking(ask, described, stop or threading.Event()), sheet, shown, said, pairs)
    left = judging.in_order(pairs)
    while left := judging.vouched(left):
        now = to_ask(left, judging.same, said)
        called = judging.called(now)
        judging.confirm(now, called, {*allowed(called)})
    return judging.asking.used


def ask_once(
    ask: Ask[Described], pairs: Sequence[Pair], described: Mapping[Pair, tuple[Described, Described]], sheet: Sheet
) -> Usage:
    """Each pair was asked about in sight of others, and what the model said is its verdict; raises as `judge` does."""
    asking = _Asking(ask, described, threading.Event())
    asking.put([(some, sheet.record) for some in _questions(pairs, described)], HALVINGS)
    return asking.used


class _Judging(Generic[Described]):
    """What is known of pairs as they are asked about."""

    def __init__(
        self,
        asking: _Asking[Described],
        sheet: Sheet,
        shown: Callable[[Described], Described],
        said: Said,
        pairs: Sequence[Pair],
    ) -> None:
        self.asking = asking
        self.same = {*said.same} - {*pairs}
        self._apart = {*said.apart}
        self._sheet = sheet
        self._shown = shown
        self._said = said
        self._companies = {pair: _companies(said, pair) for pair in pairs}
        self._doubted = {pair for pair in pairs if pair in said.companies}
        self._called = sheet.called_one(pairs)
        self._told: set[Pair] = set()
        self._alone: set[Pair] = set()
        self._doubtful: list[Pair] = []

    def in_order(self, pairs: Iterable[Pair]) -> list[Pair]:
        """The pairs as they are to be asked about: those first that one question may show with many others."""
        groups = self._by_company(pair for pair in sorted(pairs) if len(self._companies[pair]) == 1).values()
        of_one = [pair for group in sorted(groups, key=len, reverse=True) for pair in group]
        return [*of_one, *sorted({*pairs}.difference(of_one))]

    def vouched(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Those for which others vouch have a verdict; answers the pairs that have none."""
        left = [pair for pair in pairs if pair not in self._told]
        found = vouched(left, self.same, self._apart, self._said)
        by_company: dict[Company, dict[Pair, bool]] = defaultdict(dict)
        for pair, is_one in found.items():
            if is_one:
                for company in self._said.each_company(pair):
                    by_company[company][pair] = True
            elif pair not in self._doubted:
                by_company[ALONE][pair] = False
        for company, answer in by_company.items():
            self._record(answer, company)
        return [pair for pair in left if pair not in self._told]

    def called(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Those of the pairs that may be one: they were called so, or are of few companies and were not asked about yet."""
        fresh = [pair for pair in pairs if pair not in self._called and pair not in self._doubted]
        whole = all(self._shown(one) == one for pair in fresh for one in self.asking.described[pair])
        if whole and len(self._by_company(fresh)) <= FEW:
            self._called.update(fresh)
        else:
            self.asking.put([(some, self._first_told) for some in _questions(fresh, self.asking.described)], HALVINGS)
        return [pair for pair in pairs if pair in self._called]

    def confirm(self, pairs: Sequence[Pair], called: Sequence[Pair], allowed: Set[Pair]) -> None:
        """Each of the pairs has a verdict."""
        self._record({pair: False for pair in called if pair not in allowed}, ALONE)
        groups = self._by_company(pair for pair in pairs if pair in allowed or pair in self._doubted)
        self.asking.put(
            [
                (some, partial(self._told_again, company if isinstance(company, frozenset) else ALONE))
                for company, group in groups.items()
                for some in _questions(group, self.asking.described)
            ],
            HALVINGS,
            self._shown,
        )
        alone, self._doubtful = [[pair] for pair in dict.fromkeys(self._doubtful) if pair not in self._alone], []
        self.asking.put([(some, partial(self._told_again, ALONE)) for some in alone], 0, self._shown)

    def _told_again(self, company: Company, answer: Mapping[Pair, bool]) -> None:
        """Of pairs that are held to be one, or are asked about in sight of several, a company tells only that they are one."""
        if len(answer) == 1:
            self._alone.update(answer)
            self._record(answer, ALONE)
            return
        some = {pair for pair in answer if pair in self._doubted or len(self._companies[pair]) > 1}
        self._doubtful += [pair for pair in some if not answer[pair]]
        final = {pair: is_one for pair, is_one in answer.items() if is_one or pair not in some}
        self._record({pair: is_one for pair, is_one in final.items() if pair not in self._alone}, company)

    def _first_told(self, answer: Mapping[Pair, bool]) -> None:
        called = [pair for pair, is_one in answer.items() if is_one]
        self._called.update(called)
        self._record({pair: False for pair, is_one in answer.items() if not is_one}, ALONE, called)

    def _record(self, answer: Mapping[Pair, bool], company: Company, called: Sequence[Pair] = ()) -> None:
        self._sheet.record(answer, called, company)
        self._told.update(answer)
        for pair, is_one in answer.items():
            (self.same if is_one else self._apart).add(pair)
            (self._apart if is_one else self.same).discard(pair)

    def _by_company(self, pairs: Iterable[Pair]) -> dict[Company | Pair, list[Pair]]:
        """The pairs of each company in the order they have; by themselves those of none, or of several not all of which ask."""
        found: dict[Company | Pair, list[Pair]] = defaultdict(list)
        others: list[Pair] = []
        for pair in pairs:
            if len(self._companies[pair]) == 1:
                found[self._companies[pair][0]].append(pair)
            else:
                others.append(pair)
        asked = {*found}
        for pair in others:
            several = asked.issuperset(self._companies[pair])
            for company in (self._companies[pair] if several else ()) or (pair,):
                found[company].append(pair)
        return found


def _companies(said: Said, pair: Pair) -> list[Company]:
    """In sight of whom the pair is to be asked about; none where it is by itself."""
    if company := said.company(pair):
        return [company]
    each = said.each_company(pair)
    return each if len(each) <= FEW else []


def _questions(pairs: Sequence[Pair], described: Mapping[Pair, tuple[Described, Described]]) -> list[list[Pair]]:
    questions: list[list[Pair]] = []
    room = 0
    for pair in pairs:
        size = estimated_tokens(repr(described[pair]))
        if not questions or len(questions[-1]) == MOST_PAIRS or size > room:
            questions.append([])
            room = MOST_TOKENS
        questions[-1].append(pair)
        room -= size
    return questions


def _as_it_is(one: Described) -> Described:
    return one


@dataclass
class _Asking(Generic[Described]):
    """Some questions at a time, until something but an answer comes or it is stopped."""

    _ask: Ask[Described]
    described: Mapping[Pair, tuple[Described, Described]]
    _stop: threading.Event
    used: Usage = field(default_factory=Usage)

    def put(self, questions: Sequence[Question], halvings: int, shown: Callable[[Described], Described] = _as_it_is) -> None:
        """Each is asked and told its answer; one that fails is asked in halves, so many times, and then its pairs are two."""
        if not questions:
            return
        halves: list[Question] = []
        for some, told in self._round(questions, shown):
            if len(some) > 1 and halvings:
                halves += [(some[: len(some) // 2], told), (some[len(some) // 2 :], told)]
            else:
                told(dict.fromkeys(some, False))
        self.put(halves, halvings - 1, shown)

    def _answer(self, pairs: Sequence[Pair], shown: Callable[[Described], Described]) -> Judgement:
        """What reads the same is one without being asked about."""
        both = [(shown(one), shown(other)) for one, other in map(self.described.__getitem__, pairs)]
        asked = list(dict.fromkeys(pair for pair in both if pair[0] != pair[1]))
        if not asked:
            return Judgement([True] * len(pairs))
        if self._stop.is_set():
            raise CancelledError
        judged = self._ask(asked)
        answers = dict(zip(asked, judged.same, strict=True))
        return Judgement([answers.get(pair, True) for pair in both], judged.usage)

    def _round(self, questions: Sequence[Question], shown: Callable[[Described], Described]) -> list[Question]:
        failed: list[Question] = []
        stopped: FathomError | CancelledError | None = None
        with ThreadPoolExecutor(min(AT_A_TIME, len(questions)), thread_name_prefix="judging") as pool:
            answers = {pool.submit(copy_context().run, self._answer, one[0], shown): one for one in questions}
            try:
                for answer in as_completed(answers):
                    some, told = answers[answer]
                    try:
                        judged = answer.result()
                    except ExtractionFailed as error:
                        why = {"pairs": len(some), "why": error.message}
                        log.warning("Pairs were not judged", sub_stage="pairs", metrics=why)
                        failed.append((some, told))
                    except (FathomError, CancelledError) as error:  # what is under way is paid for, the rest is not asked
                        stopped = stopped or error
                        for one in answers:
                            one.cancel()
                    else:
                        self.used = self.used.and_also(judged.usage)
                        told(dict(zip(some, judged.same, strict=True)))
            finally:
                for one in answers:
                    one.cancel()
        if stopped is not None:
            raise stopped
        return failed
