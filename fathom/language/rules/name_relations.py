"""Relations that names say by themselves: what is named after a place is there, persons of one last name are relatives.

Of the texts of Re-DocRED dev right about half the time for what is there, and four times in ten for relatives.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from fathom.language.rules.document_context import COUNTRY, LOCATION, NATION, ORGANIZATION, PERSON, Spot, kind_of
from fathom.language.rules.english_relations import Relation

RELATIVE = "RELATIVE_OF"
# `Calgary City Council` and Calgary, `Albany County` and Albany, `Norwegian Army` and what is Norwegian
_NAMED_AFTER = {
    (ORGANIZATION, LOCATION): "LOCATED_IN",
    (LOCATION, LOCATION): "LOCATED_IN",
    (LOCATION, COUNTRY): "LOCATED_IN",
    (ORGANIZATION, COUNTRY): "BASED_IN",
    (ORGANIZATION, NATION): "BASED_IN",
}
_WORD = re.compile(r"\w+")
_NO_LAST_NAME = frozenset({"jr", "sr", "ii", "iii", "iv"})


def said_by_names(
    entities: Sequence[tuple[str, str, int]], spots: Mapping[str, Sequence[Spot]]
) -> Iterator[tuple[Relation, int, int]]:
    """What the names of a text say of each other, each with the sentence that names the first of the two first."""
    named = [(name, kind_of(name, type_), tuple(_WORD.findall(name))) for name, type_, _ in entities if name in spots]
    for name, kind, words in named:
        for other, other_kind, part in named:
            relation = _NAMED_AFTER.get((kind, other_kind))
            if relation and len(part) < len(words) and _holds(words, part):
                yield Relation(name, other, relation), *spots[name][0][1:]
    families: dict[str, list[str]] = defaultdict(list)
    for name, kind, words in named:
        if kind == PERSON and len(words) > 1 and words[-1].casefold() not in _NO_LAST_NAME:
            families[words[-1]].append(name)
    for family in families.values():
        for one, other in combinations(family, 2):
            yield Relation(one, other, RELATIVE), *spots[other][0][1:]


def _holds(words: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))
