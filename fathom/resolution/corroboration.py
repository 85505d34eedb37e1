"""Infers a pair's verdict without an LLM call when enough independent documents match both sides, or exactly one side.

Without it, a new wording of a fact that many documents state would be judged against each of their statements. A document with
injected instructions can at most match itself to others: merging two statements of others by corroboration takes MIN_SOURCES
documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from fathom.knowledge.clustering import Pair, adjacency
from fathom.knowledge.context_isolation import VerdictScope

MIN_SOURCES = 3  # documents
MAX_QUESTIONS_PER_KEY = 40  # pairs of a statement without corroboration: bounds a text that repeats the same fact


def inferred_by_corroboration(
    pairs: Iterable[Pair], matches: Iterable[Pair], non_matches: Iterable[Pair], scope: VerdictScope
) -> dict[Pair, bool]:
    """Returns the pairs that the known matches and non-matches corroborate, each with whether it is a match."""
    near, far = adjacency(matches), adjacency(non_matches)
    found: dict[Pair, bool] = {}
    for left, right in pairs:
        match_both = near[left] & near[right]
        match_either = (near[left] & far[right]) | (near[right] & far[left])
        for keys, is_match in ((match_both, True), (match_either, False)):
            if _corroborate(keys, scope):
                found.setdefault((left, right), is_match)
    return found


def pairs_to_judge(pairs: Iterable[Pair], matches: Iterable[Pair], scope: VerdictScope) -> list[Pair]:
    """Returns, in their order, the pairs to judge next; their verdicts may corroborate the other pairs.

    Leaves out pairs both of whose keys have MAX_QUESTIONS_PER_KEY pairs in the result.
    """
    near = adjacency(matches)
    times: Counter[str] = Counter()
    selected: list[Pair] = []
    for left, right in pairs:
        if min(times[left], times[right]) < MAX_QUESTIONS_PER_KEY and not _corroborate(near[left] & near[right], scope):
            selected.append((left, right))
            times.update((left, right))
            near[left].add(right)
            near[right].add(left)
    return selected


def _corroborate(keys: Collection[str], scope: VerdictScope) -> bool:
    """Returns whether at least MIN_SOURCES documents of different bytes state these keys.

    Each statement counts for a single document, so that quoting a text adds no corroboration.
    """
    first = {min(scope.sources[key]) for key in keys if scope.sources.get(key)}
    documents, versions = {source.document for source in first}, {source.version for source in first}
    return min(len(documents), len(versions)) >= MIN_SOURCES
