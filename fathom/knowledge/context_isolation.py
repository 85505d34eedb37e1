"""Guards match verdicts against prompt injection: which pairs a prompt may show together, and where a verdict is valid.

A document may say anything about its own statements. So pairs that the same two documents state may be judged in a single
prompt, and the verdict is valid for these two. A document that states the same sentence later did not write the other text of
that prompt, so the pair is judged again for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from fathom.knowledge.clustering import Pair

MAX_SOURCE_PAIRS = 12  # of a pair of keys; above, its verdict must hold for all sources and is asked for in isolation


class SourceDocument(NamedTuple):
    """A document that states something, as hashes of its name and bytes; documents of equal bytes count as the same."""

    document: str
    version: str

    def is_same(self, other: SourceDocument) -> bool:
        """Returns whether both are the same document, in any version, or have the same bytes."""
        return self.document == other.document or self.version == other.version


SourceSet = frozenset[SourceDocument]  # the documents whose text a prompt showed along with a pair
ISOLATED: SourceSet = frozenset()  # the prompt showed only the pair


@dataclass(frozen=True)
class VerdictScope:
    """Limits verdicts to their sources.

    `sources` has the documents that state each key; `scopes` has, for each pair judged to match in a prompt with other pairs,
    the sets of documents whose text that prompt showed. A pair that is absent from `scopes` was judged in isolation.
    """

    sources: Mapping[str, Collection[SourceDocument]] = field(default_factory=dict[str, Collection[SourceDocument]])
    scopes: Mapping[Pair, Collection[SourceSet]] = field(default_factory=dict[Pair, Collection[SourceSet]])

    def applies_to(self, pair: Pair) -> bool:
        """Returns whether the verdict of the pair is valid for all documents that state its keys."""
        return self._uncovered(pair) == []

    def missing_scopes(self, pair: Pair) -> list[SourceSet]:
        """Returns the source sets in whose scope the pair must still be judged so that its verdict is valid for all documents.

        Empty where it is valid already, where the source pairs are more than MAX_SOURCE_PAIRS, and where no source is known.
        """
        rest = self._uncovered(pair) or []
        for source in sorted({*self.sources.get(pair[0], ())} & {*self.sources.get(pair[1], ())}):
            if rest and all(_covers(frozenset((source,)), sources) for sources in rest):
                return [frozenset((source,))]
        return sorted({frozenset(sources) for sources in rest}, key=sorted)

    def _uncovered(self, pair: Pair) -> list[tuple[SourceDocument, SourceDocument]] | None:
        """Returns the pairs of sources that no scope covers; None for too many, or for none that are known."""
        left, right = (self.sources.get(key, ()) for key in pair)
        if not 0 < len(left) * len(right) <= MAX_SOURCE_PAIRS:
            return None
        scopes = self.scopes.get(pair, ())
        return [sources for sources in product(left, right) if not any(_covers(scope, sources) for scope in scopes)]


NO_SCOPE = VerdictScope()


def _covers(scope: SourceSet, sources: tuple[SourceDocument, SourceDocument]) -> bool:
    return all(any(member.is_same(source) for source in sources) for member in scope)
