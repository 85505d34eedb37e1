"""Judges candidate pairs with the language model: batched, some requests at a time, split in halves where a request fails.

Names and sentences are text of documents, and injected instructions might sway the model over the other pairs of a prompt. So a
positive match counts only after a second request that shows nothing but the pair, or only pairs of the same source documents.
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

MAX_PARALLEL_REQUESTS = 8
MAX_HALVINGS = 2  # of a request that the model refuses or answers in a wrong form: a single pair of it may be the cause
MAX_TOKENS = 6_000  # of the pairs of a request, which a budget has to hold and a small model to read
MAX_UNSCREENED_GROUPS = (
    4  # groups of pairs that are confirmed at once: screening them together first would save hardly a request
)
MAX_SCOPES_IN_TURN = 4  # source sets in whose scope a pair is judged; a pair with more is judged in isolation

log = get_logger(__name__)

Description = TypeVar("Description", bound=Hashable)
JudgeCall = Callable[[Sequence[tuple[Description, Description]]], PairVerdicts]
OnVerdicts = Callable[[Mapping[Pair, bool]], None]
Question = tuple[Sequence[Pair], OnVerdicts]  # the pairs of a request, and the receiver of their verdicts


def identity(description: Description) -> Description:
    """Returns its argument."""
    return description


def until_stopped(judge: JudgeCall[Description], stop: threading.Event) -> JudgeCall[Description]:
    """Returns a judge that makes no further request once `stop` is set; it raises CancelledError instead."""

    def ask(pairs: Sequence[tuple[Description, Description]]) -> PairVerdicts:
        if stop.is_set():
            raise CancelledError
        return judge(pairs)

    return ask


@dataclass(frozen=True)
class Evidence:
    """Knowledge about the keys of pairs: their sources with the scopes of known matches, and verdicts that may corroborate."""

    scope: VerdictScope = NO_SCOPE
    verdicts: MatchVerdicts = NO_VERDICTS


NO_EVIDENCE = Evidence()


def judge_pairs(
    judge: JudgeCall[Description],
    described: Mapping[Pair, tuple[Description, Description]],
    writer: VerdictWriter,
    shown: Callable[[Description], Description] = identity,
    *,
    evidence: Evidence = NO_EVIDENCE,
    allowed: Callable[[Sequence[Pair]], Sequence[Pair]] = list,
) -> Usage:
    """Judges the pairs, records each verdict as it comes, and returns the LLM usage.

    Pairs that enough documents corroborate get their verdict without a request; repetitive pairs may stay without a verdict
    (see corroboration.py). A match is recorded only from a prompt that showed pairs of the same source set, or the pair in
    isolation, in the form that `shown` returns. A pair with a scoped match becomes a non-match only when judged in isolation.

    Args:
        judge: the request to the language model.
        described: the pairs to judge, with the description of both sides.
        writer: the destination of the verdicts.
        shown: reduces a description for the confirming request.
        evidence: the sources of the keys, and verdicts on these and other keys.
        allowed: filters pairs that were tentatively matched; the others become non-matches.

    Pairs that the model cannot judge become non-matches. Errors of `judge` other than ExtractionFailed are raised after the
    verdicts of running requests are recorded.
    """
    judging = PairJudge(QuestionRunner(judge, described), writer, shown, evidence)
    while selected := pairs_to_judge(judging.undecided(), judging.matches, evidence.scope):
        tentative = judging.tentative_matches(selected)
        judging.confirm(selected, tentative, {*allowed(tentative)})
    return judging.runner.used


class PairJudge(Generic[Description]):
    """Keeps the verdicts on pairs while they are judged."""

    def __init__(
        self,
        runner: QuestionRunner[Description],
        writer: VerdictWriter,
        shown: Callable[[Description], Description],
        evidence: Evidence,
    ) -> None:
        pairs = sorted(runner.described)
        self.runner = runner
        self.matches = {*evidence.verdicts.matches} - {*pairs}
        self._non_matches = {*evidence.verdicts.non_matches}
        self._writer = writer
        self._shown = shown
        self._scope = evidence.scope
        self._missing_scopes = {pair: self._scope.missing_scopes(pair) for pair in pairs}
        self._scoped = {pair for pair in pairs if pair in self._scope.scopes}
        self._tentative = writer.tentative_matches(pairs)
        self._decided: set[Pair] = set()
        self._decided_in_isolation: set[Pair] = set()
        self._denied: list[Pair] = []
        of_single_scope = [pair for pair in pairs if len(self._missing_scopes[pair]) == 1]
        groups = sorted((group for _, group in self._by_scope(of_single_scope)), key=len, reverse=True)
        first = [pair for group in groups for pair in group]  # pairs that a request may show together with many others
        self._pairs = [*first, *sorted({*pairs}.difference(first))]

    def undecided(self) -> list[Pair]:
        """Returns the pairs without a verdict, in the order to judge them, after recording those that are corroborated."""
        rest = [pair for pair in self._pairs if pair not in self._decided]
        by_scope: dict[SourceSet, dict[Pair, bool]] = defaultdict(dict)
        for pair, is_match in inferred_by_corroboration(rest, self.matches, self._non_matches, self._scope).items():
            if is_match:
                for sources in self._missing_scopes[pair] or [ISOLATED]:
                    by_scope[sources][pair] = True
            elif pair not in self._scoped:
                by_scope[ISOLATED][pair] = False
        for sources, verdicts in by_scope.items():
            self._record(verdicts, sources)
        return [pair for pair in rest if pair not in self._decided]

    def tentative_matches(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Returns the pairs that may match by a first, mixed request; pairs of few groups skip it."""
        fresh = [pair for pair in pairs if pair not in self._tentative and pair not in self._scoped]
        shown_whole = all(self._shown(side) == side for pair in fresh for side in self.runner.described[pair])
        if shown_whole and len(self._by_scope(fresh)) <= MAX_UNSCREENED_GROUPS:
            self._tentative.update(fresh)
        else:
            self.runner.run([(batch, self._on_screening) for batch in _batches(fresh, self.runner.described)], MAX_HALVINGS)
        return [pair for pair in pairs if pair in self._tentative]

    def confirm(self, pairs: Sequence[Pair], tentative: Sequence[Pair], allowed: Set[Pair]) -> None:
        """Decides each of the pairs: by a request for each source set, and in isolation where that denies a match."""
        self._record({pair: False for pair in tentative if pair not in allowed}, ISOLATED)
        groups = self._by_scope(pair for pair in pairs if pair in allowed or pair in self._scoped)
        questions = [
            (batch, partial(self._on_confirmation, sources))
            for sources, group in groups
            for batch in _batches(group, self.runner.described)
        ]
        self.runner.run(questions, MAX_HALVINGS, self._shown)
        denied, self._denied = [pair for pair in dict.fromkeys(self._denied) if pair not in self._decided_in_isolation], []
        self.runner.run([([pair], partial(self._on_confirmation, ISOLATED)) for pair in denied], 0, self._shown)

    def _on_screening(self, verdicts: Mapping[Pair, bool]) -> None:
        tentative = [pair for pair, is_match in verdicts.items() if is_match]
        self._tentative.update(tentative)
        self._record({pair: False for pair, is_match in verdicts.items() if not is_match}, ISOLATED, tentative)

    def _on_confirmation(self, sources: SourceSet, verdicts: Mapping[Pair, bool]) -> None:
        """Records verdicts; a denial in a shared prompt counts only for pairs that have no other scope."""
        if len(verdicts) == 1:
            self._decided_in_isolation.update(verdicts)
            self._record(verdicts, ISOLATED)
            return
        contestable = {pair for pair in verdicts if pair in self._scoped or len(self._missing_scopes[pair]) > 1}
        self._denied += [pair for pair in contestable if not verdicts[pair]]
        decided = {pair: is_match for pair, is_match in verdicts.items() if is_match or pair not in contestable}
        self._record({pair: is_match for pair, is_match in decided.items() if pair not in self._decided_in_isolation}, sources)

    def _record(self, verdicts: Mapping[Pair, bool], sources: SourceSet, tentative: Sequence[Pair] = ()) -> None:
        self._writer.record(verdicts, tentative, sources)
        self._decided.update(verdicts)
        for pair, is_match in verdicts.items():
            (self.matches if is_match else self._non_matches).add(pair)
            (self._non_matches if is_match else self.matches).discard(pair)

    def _by_scope(self, pairs: Iterable[Pair]) -> list[tuple[SourceSet, list[Pair]]]:
        """Groups the pairs by source set, in their order.

        A pair of several source sets is in the group of each, where all of these have other pairs; else it is isolated, as is
        a pair without a source set.
        """
        found: dict[SourceSet, list[Pair]] = defaultdict(list)
        isolated: list[Pair] = []
        several: list[Pair] = []
        for pair in pairs:
            match self._missing_scopes[pair]:
                case [sources]:
                    found[sources].append(pair)
                case []:
                    isolated.append(pair)
                case _:
                    several.append(pair)
        present = {*found}
        for pair in several:
            if len(self._missing_scopes[pair]) <= MAX_SCOPES_IN_TURN and present.issuperset(self._missing_scopes[pair]):
                for sources in self._missing_scopes[pair]:
                    found[sources].append(pair)
            else:
                isolated.append(pair)
        return [*found.items(), *((ISOLATED, [pair]) for pair in isolated)]


