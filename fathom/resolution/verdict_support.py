"""Deletes verdicts on names that were asked for only because of a write that was undone.

A pair of names is judged when it is a candidate pair, or when other names connect the two. A pair that only names of the undone
write connected would not have been judged without that write.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fathom.knowledge.clustering import Pair, adjacency
from fathom.resolution.entity_candidates import SignBits, block
from fathom.resolution.store.verdict_store import NameVerdictStore

TimeSpan = tuple[float, float]  # in seconds since 1970


def drop_unsupported(verdicts: NameVerdictStore, collection: str, spans: Sequence[TimeSpan]) -> set[str]:
    """Deletes the verdicts of these times on pairs that are no candidates and not connected; returns the keys of the pairs."""
    decided = verdicts.decided_between(collection, spans)
    if not decided:
        return set()
    keys = {key for pair in decided for key in pair}
    bits = verdicts.sign_bits_of(collection, keys)
    rest = [pair for pair in decided if not _is_candidate(pair, bits)]
    matches, _ = verdicts.closure_of(collection, {key for pair in rest for key in pair})
    unsupported = [pair for pair in rest if not _connected(pair, matches)]
    verdicts.delete(collection, unsupported)
    return {key for pair in unsupported for key in pair}


def _is_candidate(pair: Pair, bits: SignBits) -> bool:
    left, right = pair
    if left not in bits or right not in bits:
        return True  # a name that was not compared: nothing is known about it
    both = {key: bits[key] for key in pair}
    return any(block({key: bits[key]}, both).get(key) for key in pair)


def _connected(pair: Pair, matches: Collection[Pair]) -> bool:
    """Returns whether other matches connect the two names."""
    near = adjacency(match for match in matches if match != pair)
    seen, left = {pair[0]}, [pair[0]]
    while left:
        fresh = near[left.pop()] - seen
        if pair[1] in fresh:
            return True
        seen |= fresh
        left += fresh
    return False
