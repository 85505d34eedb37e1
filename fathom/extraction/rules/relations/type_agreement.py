"""Gives a thing of no sure type the type that the facts about it ask for: who is born somewhere is a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fathom.extraction.model import Fact
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN, relations


def agreed_types(types: Mapping[str, str], sure: frozenset[str], facts: Iterable[Fact]) -> dict[str, str]:
    """Returns the type of each name, those that are `sure` as they are.

    Another is of the one type that its facts allow. Where they allow several and not the one it has, its type is left out.
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
