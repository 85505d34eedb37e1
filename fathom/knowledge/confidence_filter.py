"""Drops entities and facts of an extraction whose confidence is below the setting's threshold.

Items without a confidence, as of a paid model, were not measured and are kept. A fact is dropped with either of its entities;
an entity stays without its facts.
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
    """Returns the extraction without uncertain items, which are counted in its `left_out`, by the reason."""
    entities = [entity for entity in found.entities if _suffices(entity, least)]
    named = {fold_case(entity.name) for entity in entities}
    unsure = {fold_case(entity.name) for entity in found.entities} - named
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
    """Returns the counts of items dropped for their confidence."""
    return {why: count for why, count in left_out.items() if why in _REASONS}


def lost_below_threshold(left_out: Mapping[str, int]) -> LostItems:
    """Returns the number of entities and facts dropped for their confidence."""
    entities = left_out.get(ENTITY_BELOW, 0)
    return LostItems(entities, sum(below_threshold(left_out).values()) - entities)


def _suffices(item: Entity | Fact, least: float) -> bool:
    return item.confidence is None or item.confidence >= least
