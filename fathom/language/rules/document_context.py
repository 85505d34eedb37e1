"""What a text is about: its topic, its country, and that what it names is in that country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fathom.language.rules.countries import country_of, is_adjective
from fathom.language.rules.english_relations import SUBJECTS, Named, Relation

PERSON, ORGANIZATION, LOCATION, GROUP, COUNTRY, NATION, OTHER = "PER", "ORG", "LOC", "GRP", "COUNTRY", "NATION", "OTHER"
_KINDS = {"Person": PERSON, "Organization": ORGANIZATION, "Location": LOCATION, "Group": GROUP}
# A sentence's date says nothing of these.
LASTING = frozenset({"LOCATED_IN", "BASED_IN", "HAS_NATIONALITY", "HAS_ORIGIN", "RELATIVE_OF"})
SURELY = 0.8  # the same, where only its adjective is named: what is Norwegian need not be in Norway
MOSTLY = 0.55  # of all that a text says of countries: from here on it is set in the one

Spot = tuple[int, int, int]  # number of a sentence, its start and end


@dataclass(frozen=True)
class Setting:
    """A text's first entity, the country that it speaks of most, and how much of all its countries that is."""

    topic: str | None
    topic_kind: str
    country: str | None
    share: float


def kind_of(name: str, type_: str) -> str:
    """Which of the kinds that rules know; a country's adjective is a NATION."""
    if country_of(name):
        return NATION if is_adjective(name) else COUNTRY
    return _KINDS.get(type_, OTHER)


def setting_of(entities: Sequence[tuple[str, str, int]]) -> Setting:
    """The setting of a text with these entities, each with name, type and number of places, in the order of the text."""
    countries: Counter[str] = Counter()
    for name, _, places in entities:
        if country := country_of(name):
            countries[country] += places
    country, most = min(countries.items(), key=lambda one: (-one[1], one[0])) if countries else (None, 0)
    return Setting(
        topic=entities[0][0] if entities else None,
        topic_kind=kind_of(*entities[0][:2]) if entities else OTHER,
        country=country,
        share=most / countries.total() if countries else 0.0,
    )


def about(setting: Setting, topic: str, type_: str) -> Setting:
    """The setting with what the text is about."""
    return replace(setting, topic=topic, topic_kind=kind_of(topic, type_))


def called_in(sentence: Any, topic: Named) -> frozenset[str]:
    """The nouns that the sentence calls its topic by: `song` and `single` of `X is a song and the third single of …`."""
    nouns = [
        child
        for verb in (topic.head.head,)
        if verb.lemma_ == "be" and topic.head.dep_ in SUBJECTS
        for child in verb.children
        if child.dep_ == "attr" and child.pos_ == "NOUN"
    ]
    nouns += [other for noun in nouns for other in noun.conjuncts if other.pos_ == "NOUN"]
    return frozenset(noun.lower_ for noun in nouns)


def in_country(
    entities: Sequence[tuple[str, str, int]], setting: Setting, spots: Mapping[str, Sequence[Spot]]
) -> Iterator[tuple[Relation, int, int]]:
    """Places and organizations of a text set in a country are there, and so is a person beside it, were it the only one.

    Each with the sentence that names the thing nearest to the country. Of the texts of Re-DocRED dev right half the time for
    places, and four times in ten for organizations: a text says it by what it is about, in no sentence.
    """
    lands = [one for one in entities if country_of(one[0]) == setting.country and one[0] in spots]
    if setting.country is None or not lands:
        return
    land = min(lands, key=lambda one: (is_adjective(one[0]), -one[2], one[0]))[0]
    mostly = SURELY if is_adjective(land) else MOSTLY
    alone = setting.share == 1.0 and not is_adjective(land)
    lines = [number for number, _, _ in spots[land]]
    for name, type_, _ in entities:
        if name not in spots or name == land:
            continue
        kind = kind_of(name, type_)
        far, start, end = min((min(abs(number - line) for line in lines), start, end) for number, start, end in spots[name])
        if kind == LOCATION and (setting.share >= mostly or far <= 1):
            yield Relation(name, land, "LOCATED_IN"), start, end
        elif (kind == ORGANIZATION and setting.share >= mostly) or (kind == GROUP and alone):
            yield Relation(name, land, "BASED_IN"), start, end
        elif kind == PERSON and alone and far <= 1:
            yield Relation(name, land, "HAS_NATIONALITY"), start, end
