"""Generates candidate pairs of names (blocking): initialisms, shared tokens, Hamming distance of binarized embeddings.

Pairs that are certain without a question are left out: equal keys are the same entity already (see
fathom/knowledge/name_normalization.py), and names whose numbers differ, or of which only one is a person's, are different.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fathom.knowledge.clustering import Pair, pair_of
from fathom.knowledge.name_disambiguation import base_key
from fathom.knowledge.name_resolution import PERSON, UNTYPED, MentionKey, is_generic, is_initial

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CANDIDATES = 60  # names that may be one with a given one by their spelling and vector, the nearest first
MAX_PAIRS_PER_NAME = 5  # of those, names that it is asked about, when their types are known
# Bits of 384 in which the signs of two vectors differ; the cosine is about cos(pi * bits / 384).
MAX_HAMMING = 80  # .79: `Holland` and `Netherlands` .90, `Kelmouth Yards` and `Kellmouth Yard` .77
MAX_HAMMING_SHARED_WORD = 115  # .59, where they share a word: `Apple` and `Apple Computer`
MIN_WORD = 3  # letters of a word that two names share
MAX_ABBREVIATION = 8  # letters of an abbreviation
MAX_WORD_FREQUENCY = 25  # names: a word that more of them have tells nothing

_NUMBER = re.compile(r"\d+|(?<!\w)[ivx]+(?!\w)")
_SMALL = frozenset({"and", "of", "the", "for", "in", "de", "la", "le", "du", "des", "et"})
_WORD = 8  # bytes of signs that are compared at a time

SignBits = Mapping[str, bytes | None]  # of the vectors of names, by key; see fathom/embedding/binary_vectors.py


def block(fresh: SignBits, everyone: SignBits) -> dict[str, list[str]]:
    """For each fresh key those of everyone's that might be of one thing with it, at most MOST_NEAR, the nearest first."""
    keys = list(everyone)
    by_word, by_initials = _by_word(keys, fresh), _by_initials(keys, fresh)
    places = {key: number for number, key in enumerate(keys)}
    signs = _columns([everyone[key] for key in keys])
    found: dict[str, list[str]] = {}
    for key, own in fresh.items():
        if is_initial(
            MentionKey(base_key(key), UNTYPED)
        ):  # of another person in every text: only other full names can say of whom
            continue
        apart = _hamming_distances(own, signs)
        ranked = {int(number): int(apart[number]) for number in (apart <= MAX_HAMMING).nonzero()[0]}
        for word in _words(key):
            if len(by_word[word]) <= MAX_WORD_FREQUENCY:
                ranked |= {number: int(apart[number]) for number in by_word[word] if apart[number] <= MAX_HAMMING_SHARED_WORD}
        shorts = [places[short] for short in _initials(key) if short in places]
        ranked |= dict.fromkeys((*by_initials[key], *shorts), 0)
        others = sorted((bits, keys[number]) for number, bits in ranked.items())
        found[key] = [other for _, other in others if _may_match(key, other)][:MAX_CANDIDATES]
    return found


def candidate_pairs(candidates: Mapping[str, Sequence[str]], types: Mapping[str, Collection[str]]) -> list[Pair]:
    """The pairs to ask about: of those that are there and may be of one type, the MOST_ALIKE nearest a name."""
    found: set[Pair] = set()
    for key, others in candidates.items():
        if key in types:
            fitting = [other for other in others if other in types and _types_compatible(types[key], types[other])]
            found |= {pair_of(key, other) for other in fitting[:MAX_PAIRS_PER_NAME]}
    return sorted(found)


def _may_match(key: str, other: str) -> bool:
    """Whether nothing in the keys says that they are of two things; names of one key that texts tell apart are."""
    if base_key(key) == base_key(other) or is_initial(MentionKey(base_key(other), UNTYPED)):
        return False
    numbers, theirs = set(_NUMBER.findall(key)), set(_NUMBER.findall(other))
    return not numbers or not theirs or numbers == theirs


def _types_compatible(types: Collection[str], others: Collection[str]) -> bool:
    said, told = ({kind for kind in some if not is_generic(kind)} for some in (types, others))
    return not said or not told or (PERSON in said) == (PERSON in told)


def _words(key: str) -> set[str]:
    return {word for word in base_key(key).split() if len(word) >= MIN_WORD and word not in _SMALL}


def _initials(key: str) -> set[str]:
    """What the name may be abbreviated to: its initials, with and without those of small words."""
    words = base_key(key).split()
    some = (words, [word for word in words if word not in _SMALL])
    return {"".join(word[0] for word in one) for one in some if 1 < len(one) <= MAX_ABBREVIATION}


def _by_word(keys: Sequence[str], fresh: Collection[str]) -> dict[str, list[int]]:
    """The places of the keys that have each word of the fresh ones."""
    wanted = {word for key in fresh for word in _words(key)}
    found: dict[str, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        for word in wanted.intersection(base_key(key).split()):
            found[word].append(number)
    return found


def _by_initials(keys: Sequence[str], fresh: Collection[str]) -> dict[str, list[int]]:
    """The places of the keys that each of the fresh ones may abbreviate."""
    wanted = {key for key in fresh if " " not in key and len(key) <= MAX_ABBREVIATION}
    first = {key[0] for key in wanted}
    found: dict[str, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        if " " in key and (key[0] in first or key.split(" ", 1)[0] in _SMALL):
            for short in wanted & _initials(key):
                found[short].append(number)
    return found


def _columns(signs: Sequence[bytes | None]) -> NDArray[Any]:
    """A column of whole words of bits a name; one without a vector, or with one of another length, has none that is near."""
    import numpy as np

    length = max((len(one) for one in signs if one), default=0)
    missing = bytes(length)
    whole = b"".join(one if one and len(one) == length else missing for one in signs)
    rows = np.frombuffer(whole, dtype=np.uint8).reshape(len(signs), length)
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, -length % _WORD))).view(np.uint64).T)


def _hamming_distances(own: bytes | None, signs: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    words, names = signs.shape
    if not own or -(-len(own) // _WORD) != words:
        return np.full(names, MAX_HAMMING_SHARED_WORD + 1)
    padded = np.frombuffer(own + bytes(-len(own) % _WORD), dtype=np.uint64)
    apart: NDArray[Any] = np.zeros(names, dtype=np.uint16)
    for column, word in zip(signs, padded, strict=True):
        apart += np.bitwise_count(column ^ word)
    return apart
