"""Relations that a sentence states by how names are arranged: place in place, country and thing, the topic and the rest.

Grammar says most of what a text says of its names; a good part is only said by where they stand: `Leith, Scotland`, `the
Norwegian singer X`, and `He` at the head of a sentence that names a club. Which kinds of names are joined, and over how many
others, is in the tables: those that are right about one time in three or more on real texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from fathom.language.rules.countries import country_of
from fathom.language.rules.document_context import (
    COUNTRY,
    GROUP,
    LOCATION,
    NATION,
    ORGANIZATION,
    OTHER,
    PERSON,
    Setting,
    kind_of,
)
from fathom.language.rules.english_relations import Named, Relation, stands_for
from fathom.language.rules.relation_labels import phrase

_PRONOUNS = {
    PERSON: {"he", "she"},
    ORGANIZATION: {"it", "they"},
    LOCATION: {"it"},
    OTHER: {"it"},
}
ALL = 99
# How many names may stand between the two: where either is what the text is about, and elsewhere.
_OF_TOPIC = {
    (LOCATION, LOCATION): ALL,
    (LOCATION, ORGANIZATION): ALL,
    (LOCATION, PERSON): ALL,
    (ORGANIZATION, PERSON): ALL,
    (OTHER, PERSON): ALL,
    (ORGANIZATION, OTHER): ALL,
    (ORGANIZATION, ORGANIZATION): 1,
    (PERSON, PERSON): 0,
    (GROUP, PERSON): 0,
    (LOCATION, OTHER): 1,
}
_BESIDE = {
    (LOCATION, LOCATION): 1,
    (OTHER, PERSON): 0,
    (GROUP, PERSON): 0,
    (LOCATION, ORGANIZATION): 0,
    (LOCATION, OTHER): 0,
    (LOCATION, PERSON): 0,
}
_OF_COUNTRY = {LOCATION: 2, ORGANIZATION: 1, PERSON: 1}
_OF_MAIN_COUNTRY = {LOCATION: ALL, ORGANIZATION: ALL, PERSON: ALL}
_BY_PRONOUN = {
    PERSON: {OTHER, ORGANIZATION, PERSON, LOCATION, COUNTRY, NATION},
    ORGANIZATION: {ORGANIZATION, PERSON, LOCATION},
    OTHER: {PERSON},
}
# Of what a sentence with a pronoun says of a place, what ties one to it.
_STAYS = {"ATTEND", "BASED", "BORN", "BURIED", "DIE", "EDUCATED", "EMIGRATE", "FOUND", "GRADUATE", "GROW", "HEADQUARTERED"}
_STAYS |= {"LIVE", "LOCATED", "MOVE", "RAISED", "RESIDE", "RETURN", "SERVE", "SETTLE", "STUDY", "WORK"}
_AND = frozenset({"and", "or", "&"})  # what stands on both sides is alike, not one of the other


def arranged(
    sentence: Any, named: Sequence[Named], setting: Setting, topic: Named | None, told: Sequence[Relation]
) -> list[Relation]:
    """What the order of names says in one sentence; `topic` is what the text is about, for a pronoun to stand for."""
    found = []
    for (place, one), (other_place, other) in combinations(enumerate(named), 2):
        between = other_place - place - 1
        if one.entity != other.entity and _joined(one, other, between, setting) and not _listed(one, other, setting):
            found.append(_relation(one, other))
    if topic is not None and all(one.entity != topic.entity for one in named):
        others = {name for one in told for name in (one.source, one.target) if topic.entity not in (one.source, one.target)}
        found.extend(_of_pronoun(sentence, [one for one in named if one.entity not in others], setting, topic))
    return [one for one in found if one.name]  # to stand in one sentence is not enough


def _joined(one: Named, other: Named, between: int, setting: Setting) -> bool:
    kinds = sorted((kind_of(one.entity, one.type), kind_of(other.entity, other.type)))
    lands = [kind for kind in kinds if kind in (COUNTRY, NATION)]
    about = setting.topic in (one.entity, other.entity)
    if len(lands) == 2:
        return False
    if lands:
        (thing,) = (kind for kind in kinds if kind not in lands)
        land = one if kind_of(one.entity, one.type) == lands[0] else other
        table = _OF_MAIN_COUNTRY if country_of(land.entity) == setting.country else _OF_COUNTRY
        return between <= table.get(thing, -1) or (about and between == 0)
    pair = (kinds[0], kinds[1])
    return between <= (_OF_TOPIC if about else _BESIDE).get(pair, -1)


def _listed(one: Named, other: Named, setting: Setting) -> bool:
    """Whether they are two of a list, none a country or what the text is about."""
    if setting.topic in (one.entity, other.entity) or country_of(one.entity) or country_of(other.entity):
        return False
    first, last = sorted((one.head.i, other.head.i))
    return other.head in one.head.conjuncts or any(token.lower_ in _AND for token in one.head.doc[first + 1 : last])


def _of_pronoun(sentence: Any, named: Sequence[Named], setting: Setting, topic: Named) -> Iterator[Relation]:
    meant = _PRONOUNS.get(setting.topic_kind, set())
    pronoun = next((token for token in sentence if token.lower_ in meant or stands_for(token, topic)), None)
    if pronoun is None:
        return
    for one in named:
        if kind_of(one.entity, one.type) in _BY_PRONOUN.get(setting.topic_kind, ()):
            relation = _relation(topic, one)
            said = phrase(pronoun, one.head)
            if kind_of(one.entity, one.type) != LOCATION or _STAYS & set((said or "").split("_")):
                yield Relation(relation.source, relation.target, said or relation.name)


def _relation(one: Named, other: Named) -> Relation:
    """The pair in the direction in which its name is read: thing to place, work to person, else as they stand."""
    rank = {PERSON: 1, ORGANIZATION: 2, OTHER: 0, GROUP: 3, LOCATION: 4, NATION: 5, COUNTRY: 5}
    first, second = kind_of(one.entity, one.type), kind_of(other.entity, other.type)
    if rank[first] > rank[second]:
        one, other, first, second = other, one, second, first
    usual = _USUAL.get(second if second in (COUNTRY, NATION, LOCATION) else "", {}).get(first)
    said = phrase(one.head, other.head)
    return Relation(one.entity, other.entity, usual or said or "")


_USUAL = {
    COUNTRY: {LOCATION: "LOCATED_IN", ORGANIZATION: "BASED_IN"},
    NATION: {PERSON: "HAS_NATIONALITY", ORGANIZATION: "HAS_NATIONALITY", LOCATION: "LOCATED_IN", OTHER: "HAS_ORIGIN"},
    LOCATION: {LOCATION: "LOCATED_IN"},
}
