"""Clusters keys, of names or of facts, from pairwise match verdicts (complete linkage).

Every two keys of a cluster must have matched. The result is a function of the keys and verdicts that are given, in any order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

Pair = tuple[str, str]  # two keys, the lesser first

MAX_CLUSTER = 12  # keys of a connected component all of whose pairs are judged


@dataclass(frozen=True)
class MatchVerdicts:
    """Pairs of keys that were judged to match (must-link), and pairs that were judged not to (cannot-link).

    `decided` are the matches that a person decided, which no other verdict overrides.
    """

    matches: frozenset[Pair] = frozenset()
    non_matches: frozenset[Pair] = frozenset()
    decided: frozenset[Pair] = frozenset()

    @property
    def matched_keys(self) -> frozenset[str]:
        """The keys that match at least another key."""
        return frozenset(key for pair in self.matches for key in pair)

    def __or__(self, other: MatchVerdicts) -> MatchVerdicts:
        decided = self.decided | other.decided
        return MatchVerdicts(self.matches | other.matches, self.non_matches | other.non_matches, decided)


NO_VERDICTS = MatchVerdicts()


def pair_of(left: str, right: str) -> Pair:
    """Returns the two keys as a pair, the lesser first."""
    return (left, right) if left < right else (right, left)


def adjacency(pairs: Iterable[Pair]) -> defaultdict[str, set[str]]:
    """Returns the keys with which each key shares a pair."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for left, right in pairs:
        found[left].add(right)
        found[right].add(left)
    return found


Weight = Callable[[Pair, Collection[str]], tuple[float, ...]]


def _equal_weight(pair: Pair, keys: Collection[str]) -> tuple[float, ...]:
    return ()


def consistent_adjacency(keys: Collection[str], verdicts: MatchVerdicts, weight: Weight = _equal_weight) -> dict[str, set[str]]:
    """Returns the matches of each of the keys, without those that contradict a non-match.

    A key that matches both keys of a non-match keeps only the match of the higher `weight`, and neither when equal. The weight
    is computed from the pair and from the keys that match both of its ends.
    """
    near = adjacency((left, right) for left, right in verdicts.matches if left in keys and right in keys)
    removed: set[Pair] = set()
    for left, right in verdicts.non_matches:
        for key in near.get(left, set()) & near.get(right, set()):
            of_left, of_right = (weight(pair_of(key, end), {end} | (near[end] & near[key])) for end in (left, right))
            removed.update(
                (key, end) for end, is_less in ((left, of_left <= of_right), (right, of_right <= of_left)) if is_less
            )
    for key, end in removed:
        near[key].discard(end)
        near[end].discard(key)
    return near


def canonical_names(keys: Collection[str], verdicts: MatchVerdicts) -> dict[str, str]:
    """Returns each key with the canonical key of its cluster, the longest of it; pairs with absent keys do not count.

    Clusters are complete-linkage: a key that matches two others does not join these. A key that matches both keys of a
    non-match joins neither: `abc`, of two companies of those initials. A connected component that contains a non-match is
    not clustered at all. Keys that a person decided to match count as one key.
    """
    if not verdicts.decided:
        return _clusters(keys, verdicts)
    near = adjacency((left, right) for left, right in verdicts.decided if left in keys and right in keys)
    joined = {key: min(component) for component in connected_components(near) for key in component}
    clusters = _clusters({joined.get(key, key) for key in keys}, _contracted(verdicts, joined))
    members: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        members[clusters[joined.get(key, key)]].append(key)
    return {key: max(cluster, key=_by_length) for cluster in members.values() for key in cluster}


def _contracted(verdicts: MatchVerdicts, joined: Mapping[str, str]) -> MatchVerdicts:
    """Returns the verdicts between joined keys, each named by one of its keys; a non-match with any of them is one with all."""

    def between(pairs: Iterable[Pair]) -> set[Pair]:
        ends = ((joined.get(left, left), joined.get(right, right)) for left, right in pairs)
        return {pair_of(left, right) for left, right in ends if left != right}

    non_matches = between(verdicts.non_matches)
    return MatchVerdicts(frozenset(between(verdicts.matches) - non_matches), frozenset(non_matches))


def _by_length(key: str) -> tuple[int, int, str]:
    return len(key.split()), len(key), key


def _clusters(keys: Collection[str], verdicts: MatchVerdicts) -> dict[str, str]:
    """Returns each key with the longest key of its complete-linkage cluster."""
    found = {key: key for key in keys}
    near = consistent_adjacency(keys, verdicts)
    for component in connected_components(near):
        if any(component.issuperset(pair) for pair in verdicts.non_matches):
            continue
        rest = sorted(component, key=_by_length, reverse=True)
        while rest:
            cluster: list[str] = []
            for key in rest:
                if all(key in near[member] for member in cluster):
                    cluster.append(key)
            found |= dict.fromkeys(cluster, cluster[0])
            rest = [key for key in rest if key not in cluster]
    return found


def unjudged_pairs(verdicts: MatchVerdicts) -> set[Pair]:
    """Returns the pairs without a verdict within connected components of at most MAX_CLUSTER keys and without a non-match."""
    judged = verdicts.matches | verdicts.non_matches
    found: set[Pair] = set()
    for component in connected_components(consistent_adjacency(verdicts.matched_keys, verdicts)):
        if len(component) <= MAX_CLUSTER and not any(component.issuperset(pair) for pair in verdicts.non_matches):
            found |= {pair for pair in combinations(sorted(component), 2) if pair not in judged}
    return found


def connected_components(near: dict[str, set[str]]) -> Iterator[set[str]]:
    """Yields the connected components of a graph of keys, given as an adjacency."""
    seen: set[str] = set()
    for start in near:
        if start in seen:
            continue
        component, rest = {start}, [start]
        while rest:
            fresh = near[rest.pop()] - component
            component |= fresh
            rest += fresh
        seen |= component
        yield component
