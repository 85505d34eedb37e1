"""Questions about pairs: many in one, some at a time, in halves where one fails; and what is called one, once more.

Names and sentences are the words of documents, and one that gives orders might sway a model over the other pairs of its
question. What is asked once more depends on the two that it is about, or on the documents that say these two.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from fathom.errors import ExtractionFailed, FathomError
from fathom.graph.sameness import Pair
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
    company: Mapping[Pair, Company] | None = None,
    doubted: Collection[Pair] = (),
    stop: threading.Event | None = None,
) -> Usage:
    """Each pair was asked about and its verdict recorded, as it came; answers what that used.

    A verdict that two are one was given where nothing else was shown but pairs of the same `company`, or none, once as each
    of `views` shows them; what reads the same there needs no asking. Of the pairs, those `doubted` are held to be one, for
    others than now say them: they are two only by an answer on them alone. What the model does not answer as asked is two.
    What `ask` raises beside ExtractionFailed is raised, when what was under way is recorded; so is CancelledError after
    `stop`: no more is asked then.
    """
    asking = _Asking(ask, views, stop or threading.Event())
    beside = company or {}
    called = sheet.called_one(pairs)

    def by_company(some: Collection[Pair]) -> list[list[Pair]]:
        found: dict[Hashable, list[Pair]] = defaultdict(list)
        for pair in pairs:
            if pair in some:
                found[beside.get(pair) or pair].append(pair)
        return list(found.values())

    def told(answer: Mapping[Pair, bool]) -> None:
        found = [pair for pair, same in answer.items() if same]
        called.update(found)
        sheet.record({pair: False for pair, same in answer.items() if not same}, found)

    def told_again(answer: Mapping[Pair, bool]) -> None:
        first, *more = answer
        in_doubt.extend(pair for pair, same in answer.items() if more and pair in doubted and not same)
        final = {pair: same for pair, same in answer.items() if pair not in in_doubt}
        sheet.record(final, company=beside.get(first, ALONE) if more else ALONE)

    in_doubt: list[Pair] = []
    groups = by_company(set(pairs) - called - set(doubted))
    straight = [
        group
        for group in groups
        if (len(group) >= OF_ITS_OWN or len(groups) == 1)
        and all(views[0](one) == one for pair in group for one in described[pair])
    ]
    mixed = [pair for group in groups if group not in straight for pair in group]
    asking.put(_questions(mixed, described), described, asking.ask, told, HALVINGS)
    again = by_company({*called, *doubted, *(pair for group in straight for pair in group)})
    asking.put(
        [some for group in again for some in _questions(group, described)], described, asking.again, told_again, HALVINGS
    )
    asking.put([[pair] for pair in in_doubt], described, asking.again, sheet.record, 0)
    return asking.used


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
