"""Decides which relation names can mean the same (predicate alignment).

The model is shown the names alone, without sentences, since a sentence may contain injected instructions. Verdicts are stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fathom.extraction.model import FactJudge, StatedFact, Usage
from fathom.knowledge.clustering import Pair, pair_of
from fathom.resolution.pair_judge import judge_pairs
from fathom.resolution.store.verdict_store import VerdictWriter


class RelationMatcher:
    """Matches the relation names of pairs of facts; `used` is the LLM usage so far."""

    def __init__(
        self, judge: FactJudge, writer: VerdictWriter, described: Mapping[Pair, tuple[StatedFact, StatedFact]]
    ) -> None:
        self.used = Usage()
        self._judge = judge
        self._writer = writer
        self._relations = {pair: pair_of(left.relation, right.relation) for pair, (left, right) in described.items()}

    def non_matches(self, pairs: Collection[Pair]) -> list[Pair]:
        """Returns the pairs whose relations are known not to match."""
        verdicts = self._known(pairs)
        return [pair for pair in pairs if not verdicts.get(self._relations[pair], True)]

    def matches(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Returns the pairs whose relations match; relations without a verdict are judged first."""
        unknown = sorted({self._relations[pair] for pair in pairs} - self._known(pairs).keys())
        names = {(left, right): (StatedFact(left, ""), StatedFact(right, "")) for left, right in unknown}
        self.used = self.used.and_also(judge_pairs(self._judge.same_facts, names, self._writer))
        verdicts = self._known(pairs)
        return [pair for pair in pairs if verdicts[self._relations[pair]]]

    def _known(self, pairs: Collection[Pair]) -> dict[Pair, bool]:
        relations = {self._relations[pair] for pair in pairs}
        known = self._writer.store.of(self._writer.collection, sorted(relations))
        return {pair: True for pair in relations if pair[0] == pair[1]} | known
