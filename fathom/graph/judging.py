"""Questions about pairs, some at a time: each answer is kept as it comes, and a question that fails is asked in halves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from typing import TypeVar

from fathom.errors import ExtractionFailed, FathomError
from fathom.graph.sameness import Pair
from fathom.language.extraction import Judgement, Usage
from fathom.language.pairs import MOST_PAIRS
from fathom.observability.logs import get_logger

AT_A_TIME = 4  # questions
HALVINGS = 2  # of a question that the model refuses or does not answer as asked: one pair of it may be why

log = get_logger(__name__)

Described = TypeVar("Described")


def judge(
    ask: Callable[[Sequence[tuple[Described, Described]]], Judgement],
    questions: Sequence[Sequence[Pair]],
    described: Mapping[Pair, tuple[Described, Described]],
    record: Callable[[dict[Pair, bool]], None],
) -> Usage:
    """Each pair was asked about and its verdict recorded, or is left apart; answers what that used.

    Questions longer than MOST_PAIRS are divided. What `ask` raises beside ExtractionFailed is raised, when what is under way
    is recorded.
    """
    used = Usage()
    left = [some[start : start + MOST_PAIRS] for some in questions for start in range(0, len(some), MOST_PAIRS)]
    for _ in range(1 + HALVINGS):
        if not left:
            break
        failed: list[Sequence[Pair]] = []
        stopped: FathomError | CancelledError | None = None
        with ThreadPoolExecutor(min(AT_A_TIME, len(left)), thread_name_prefix="judging") as pool:
            answers = {pool.submit(copy_context().run, ask, [described[pair] for pair in some]): some for some in left}
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
                        stopped = stopped or error
                        for one in answers:
                            one.cancel()
                    else:
                        used = used.and_also(judged.usage)
                        record(dict(zip(some, judged.same, strict=True)))
            finally:
                for one in answers:
                    one.cancel()
        if stopped is not None:
            raise stopped
        left = [half for some in failed if len(some) > 1 for half in (some[: len(some) // 2], some[len(some) // 2 :])]
    return used
