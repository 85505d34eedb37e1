"""Generates candidate pairs of names (blocking): acronyms, shared tokens, Hamming distance of binarized embeddings.

Pairs that are certain without the language model are left out: equal keys are the same entity already (see
fathom/knowledge/name_normalization.py), and names whose numbers differ, or of which only one is a person's, are different.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fathom.knowledge.clustering import Pair, pair_of
from fathom.knowledge.name_disambiguation import base_key
from fathom.knowledge.name_resolution import PERSON, UNTYPED, MentionKey, has_initial, is_generic

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CANDIDATES = 60  # names blocked with a given name, the nearest first
MAX_PAIRS_PER_NAME = 5  # of its candidates, those of a compatible type that are judged
# Hamming distance of sign bits, of 384; the cosine is about cos(pi * bits / 384).
MAX_HAMMING = 80  # .79: `Holland` and `Netherlands` .90, `Kelmouth Yards` and `Kellmouth Yard` .77
MAX_HAMMING_SHARED_WORD = 115  # .59, for names that share a word: `Apple` and `Apple Computer`
MIN_WORD = 3  # letters of a shared word
MAX_ABBREVIATION = 8  # letters
MAX_WORD_FREQUENCY = 25  # names: a word of more names does not block

_NUMBER = re.compile(r"\d+|(?<!\w)[ivx]+(?!\w)")
_SMALL = frozenset({"and", "of", "the", "for", "in", "de", "la", "le", "du", "des", "et"})
_WORD = 8  # bytes of sign bits compared at a time

SignBits = Mapping[str, bytes | None]  # of the vectors of names, by key; see fathom/embedding/binary_vectors.py


def block(fresh: SignBits, all_names: SignBits) -> dict[str, list[str]]:
    """Returns for each fresh key at most MAX_CANDIDATES keys of `all_names` that might match it, the nearest first."""
    keys = list(all_names)
    by_word, by_initials = _by_word(keys, fresh), _by_initials(keys, fresh)
    places = {key: number for number, key in enumerate(keys)}
    columns = _columns([all_names[key] for key in keys])
    found: dict[str, list[str]] = {}
    for key, own in fresh.items():
        if has_initial(
            MentionKey(base_key(key), UNTYPED)
        ):  # stands for another person in each text; resolved by full names only
            continue
        distances = _hamming_distances(own, columns)
        ranked = {int(number): int(distances[number]) for number in (distances <= MAX_HAMMING).nonzero()[0]}
        for word in _words(key):
            if len(by_word[word]) <= MAX_WORD_FREQUENCY:
                near = (number for number in by_word[word] if distances[number] <= MAX_HAMMING_SHARED_WORD)
                ranked |= {number: int(distances[number]) for number in near}
        abbreviations = [places[short] for short in _initials(key) if short in places]
        ranked |= dict.fromkeys((*by_initials[key], *abbreviations), 0)
        nearest = sorted((bits, keys[number]) for number, bits in ranked.items())
        found[key] = [other for _, other in nearest if may_match(key, other)][:MAX_CANDIDATES]
    return found


def candidate_pairs(candidates: Mapping[str, Sequence[str]], types: Mapping[str, Collection[str]]) -> list[Pair]:
    """Returns the pairs to judge: for each name its MAX_PAIRS_PER_NAME nearest candidates that exist and have compatible types.

    `types` has the types of each existing name, by key.
    """
    found: set[Pair] = set()
    for key, others in candidates.items():
        if key in types:
            fitting = [other for other in others if other in types and types_compatible(types[key], types[other])]
            found |= {pair_of(key, other) for other in fitting[:MAX_PAIRS_PER_NAME]}
    return sorted(found)


def may_match(key: str, other: str) -> bool:
    """Returns whether nothing in the keys rules out a match; names of the same key that texts distinguish do not match."""
    if base_key(key) == base_key(other) or has_initial(MentionKey(base_key(other), UNTYPED)):
        return False
    numbers, other_numbers = set(_NUMBER.findall(key)), set(_NUMBER.findall(other))
    return not numbers or not other_numbers or numbers == other_numbers


def types_compatible(types: Collection[str], other_types: Collection[str]) -> bool:
    """Returns whether names of these types can match: not where exactly one of them is a person's."""
    left, right = ({kind for kind in kinds if not is_generic(kind)} for kinds in (types, other_types))
    return not left or not right or (PERSON in left) == (PERSON in right)


def _words(key: str) -> set[str]:
    return {word for word in base_key(key).split() if len(word) >= MIN_WORD and word not in _SMALL}


def _initials(key: str) -> set[str]:
    """Returns the possible abbreviations of the name: its initials, with and without those of small words."""
    words = base_key(key).split()
    variants = (words, [word for word in words if word not in _SMALL])
    return {"".join(word[0] for word in variant) for variant in variants if 1 < len(variant) <= MAX_ABBREVIATION}


def _by_word(keys: Sequence[str], fresh: Collection[str]) -> dict[str, list[int]]:
    """Returns, for each word of the fresh keys, the positions of the keys that contain it."""
    wanted = {word for key in fresh for word in _words(key)}
    found: dict[str, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        for word in wanted.intersection(base_key(key).split()):
            found[word].append(number)
    return found


def _by_initials(keys: Sequence[str], fresh: Collection[str]) -> dict[str, list[int]]:
    """Returns, for each fresh key, the positions of the keys that it may abbreviate."""
    wanted = {key for key in fresh if " " not in key and len(key) <= MAX_ABBREVIATION}
    first = {key[0] for key in wanted}
    found: dict[str, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        if " " in key and (key[0] in first or key.split(" ", 1)[0] in _SMALL):
            for short in wanted & _initials(key):
                found[short].append(number)
    return found


def _columns(sign_bits: Sequence[bytes | None]) -> NDArray[Any]:
    """Returns an array of shape (words, names) of 64-bit words; a missing vector, or one of another length, is all zero."""
    import numpy as np

    length = max((len(bits) for bits in sign_bits if bits), default=0)
    missing = bytes(length)
    whole = b"".join(bits if bits and len(bits) == length else missing for bits in sign_bits)
    rows = np.frombuffer(whole, dtype=np.uint8).reshape(len(sign_bits), length)
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, -length % _WORD))).view(np.uint64).T)


def _hamming_distances(own: bytes | None, columns: NDArray[Any]) -> NDArray[Any]:
    """Returns the Hamming distance to each name, in bits; above every bound without comparable bits."""
    import numpy as np

    words, names = columns.shape
    if not own or -(-len(own) // _WORD) != words:
        return np.full(names, MAX_HAMMING_SHARED_WORD + 1)
    padded = np.frombuffer(own + bytes(-len(own) % _WORD), dtype=np.uint64)
    distances: NDArray[Any] = np.zeros(names, dtype=np.uint16)
    for column, word in zip(columns, padded, strict=True):
        distances += np.bitwise_count(column ^ word)
    return distances
