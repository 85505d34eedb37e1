"""Counts the entities and facts that were dropped from an answer, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

_ENTITIES = frozenset({"entity not in the text", "not an entity", "name too long", "too many entities"})
_FACTS = frozenset(
    {
        "fact without two entities",
        "not a fact",
        "relation not asked for",
        "too many facts",
        "fact does not name both",
        "fact that is denied, asked or supposed",
        "fact against its direction",
    }
)


class LostItems(NamedTuple):
    """Numbers of entities and facts that were dropped."""

    entities: int
    facts: int


def count_lost(left_out: Mapping[str, int]) -> LostItems:
    """Returns how many entities and facts were dropped; other reasons concern parts of items that are kept."""
    return LostItems(*(sum(count for why, count in left_out.items() if why in reasons) for reasons in (_ENTITIES, _FACTS)))


def sum_counts(*left_out: Mapping[str, int]) -> dict[str, int]:
    """Returns the sum of several counts by reason."""
    total: Counter[str] = Counter()
    for counts in left_out:
        total.update(counts)
    return {why: count for why, count in sorted(total.items()) if count}


def describe_dropped(left_out: Mapping[str, int]) -> str:
    """Returns the dropped items in words, the most frequent reason first."""
    return ", ".join(f"{why} ({count})" for why, count in sorted(left_out.items(), key=lambda item: (-item[1], item[0])))
