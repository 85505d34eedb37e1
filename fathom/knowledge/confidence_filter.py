"""Leaves out of an extraction what its model is not sure enough of: entities and facts of a confidence below the setting's.

What has no confidence, as all that a paid model answers, was not measured and is kept. A fact goes with an entity that it
joins; an entity stays without its facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fathom.extraction.dropped_items import LostItems, sum_counts
from fathom.extraction.model import Entity, Extraction, Fact
from fathom.knowledge.assertions import fold_case

ENTITY_BELOW = "entity below the least confidence"
FACT_BELOW = "fact below the least confidence"
FACT_OF_BELOW = "fact of an entity below the least confidence"
_REASONS = frozenset({ENTITY_BELOW, FACT_BELOW, FACT_OF_BELOW})


def drop_uncertain(found: Extraction, least: float) -> Extraction:
    """Returns what goes into the graph of an extraction; what does not is counted in its `left_out`, by the reason."""
    entities = [one for one in found.entities if _suffices(one, least)]
    named = {fold_case(one.name) for one in entities}
    unsure = {fold_case(one.name) for one in found.entities} - named
    left: Counter[str] = Counter()
    left[ENTITY_BELOW] = len(found.entities) - len(entities)
    facts: list[Fact] = []
    for fact in found.facts:
        if not _suffices(fact, least):
            left[FACT_BELOW] += 1
        elif not unsure.isdisjoint((fold_case(fact.source), fold_case(fact.target))):
            left[FACT_OF_BELOW] += 1
        else:
            facts.append(fact)
    if not left.total():
        return found
    return found.model_copy(update={"entities": entities, "facts": facts, "left_out": sum_counts(found.left_out, left)})


def below_threshold(left_out: Mapping[str, int]) -> dict[str, int]:
    """Returns those of the counts that are of a confidence below the least."""
    return {why: count for why, count in left_out.items() if why in _REASONS}


def lost_below_threshold(left_out: Mapping[str, int]) -> LostItems:
    """Returns how many entities and facts these counts are of."""
    entities = left_out.get(ENTITY_BELOW, 0)
    return LostItems(entities, sum(below_threshold(left_out).values()) - entities)


def _suffices(one: Entity | Fact, least: float) -> bool:
    return one.confidence is None or one.confidence >= least
