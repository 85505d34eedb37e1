"""Which pairs one question may show together, and for whom an answer counts that was given in sight of other words.

A document answers for its own words: it could say anything of itself in any case. So pairs that two documents say between
them may be asked about together, and their answer counts for these two. Who says the same word for word later did not write
what else the model read then, and is asked about anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from fathom.knowledge.clustering import Pair

MAX_SOURCE_PAIRS = 12  # of a pair; of what more say, a verdict has to count for all


class SourceDocument(NamedTuple):
    """A document that says something, by marks of its name and bytes; one of the same bytes is held to be the same."""

    document: str
    version: str

    def is_as(self, other: SourceDocument) -> bool:
        """Whether both are one document, in any version, or have the same bytes."""
        return self.document == other.document or self.version == other.version


SourceSet = frozenset[SourceDocument]  # the documents whose words a model was shown along with a pair
ISOLATED: SourceSet = frozenset()  # none but the two


@dataclass(frozen=True)
class VerdictScope:
    """Who says the sentences of pairs, by key, and in sight of which companies' words pairs were told to be one."""

    by: Mapping[str, Collection[SourceDocument]] = field(default_factory=dict[str, Collection[SourceDocument]])
    companies: Mapping[Pair, Collection[SourceSet]] = field(default_factory=dict[Pair, Collection[SourceSet]])

    def counts(self, pair: Pair) -> bool:
        """Whether what was told of the pair counts for all who say the two."""
        return self._uncounted(pair) == []

    def companies_to_ask(self, pair: Pair) -> list[SourceSet]:
        """In sight of each of whose words it must be told that the pair is one, so that it counts for all who say the two.

        None where they are too many or nobody is known to say them, and where it counts already.
        """
        left = self._uncounted(pair) or []
        for sayer in sorted({*self.by.get(pair[0], ())} & {*self.by.get(pair[1], ())}):
            if left and all(_covers(frozenset((sayer,)), sayers) for sayers in left):
                return [frozenset((sayer,))]
        return sorted({frozenset(sayers) for sayers in left}, key=sorted)

    def _uncounted(self, pair: Pair) -> list[tuple[SourceDocument, SourceDocument]] | None:
        """Who says one and who says the other, of whom no company was; None for too many or none to tell."""
        one, other = (self.by.get(key, ()) for key in pair)
        if not 0 < len(one) * len(other) <= MAX_SOURCE_PAIRS:
            return None
        told = self.companies.get(pair, ())
        return [sayers for sayers in product(one, other) if not any(_covers(company, sayers) for company in told)]


NO_SCOPE = VerdictScope()


def _covers(company: SourceSet, pair: tuple[SourceDocument, SourceDocument]) -> bool:
    return all(any(member.is_as(sayer) for sayer in pair) for member in company)
