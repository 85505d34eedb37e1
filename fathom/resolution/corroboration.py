"""Pairs that need no question of their own: enough documents say what is one with both, or one with one and not the other.

What many documents say, each in its words, would otherwise cost whoever says it next a question for each of them. A text that
gives orders can make itself one with others; it takes VOUCHERS documents that do, to make two others one by that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from fathom.knowledge.clustering import Pair, adjacency
from fathom.knowledge.context_isolation import VerdictScope

MIN_SOURCES = 3  # documents
MAX_QUESTIONS_PER_KEY = 40  # pairs of one sentence, where nobody vouches: of a text that says one thing over and over


def inferred_by_corroboration(
    pairs: Iterable[Pair], same: Iterable[Pair], apart: Iterable[Pair], said: VerdictScope
) -> dict[Pair, bool]:
    """Those of the pairs for which others vouch, by what is known to be one and to be two; and whether they are one."""
    near, far = adjacency(same), adjacency(apart)
    found: dict[Pair, bool] = {}
    for one, other in pairs:
        of_both = near[one] & near[other]
        of_either = (near[one] & far[other]) | (near[other] & far[one])
        for keys, is_one in ((of_both, True), (of_either, False)):
            if _vouch(keys, said):
                found.setdefault((one, other), is_one)
    return found


def pairs_to_judge(pairs: Iterable[Pair], same: Iterable[Pair], said: VerdictScope) -> list[Pair]:
    """Of the pairs, in their order, those that are to be asked about; what comes of these may vouch for the others.

    None of two sentences of which MOST_ASKED are asked about.
    """
    near = adjacency(same)
    times: Counter[str] = Counter()
    asked: list[Pair] = []
    for one, other in pairs:
        if min(times[one], times[other]) < MAX_QUESTIONS_PER_KEY and not _vouch(near[one] & near[other], said):
            asked.append((one, other))
            times.update((one, other))
            near[one].add(other)
            near[other].add(one)
    return asked


def _vouch(keys: Collection[str], said: VerdictScope) -> bool:
    """Whether enough documents, of different bytes, say what has these keys.

    One for each sentence: what others quote of a text vouches no more than the text.
    """
    first = {min(said.by[key]) for key in keys if said.by.get(key)}
    return min(len({one.document for one in first}), len({one.version for one in first})) >= MIN_SOURCES
