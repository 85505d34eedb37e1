"""Which pairs one question may show together, and for whom an answer counts that was given in sight of other words.

A document answers for its own words: it could say anything of itself in any case. So pairs that two documents say between
them may be asked about together, and their answer counts for these two. Who says the same word for word later did not write
what else the model read then, and is asked about anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from fathom.graph.sameness import Pair
from fathom.ledger.verdicts import ALONE, Company, Sayer

MOST_SAYERS = 20  # of a sentence; what more say is asked about alone, which counts for all


@dataclass(frozen=True)
class Said:
    """Who says the sentences of pairs, by key, and in sight of which companies' words pairs were told to be one.

    `same` and `apart` are the pairs that have a verdict, those among them.
    """

    by: Mapping[str, Collection[Sayer]] = field(default_factory=dict[str, Collection[Sayer]])
    companies: Mapping[Pair, Collection[Company]] = field(default_factory=dict[Pair, Collection[Company]])
    same: Collection[Pair] = ()
    apart: Collection[Pair] = ()

    def counts(self, pair: Pair) -> bool:
        """Whether what was told of the pair counts for all who say the two."""
        left = self._uncounted(pair)
        return left is not None and not left

    def company(self, pair: Pair) -> Company:
        """In sight of whose words to ask about the pair, so that the answer counts for all for whom none does.

        ALONE where that is nobody's but the two sentences'.
        """
        if not (left := self._uncounted(pair)):
            return ALONE
        for both in sorted({*self.by[pair[0]]} & {*self.by[pair[1]]}):
            if all(_answers_for((both,), sayers) for sayers in left):
                return frozenset((both,))
        first, *more = left
        return ALONE if any({*first} != {*sayers} for sayers in more) else frozenset(first)

    def each_company(self, pair: Pair) -> list[Company]:
        """Those in sight of whom it would have to be told that the pair is one, each by itself; none for too many to tell."""
        return sorted({frozenset(sayers) for sayers in self._uncounted(pair) or ()}, key=sorted)

    def _uncounted(self, pair: Pair) -> list[tuple[Sayer, Sayer]] | None:
        """Who says one and who says the other, of whom no company was; None for too many or none to tell."""
        one, other = (sorted(self.by.get(key, ())) for key in pair)
        if not one or not other or max(len(one), len(other)) > MOST_SAYERS:
            return None
        companies = self.companies.get(pair, ())
        return [sayers for sayers in product(one, other) if not any(_answers_for(some, sayers) for some in companies)]


NOBODY = Said()


def _answers_for(company: Iterable[Sayer], pair: tuple[Sayer, Sayer]) -> bool:
    return all(any(member.is_as(sayer) for sayer in pair) for member in company)
