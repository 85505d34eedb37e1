"""Infers unsure entity types from the argument types of their facts: the subject of BORN_IN is a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fathom.extraction.model import Fact
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN, relations


def agreed_types(types: Mapping[str, str], sure: frozenset[str], facts: Iterable[Fact]) -> dict[str, str]:
    """Returns the type of each name; the types of names in `sure` are unchanged.

    Any other name gets the single type that its facts allow; where they allow several, without its present type, the type
    becomes unknown.
    """
    allowed: dict[str, set[str]] = {}
    for fact in facts:
        relation = relations().get(fact.relation)
        if relation is None:
            continue
        for name, wanted in ((fact.source, relation.source), (fact.target, relation.target)):
            if wanted and name not in sure:
                allowed[name] = (allowed[name] & wanted or allowed[name]) if name in allowed else set(wanted)
    agreed = dict(types)
    for name, kinds in allowed.items():
        if name in agreed and len(kinds) == 1:
            agreed[name] = next(iter(kinds))
        elif name in agreed and agreed[name] not in kinds:
            agreed[name] = UNKNOWN
    return agreed