def _batches(pairs: Sequence[Pair], described: Mapping[Pair, tuple[Description, Description]]) -> list[list[Pair]]:
    batches: list[list[Pair]] = []
    room = 0
    for pair in pairs:
        size = estimate_tokens(repr(described[pair]))
        if not batches or len(batches[-1]) == MAX_PAIRS or size > room:
            batches.append([])
            room = MAX_TOKENS
        batches[-1].append(pair)
        room -= size
    return batches


@dataclass
class QuestionRunner(Generic[Description]):
    """Runs requests in parallel until an error other than ExtractionFailed comes."""

    _judge: JudgeCall[Description]
    described: Mapping[Pair, tuple[Description, Description]]
    used: Usage = field(default_factory=Usage)

    def run(self, questions: Sequence[Question], halvings: int, shown: Callable[[Description], Description] = identity) -> None:
        """Runs the questions; a failed question is split in halves up to `halvings` times, then its pairs are non-matches."""
        if not questions:
            return
        halves: list[Question] = []
        for pairs, on_verdicts in self._run_once(questions, shown):
            if len(pairs) > 1 and halvings:
                halves += [(pairs[: len(pairs) // 2], on_verdicts), (pairs[len(pairs) // 2 :], on_verdicts)]
            else:
                on_verdicts(dict.fromkeys(pairs, False))
        self.run(halves, halvings - 1, shown)

    def _request(self, pairs: Sequence[Pair], shown: Callable[[Description], Description]) -> PairVerdicts:
        """Requests verdicts; pairs whose shown sides are equal match without a request."""
        sides = [(shown(left), shown(right)) for left, right in map(self.described.__getitem__, pairs)]
        to_judge = list(dict.fromkeys(pair for pair in sides if pair[0] != pair[1]))
        if not to_judge:
            return PairVerdicts([True] * len(pairs))
        judged = self._judge(to_judge)
        verdicts = dict(zip(to_judge, judged.same, strict=True))
        return PairVerdicts([verdicts.get(pair, True) for pair in sides], judged.usage)

    def _run_once(self, questions: Sequence[Question], shown: Callable[[Description], Description]) -> list[Question]:
        """Runs the questions in parallel and returns those that failed."""
        failed: list[Question] = []
        stopped: FathomError | CancelledError | None = None
        with ThreadPoolExecutor(min(MAX_PARALLEL_REQUESTS, len(questions)), thread_name_prefix="judging") as pool:
            running = {pool.submit(copy_context().run, self._request, question[0], shown): question for question in questions}
            try:
                for request in as_completed(running):
                    pairs, on_verdicts = running[request]
                    try:
                        judged = request.result()
                    except ExtractionFailed as error:
                        why = {"pairs": len(pairs), "why": error.message}
                        log.warning("Match request failed", sub_stage="pairs", metrics=why)
                        failed.append((pairs, on_verdicts))
                    except (FathomError, CancelledError) as error:  # running requests are paid for, waiting ones are cancelled
                        stopped = stopped or error
                        for waiting in running:
                            waiting.cancel()
                    else:
                        self.used = self.used.and_also(judged.usage)
                        on_verdicts(dict(zip(pairs, judged.same, strict=True)))
            finally:
                for waiting in running:
                    waiting.cancel()
        if stopped is not None:
            raise stopped
        return failed
