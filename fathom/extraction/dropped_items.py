"""Says which parts of an answer that were left out are entities and facts that are lost, by the reasons that are counted."""

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


class Lost(NamedTuple):
    """How many entities and facts of answers are not kept."""

    entities: int
    facts: int


def lost(left_out: Mapping[str, int]) -> Lost:
    """Returns how many of what was left out were entities and facts; the rest are parts of such that are kept."""
    return Lost(*(sum(count for why, count in left_out.items() if why in some) for some in (_ENTITIES, _FACTS)))


def together(*left_out: Mapping[str, int]) -> dict[str, int]:
    """Returns what several answers left out, by the reason."""
    total: Counter[str] = Counter()
    for one in left_out:
        total.update(one)
    return {why: count for why, count in sorted(total.items()) if count}


def told(left_out: Mapping[str, int]) -> str:
    """Returns what was left out in words, the most frequent reason first."""
    return ", ".join(f"{why} ({count})" for why, count in sorted(left_out.items(), key=lambda one: (-one[1], one[0])))
