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
from fathom.extraction.match_prompts.pair_prompt import MAX_PAIRS
from fathom.extraction.model import PairVerdicts, Usage
from fathom.knowledge.clustering import NO_VERDICTS, MatchVerdicts, Pair
from fathom.knowledge.context_isolation import ISOLATED, NO_SCOPE, SourceSet, VerdictScope
from fathom.llm.client import estimate_tokens
from fathom.observability.structured_logging import get_logger
from fathom.resolution.corroboration import inferred_by_corroboration, pairs_to_judge
from fathom.resolution.store.verdict_store import VerdictWriter

MAX_PARALLEL_QUESTIONS = 8  # questions
MAX_HALVINGS = 2  # of a question that the model refuses or does not answer as asked: one pair of it may be why
MAX_TOKENS = 6_000  # of the pairs of one question, which a budget has to hold and a small model to read
MAX_UNSCREENED_GROUPS = (
    4  # groups of pairs that are asked about at once: a question about all of them first would spare hardly any
)
MAX_SCOPES_IN_TURN = 4  # companies in sight of which one pair is asked about; of more, it is asked about alone

log = get_logger(__name__)

Description = TypeVar("Described", bound=Hashable)
JudgeCall = Callable[[Sequence[tuple[Description, Description]]], PairVerdicts]
OnVerdicts = Callable[[Mapping[Pair, bool]], None]
Question = tuple[Sequence[Pair], OnVerdicts]  # and what becomes of its answer


def identity(one: Description) -> Description:
    """The same."""
    return one


def judge_pairs(
    ask: JudgeCall[Description],
    pairs: Sequence[Pair],
    described: Mapping[Pair, tuple[Description, Description]],
    sheet: VerdictWriter,
    shown: Callable[[Description], Description] = identity,
    *,
    said: VerdictScope = NO_SCOPE,
    known: MatchVerdicts = NO_VERDICTS,
    allowed: Callable[[Sequence[Pair]], Sequence[Pair]] = list,
    stop: threading.Event | None = None,
) -> Usage:
    """Each pair has a verdict, recorded as it came: the model's, or that of others that vouch for it; answers what that used.

    But those that say one thing over and over (see vouching.py). A verdict that two are one was given where nothing else was
    shown but pairs of the same company, or none, in the form that is `shown`. Those of the pairs that have a verdict, given in
    sight of companies, are two only by an answer on them alone. Of pairs that were called one, those that are not `allowed`
    are two; so is what the model does not answer as asked. What is `known` of these and others may vouch for them. What `ask`
    raises beside ExtractionFailed is raised, when what was under way is recorded; so is CancelledError after `stop`: no more
    is asked then.
    """
    judging = PairJudge(QuestionRunner(ask, described, stop or threading.Event()), sheet, shown, said, known, pairs)
    while asked := pairs_to_judge(judging.left(), judging.same, said):
        called = judging.called(asked)
        judging.confirm(asked, called, {*allowed(called)})
    return judging.asking.used


