"""Which keys, of names or of facts, are one thing by what was judged of them in pairs; a function of those that are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

Pair = tuple[str, str]  # two keys, the lesser first

MAX_CLUSTER = 12  # names of one thing that are all held against each other


@dataclass(frozen=True)
class MatchVerdicts:
    """Pairs of keys that were found to be of one thing, and of two."""

    same: frozenset[Pair] = frozenset()
    apart: frozenset[Pair] = frozenset()

    @property
    def keys(self) -> frozenset[str]:
        """Those that are the same as another."""
        return frozenset(key for pair in self.same for key in pair)

    def __or__(self, other: MatchVerdicts) -> MatchVerdicts:
        return MatchVerdicts(self.same | other.same, self.apart | other.apart)


NO_VERDICTS = MatchVerdicts()


def pair_of(one: str, other: str) -> Pair:
    """The two keys as a pair."""
    return (one, other) if one < other else (other, one)


def adjacency(pairs: Iterable[Pair]) -> defaultdict[str, set[str]]:
    """The keys that each has a pair with."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


Weight = Callable[[Pair, Collection[str]], tuple[float, ...]]


def _alike(pair: Pair, keys: Collection[str]) -> tuple[float, ...]:
    return ()


def consistent_adjacency(keys: Collection[str], judged: MatchVerdicts, weight: Weight = _alike) -> dict[str, set[str]]:
    """Those of the keys that each is the same as, without what may be either of two that are apart.

    It is neither, or the weightier one where there is one: by the `weight` of its pair with that, and of the keys that are the
    same as both.
    """
    near = adjacency((one, other) for one, other in judged.same if one in keys and other in keys)
    torn: set[Pair] = set()
    for one, other in judged.apart:
        for key in near.get(one, set()) & near.get(other, set()):
            of_one, of_other = (weight(pair_of(key, end), {end} | (near[end] & near[key])) for end in (one, other))
            torn.update((key, end) for end, is_less in ((one, of_one <= of_other), (other, of_other <= of_one)) if is_less)
    for key, end in torn:
        near[key].discard(end)
        near[end].discard(key)
    return near


def canonical_names(keys: Collection[str], judged: MatchVerdicts) -> dict[str, str]:
    """Each key with the key that its thing goes by, the longest of those that are one; pairs of absent keys do not count.

    All that are one were called the same as each other: a name that is the same as two others makes them no one thing. A key
    that is the same as two which are apart may be either, and is neither: `abc` of two companies of those initials. Where a
    longer chain ends in two that are apart, nothing of it is joined.
    """
    found = {key: key for key in keys}
    near = consistent_adjacency(keys, judged)
    for group in connected_components(near):
        if any(group.issuperset(pair) for pair in judged.apart):
            continue
        left = sorted(group, key=lambda key: (len(key.split()), len(key), key), reverse=True)
        while left:
            own: list[str] = []
            for key in left:
                if all(key in near[one] for one in own):
                    own.append(key)
            found |= dict.fromkeys(own, own[0])
            left = [key for key in left if key not in own]
    return found


def unjudged_pairs(judged: MatchVerdicts) -> set[Pair]:
    """The pairs without a verdict in what hangs together and has none that are apart; not of more than MOST_OF_ONE keys."""
    told = judged.same | judged.apart
    found: set[Pair] = set()
    for group in connected_components(consistent_adjacency(judged.keys, judged)):
        if len(group) <= MAX_CLUSTER and not any(group.issuperset(pair) for pair in judged.apart):
            found |= {pair for pair in combinations(sorted(group), 2) if pair not in told}
    return found


def connected_components(near: dict[str, set[str]]) -> Iterator[set[str]]:
    """Each group of keys that hang together, by the neighbours of each."""
    seen: set[str] = set()
    for start in near:
        if start in seen:
            continue
        group, left = {start}, [start]
        while left:
            fresh = near[left.pop()] - group
            group |= fresh
            left += fresh
        seen |= group
        yield group
