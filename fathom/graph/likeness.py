"""Which names might be one thing, so that it is worth a question: initials, shared words, vectors that point one way.

What is certain without a question is not among them: keys that are equal are one already (see fathom/graph/naming.py), and
names whose numbers differ, or of which one is a person's and the other is not, are two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fathom.graph.resolving import OPEN, PERSON, Sense, is_generic, is_initial
from fathom.graph.sameness import Pair, pair_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ALIKE = 5  # names that one is compared with, the nearest first
# Bits of 384 in which the signs of two vectors differ; the cosine is about cos(pi * bits / 384).
NEAR = 80  # .79: `Holland` and `Netherlands` .90, `Kelmouth Yards` and `Kellmouth Yard` .77
NEAR_WITH_WORDS = 115  # .59, where they share a word: `Apple` and `Apple Computer`
SHORTEST_WORD = 3  # letters of a word that two names share
COMMON = 25  # names: a word that more of them have tells nothing

_NUMBER = re.compile(r"\d+|(?<!\w)[ivx]+(?!\w)")
_SMALL = frozenset({"and", "of", "the", "for", "in", "de", "la", "le", "du", "des", "et"})


@dataclass(frozen=True)
class Name:
    """An entity's name as it is compared: `types` says what it is held to be, `bits` the signs of its vector in hex."""

    key: str
    name: str
    types: frozenset[str] = frozenset()
    bits: str | None = None


def alike(fresh: Sequence[Name], everyone: Sequence[Name]) -> list[Pair]:
    """The pairs of a fresh name with any other that might be one thing; at most MOST_ALIKE a fresh name."""
    others = [one for one in everyone if _can_be_judged(one)]
    by_word: dict[str, list[int]] = defaultdict(list)
    by_initials: dict[str, list[int]] = defaultdict(list)
    by_key: dict[str, int] = {}
    for number, one in enumerate(others):
        by_key[one.key] = number
        for word in _words(one.key):
            by_word[word].append(number)
        for short in _initials(one.key):
            by_initials[short].append(number)
    signs = _signs(others)
    found: set[Pair] = set()
    for one in fresh:
        if not _can_be_judged(one):
            continue
        apart = _bits_apart(one, signs)
        ranked: dict[int, int] = {int(number): int(apart[number]) for number in (apart <= NEAR).nonzero()[0]}
        for word in _words(one.key):
            if len(by_word[word]) <= COMMON:
                ranked |= {number: int(apart[number]) for number in by_word[word] if apart[number] <= NEAR_WITH_WORDS}
        ranked |= dict.fromkeys(by_initials.get(one.key, ()), 0)
        ranked |= {by_key[short]: 0 for short in _initials(one.key) if short in by_key}
        near = sorted((bits, others[number].key) for number, bits in ranked.items() if _may_be(one, others[number]))
        found |= {pair_of(one.key, key) for _, key in near[:MOST_ALIKE]}
    return sorted(found)


def _can_be_judged(one: Name) -> bool:
    """A person's name of one initial means another in every text: only the collection's other names can say whom."""
    return not is_initial(Sense(one.key, OPEN))


def _may_be(one: Name, other: Name) -> bool:
    if one.key == other.key:
        return False
    said, told = ({kind for kind in of.types if not is_generic(kind)} for of in (one, other))
    if said and told and (PERSON in said) != (PERSON in told):
        return False
    numbers, theirs = (set(_NUMBER.findall(of.key)) for of in (one, other))
    return not numbers or not theirs or numbers == theirs


def _words(key: str) -> set[str]:
    return {word for word in key.split() if len(word) >= SHORTEST_WORD and word not in _SMALL}


def _initials(key: str) -> set[str]:
    """What the name may be abbreviated to: its initials, with and without those of small words."""
    words = key.split()
    some = (words, [word for word in words if word not in _SMALL])
    return {"".join(word[0] for word in one) for one in some if len(one) > 1}


def _signs(names: Sequence[Name]) -> NDArray[Any]:
    """A row of bytes a name; one without a vector has those of none."""
    import numpy as np

    longest = max((len(one.bits or "") // 2 for one in names), default=0)
    rows = np.zeros((len(names), longest), dtype=np.uint8)
    for number, one in enumerate(names):
        if one.bits and len(one.bits) == 2 * longest:
            rows[number] = np.frombuffer(bytes.fromhex(one.bits), dtype=np.uint8)
    return rows


def _bits_apart(one: Name, signs: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    if not one.bits or len(one.bits) != 2 * signs.shape[1]:
        return np.full(len(signs), 8 * signs.shape[1] or NEAR_WITH_WORDS + 1)
    own = np.frombuffer(bytes.fromhex(one.bits), dtype=np.uint8)
    apart: NDArray[Any] = np.bitwise_count(signs ^ own).sum(axis=1, dtype=np.int64)
    return apart
