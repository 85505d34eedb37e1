"""Questions about pairs: many in one, some at a time, in halves where one fails; and what is called one, once more.

Names and sentences are the words of documents, and one that gives orders might sway a model over the other pairs of its
question. What is asked once more depends on the two that it is about, or on the documents that say these two.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass, field
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
OF_ITS_OWN = 8  # pairs of one company that are worth a question without others: what comes of it needs no second

log = get_logger(__name__)

Described = TypeVar("Described", bound=Hashable)
Ask = Callable[[Sequence[tuple[Described, Described]]], Judgement]


def judge(
    ask: Ask[Described],
    pairs: Sequence[Pair],
    described: Mapping[Pair, tuple[Described, Described]],
    sheet: Sheet,
    views: Sequence[Callable[[Described], Described]],
    *,
    said: Said = NOBODY,
    stop: threading.Event | None = None,
) -> Usage:
    """Each pair was asked about and its verdict recorded, as it came; answers what that used.

    A verdict that two are one was given where nothing else was shown but pairs of the same company, or none, once as each of
    `views` shows them; what reads the same there needs no asking, nor what others vouch for. Pairs that were told to be one
    in sight of companies are two only by an answer on them alone. What the model does not answer as asked is two. What `ask`
    raises beside ExtractionFailed is raised, when what was under way is recorded; so is CancelledError after `stop`: no more
    is asked then.
    """
    asking = _Asking(ask, views, stop or threading.Event())
    company = {pair: said.company(pair) for pair in pairs}
    called = sheet.called_one(pairs)
    same = {*said.same} - {*pairs}
    in_doubt: list[Pair] = []

    def told(answer: Mapping[Pair, bool]) -> None:
        found = [pair for pair, is_one in answer.items() if is_one]
        called.update(found)
        sheet.record({pair: False for pair, is_one in answer.items() if not is_one}, found)

    def told_again(answer: Mapping[Pair, bool]) -> None:
        first, *more = answer
        doubtful = {pair for pair, is_one in answer.items() if more and not is_one and pair in said.companies}
        in_doubt.extend(doubtful)
        final = {pair: is_one for pair, is_one in answer.items() if pair not in doubtful}
        same.update(pair for pair, is_one in final.items() if is_one)
        sheet.record(final, company=company[first] if more else ALONE)

    def ask_again(some: Collection[Pair]) -> None:
        questions = [question for group in _by_company(some, company) for question in _questions(group, described)]
        asking.put(questions, described, asking.again, told_again, HALVINGS)

    groups = _by_company([pair for pair in pairs if pair not in called and pair not in said.companies], company)
    of_their_own = {
        pair
        for group in groups
        if len(group) >= OF_ITS_OWN or len(groups) == 1
        for pair in group
        if all(views[0](one) == one for one in described[pair])
    }
    mixed = [pair for group in groups for pair in group if pair not in of_their_own]
    asking.put(_questions(mixed, described), described, asking.ask, told, HALVINGS)
    ask_again([pair for pair in pairs if pair in of_their_own or pair in said.companies])
    asking.put([[pair] for pair in in_doubt], described, asking.again, told_again, 0)
    left = [pair for group in sorted(_by_company(sorted(called), company), key=len, reverse=True) for pair in group]
    while left:
        for pair in vouched(left, same, said):
            for some in said.each_company(pair):
                sheet.record({pair: True}, company=some)
            same.add(pair)
        now = to_ask([pair for pair in left if pair not in same], same, said)
        ask_again(now)
        told_of = same.union(now)
        left = [pair for pair in left if pair not in told_of]
    return asking.used


def _by_company(pairs: Iterable[Pair], company: Mapping[Pair, Company]) -> list[list[Pair]]:
    """The pairs in the order they have; those of no company each by itself."""
    found: dict[Hashable, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[company[pair] or pair].append(pair)
    return list(found.values())


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


@dataclass
class _Asking(Generic[Described]):
    """Some questions at a time, until something but an answer comes or it is stopped."""

    _ask: Ask[Described]
    _views: Sequence[Callable[[Described], Described]]
    _stop: threading.Event
    used: Usage = field(default_factory=Usage)

    def ask(self, both: Sequence[tuple[Described, Described]]) -> Judgement:
        """The answer. Raises CancelledError when it is stopped."""
        if self._stop.is_set():
            raise CancelledError
        return self._ask(both)

    def again(self, both: Sequence[tuple[Described, Described]]) -> Judgement:
        """Which of them are one as each of the views shows them. Raises CancelledError when it is stopped."""
        used = Usage()
        left = list(range(len(both)))
        for view in self._views:
            shown = {number: (view(both[number][0]), view(both[number][1])) for number in left}
            if asked := list(dict.fromkeys(pair for pair in shown.values() if pair[0] != pair[1])):
                judged = self.ask(asked)
                used = used.and_also(judged.usage)
                two = {pair for pair, same in zip(asked, judged.same, strict=True) if not same}
                left = [number for number in left if shown[number] not in two]
        return Judgement([number in left for number in range(len(both))], used)

    def put(
        self,
        questions: Sequence[Sequence[Pair]],
        described: Mapping[Pair, tuple[Described, Described]],
        ask: Ask[Described],
        told: Callable[[Mapping[Pair, bool]], None],
        halvings: int,
    ) -> None:
        """Each is asked and `told` its answer; one that fails is asked in halves, so many times, and then its pairs are two."""
        if not questions:
            return
        halves: list[Sequence[Pair]] = []
        for some in self._round(questions, described, ask, told):
            if len(some) > 1 and halvings:
                halves += [some[: len(some) // 2], some[len(some) // 2 :]]
            else:
                told(dict.fromkeys(some, False))
        self.put(halves, described, ask, told, halvings - 1)

    def _round(
        self,
        questions: Sequence[Sequence[Pair]],
        described: Mapping[Pair, tuple[Described, Described]],
        ask: Ask[Described],
        told: Callable[[Mapping[Pair, bool]], None],
    ) -> list[Sequence[Pair]]:
        failed: list[Sequence[Pair]] = []
        stopped: FathomError | CancelledError | None = None
        with ThreadPoolExecutor(min(AT_A_TIME, len(questions)), thread_name_prefix="judging") as pool:
            answers = {pool.submit(copy_context().run, ask, [described[pair] for pair in some]): some for some in questions}
            try:
                for answer in as_completed(answers):
                    some = answers[answer]
                    try:
                        judged = answer.result()
                    except ExtractionFailed as error:
                        why = {"pairs": len(some), "why": error.message}
                        log.warning("Pairs were not judged", sub_stage="pairs", metrics=why)
                        failed.append(some)
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
