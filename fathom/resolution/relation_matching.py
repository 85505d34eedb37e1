"""Which names of relations can stand for the same: asked about without a sentence, since one may give orders, and kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fathom.extraction.model import FactJudge, StatedFact, Usage
from fathom.knowledge.clustering import Pair, pair_of
from fathom.resolution.pair_judge import judge_pairs
from fathom.resolution.store.verdict_store import VerdictWriter


class RelationMatcher:
    """The relations of pairs of facts, and what is known of these."""

    def __init__(self, asked: FactJudge, sheet: VerdictWriter, described: Mapping[Pair, tuple[StatedFact, StatedFact]]) -> None:
        self.used = Usage()
        self._asked = asked
        self._sheet = sheet
        self._of = {pair: pair_of(one.relation, other.relation) for pair, (one, other) in described.items()}

    def apart(self, pairs: Collection[Pair]) -> list[Pair]:
        """Those of the pairs of which it is known that their relations cannot stand for the same."""
        told = self._told(pairs)
        return [pair for pair in pairs if not told.get(self._of[pair], True)]

    def allowed(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Those of the pairs whose relations can stand for the same; what is not known of these is asked about."""
        unknown = sorted({self._of[pair] for pair in pairs} - self._told(pairs).keys())
        names = {(one, other): (StatedFact(one, ""), StatedFact(other, "")) for one, other in unknown}
        self.used = self.used.and_also(judge_pairs(self._asked.same_facts, unknown, names, self._sheet))
        told = self._told(pairs)
        return [pair for pair in pairs if told[self._of[pair]]]

    def _told(self, pairs: Collection[Pair]) -> dict[Pair, bool]:
        of = {self._of[pair] for pair in pairs}
        known = self._sheet.verdicts.of(self._sheet.collection, sorted(of))
        return {two: True for two in of if two[0] == two[1]} | known
