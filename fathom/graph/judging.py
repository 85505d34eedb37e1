"""Questions about pairs: many in one, some at a time, in halves where one fails; and what is called one, once more alone.

Names and sentences are the words of documents, and one that gives orders might sway a model over the other pairs of its
question. What is asked alone depends on the two that it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from fathom.errors import ExtractionFailed, FathomError
from fathom.graph.sameness import Pair
from fathom.language.extraction import Judgement, Usage
from fathom.language.pairs import MOST_PAIRS
from fathom.observability.logs import get_logger

AT_A_TIME = 8  # questions
HALVINGS = 2  # of a question that the model refuses or does not answer as asked: one pair of it may be why

log = get_logger(__name__)

Described = TypeVar("Described")
Ask = Callable[[Sequence[tuple[Described, Described]]], Judgement]


def judge(
    ask: Ask[Described],
    pairs: Sequence[Pair],
    described: Mapping[Pair, tuple[Described, Described]],
    record: Callable[[dict[Pair, bool]], None],
    alone: Callable[[Described], Described] = lambda one: one,
) -> Usage:
    """Each pair was asked about and its verdict recorded, or is left apart; answers what that used.

    A verdict that two are one was given on them alone, each as `alone` describes it. The verdicts of a question are recorded
    together, so that who was killed asks the same question again, whose answer is kept. What `ask` raises beside
    ExtractionFailed is raised, when what is whole is recorded.
    """
    asked = _Asked(ask)
    asked.put([pairs[start : start + MOST_PAIRS] for start in range(0, len(pairs), MOST_PAIRS)], described, HALVINGS)
    called_one = {pair: len(some) == 1 for some in asked.told for pair, same in some.items() if same}
    bare = {pair: (alone(described[pair][0]), alone(described[pair][1])) for pair in called_one}
    sure = {pair: True for pair, lone in called_one.items() if lone and bare[pair] == described[pair]}
    by_itself = _Asked(ask)
    if asked.stopped is None:
        by_itself.put([[pair] for pair in called_one if pair not in sure], bare, 0)
    sure |= {pair: same for some in by_itself.told for pair, same in some.items()}
    sure |= dict.fromkeys(by_itself.unanswered, False)
    for some in asked.told:
        if all(pair in sure for pair, same in some.items() if same):
            record({pair: same and sure[pair] for pair, same in some.items()})
    if stopped := asked.stopped or by_itself.stopped:
        raise stopped
    return asked.used.and_also(by_itself.used)


@dataclass
class _Asked(Generic[Described]):
    """What came of some questions: the verdicts of each that was answered, pairs that were not, and what stopped the rest."""

    ask: Ask[Described]
    told: list[dict[Pair, bool]] = field(default_factory=list[dict[Pair, bool]])
    unanswered: set[Pair] = field(default_factory=set[Pair])
    stopped: FathomError | CancelledError | None = None
    used: Usage = field(default_factory=Usage)

    def put(
        self, questions: Sequence[Sequence[Pair]], described: Mapping[Pair, tuple[Described, Described]], halvings: int
    ) -> None:
        """They are asked; one that fails is asked in halves, so many times."""
        failed = self._round(questions, described) if questions else []
        if self.stopped is None and halvings:
            halves = [half for some in failed if len(some) > 1 for half in (some[: len(some) // 2], some[len(some) // 2 :])]
            self.put(halves, described, halvings - 1)
        else:
            self.unanswered.update(pair for some in failed for pair in some)

    def _round(
        self, questions: Sequence[Sequence[Pair]], described: Mapping[Pair, tuple[Described, Described]]
    ) -> list[Sequence[Pair]]:
        failed: list[Sequence[Pair]] = []
        with ThreadPoolExecutor(min(AT_A_TIME, len(questions)), thread_name_prefix="judging") as pool:
            answers = {
                pool.submit(copy_context().run, self.ask, [described[pair] for pair in some]): some for some in questions
            }
            try:
                for answer in as_completed(answers):
                    some = answers[answer]
                    try:
                        judged = answer.result()
                    except ExtractionFailed as error:
                        told = {"pairs": len(some), "why": error.message}
                        log.warning("Pairs were not judged", sub_stage="pairs", metrics=told)
                        failed.append(some)
                    except (FathomError, CancelledError) as error:  # what is under way is paid for, the rest is not asked
                        self.stopped = self.stopped or error
                        for one in answers:
                            one.cancel()
                    else:
                        self.used = self.used.and_also(judged.usage)
                        self.told.append(dict(zip(some, judged.same, strict=True)))
            finally:
                for one in answers:
                    one.cancel()
        return failed