class PairJudge(Generic[Description]):
    """What is known of pairs as they are asked about."""

    def __init__(
        self,
        asking: QuestionRunner[Description],
        sheet: VerdictWriter,
        shown: Callable[[Description], Description],
        said: VerdictScope,
        known: MatchVerdicts,
        pairs: Sequence[Pair],
    ) -> None:
        self.asking = asking
        self.same = {*known.same} - {*pairs}
        self._apart = {*known.apart}
        self._sheet = sheet
        self._shown = shown
        self._said = said
        self._companies = {pair: said.companies_to_ask(pair) for pair in pairs}
        self._held = {pair for pair in pairs if pair in said.companies}
        self._called = sheet.called_one(pairs)
        self._told: set[Pair] = set()
        self._told_alone: set[Pair] = set()
        self._denied: list[Pair] = []
        of_one = [pair for pair in sorted(pairs) if len(self._companies[pair]) == 1]
        groups = sorted((group for _, group in self._by_company(of_one)), key=len, reverse=True)
        first = [pair for group in groups for pair in group]  # what one question may show with many others
        self._pairs = [*first, *sorted({*pairs}.difference(first))]

    def left(self) -> list[Pair]:
        """The pairs that have no verdict, as they are to be asked about; those for which others vouch have one."""
        left = [pair for pair in self._pairs if pair not in self._told]
        by_company: dict[SourceSet, dict[Pair, bool]] = defaultdict(dict)
        for pair, is_one in inferred_by_corroboration(left, self.same, self._apart, self._said).items():
            if is_one:
                for company in self._companies[pair] or [ISOLATED]:
                    by_company[company][pair] = True
            elif pair not in self._held:
                by_company[ISOLATED][pair] = False
        for company, answer in by_company.items():
            self._record(answer, company)
        return [pair for pair in left if pair not in self._told]

    def called(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Those of the pairs that may be one: they were called so, or are of few groups and were not asked about yet."""
        fresh = [pair for pair in pairs if pair not in self._called and pair not in self._held]
        whole = all(self._shown(one) == one for pair in fresh for one in self.asking.described[pair])
        if whole and len(self._by_company(fresh)) <= MAX_UNSCREENED_GROUPS:
            self._called.update(fresh)
        else:
            self.asking.put([(some, self._first_told) for some in _questions(fresh, self.asking.described)], MAX_HALVINGS)
        return [pair for pair in pairs if pair in self._called]

    def confirm(self, pairs: Sequence[Pair], called: Sequence[Pair], allowed: Set[Pair]) -> None:
        """Each of the pairs has a verdict."""
        self._record({pair: False for pair in called if pair not in allowed}, ISOLATED)
        groups = self._by_company(pair for pair in pairs if pair in allowed or pair in self._held)
        questions = [
            (some, partial(self._told_again, company))
            for company, group in groups
            for some in _questions(group, self.asking.described)
        ]
        self.asking.put(questions, MAX_HALVINGS, self._shown)
        denied, self._denied = [pair for pair in dict.fromkeys(self._denied) if pair not in self._told_alone], []
        self.asking.put([([pair], partial(self._told_again, ISOLATED)) for pair in denied], 0, self._shown)

    def _first_told(self, answer: Mapping[Pair, bool]) -> None:
        called = [pair for pair, is_one in answer.items() if is_one]
        self._called.update(called)
        self._record({pair: False for pair, is_one in answer.items() if not is_one}, ISOLATED, called)

    def _told_again(self, company: SourceSet, answer: Mapping[Pair, bool]) -> None:
        """What was asked about alone has a verdict; else that two are one, and that they are two where none says otherwise."""
        if len(answer) == 1:
            self._told_alone.update(answer)
            self._record(answer, ISOLATED)
            return
        otherwise = {pair for pair in answer if pair in self._held or len(self._companies[pair]) > 1}
        self._denied += [pair for pair in otherwise if not answer[pair]]
        told = {pair: is_one for pair, is_one in answer.items() if is_one or pair not in otherwise}
        self._record({pair: is_one for pair, is_one in told.items() if pair not in self._told_alone}, company)

    def _record(self, answer: Mapping[Pair, bool], company: SourceSet, called: Sequence[Pair] = ()) -> None:
        self._sheet.record(answer, called, company)
        self._told.update(answer)
        for pair, is_one in answer.items():
            (self.same if is_one else self._apart).add(pair)
            (self._apart if is_one else self.same).discard(pair)

    def _by_company(self, pairs: Iterable[Pair]) -> list[tuple[SourceSet, list[Pair]]]:
        """The pairs by company, in their order.

        One of several is with each of them, where all these have others to ask about; else it is alone, as is one of none.
        """
        found: dict[SourceSet, list[Pair]] = defaultdict(list)
        alone: list[Pair] = []
        several: list[Pair] = []
        for pair in pairs:
            match self._companies[pair]:
                case [company]:
                    found[company].append(pair)
                case []:
                    alone.append(pair)
                case _:
                    several.append(pair)
        asked = {*found}
        for pair in several:
            if len(self._companies[pair]) <= MAX_SCOPES_IN_TURN and asked.issuperset(self._companies[pair]):
                for company in self._companies[pair]:
                    found[company].append(pair)
            else:
                alone.append(pair)
        return [*found.items(), *((ISOLATED, [pair]) for pair in alone)]


def _questions(pairs: Sequence[Pair], described: Mapping[Pair, tuple[Description, Description]]) -> list[list[Pair]]:
    questions: list[list[Pair]] = []
    room = 0
    for pair in pairs:
        size = estimate_tokens(repr(described[pair]))
        if not questions or len(questions[-1]) == MAX_PAIRS or size > room:
            questions.append([])
            room = MAX_TOKENS
        questions[-1].append(pair)
        room -= size
    return questions


@dataclass
class QuestionRunner(Generic[Description]):
    """Some questions at a time, until something but an answer comes or it is stopped."""

    _ask: JudgeCall[Description]
    described: Mapping[Pair, tuple[Description, Description]]
    _stop: threading.Event
    used: Usage = field(default_factory=Usage)

    def put(self, questions: Sequence[Question], halvings: int, shown: Callable[[Description], Description] = identity) -> None:
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

    def _answer(self, pairs: Sequence[Pair], shown: Callable[[Description], Description]) -> PairVerdicts:
        """What reads the same is one without being asked about."""
        both = [(shown(one), shown(other)) for one, other in map(self.described.__getitem__, pairs)]
        asked = list(dict.fromkeys(pair for pair in both if pair[0] != pair[1]))
        if not asked:
            return PairVerdicts([True] * len(pairs))
        if self._stop.is_set():
            raise CancelledError
        judged = self._ask(asked)
        answers = dict(zip(asked, judged.same, strict=True))
        return PairVerdicts([answers.get(pair, True) for pair in both], judged.usage)

    def _round(self, questions: Sequence[Question], shown: Callable[[Description], Description]) -> list[Question]:
        failed: list[Question] = []
        stopped: FathomError | CancelledError | None = None
        with ThreadPoolExecutor(min(MAX_PARALLEL_QUESTIONS, len(questions)), thread_name_prefix="judging") as pool:
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
