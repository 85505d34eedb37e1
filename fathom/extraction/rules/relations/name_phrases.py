"""States what two names beside each other say: `Britain's X`, `Ford's X`, `X from Y`, `French car maker X`, `the Games in Y`.

Reads the words in their order, as the parser often hangs a phrase of this kind on another word.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.gazetteer import is_city, is_first_name, is_surname
from fathom.extraction.rules.names.name_cleaning import type_by_words
from fathom.extraction.rules.relations.noun_relations import is_profession
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN, word_set
from fathom.extraction.rules.relations.role_phrases import is_personal, start_of
from fathom.extraction.rules.relations.statements import Evidence, Named, Predicate, Statement
from fathom.extraction.rules.text.factuality import is_question
from fathom.extraction.rules.text.sentence import Referent, Sentence

_POSSESSIVE = frozenset({"'s", "’s", "'", "’"})
_COMPANIES = word_set(
    "company firm bank group club band charity agency manufacturer supplier publisher retailer airline brewery startup "
    "start-up corporation label contractor operator developer maker carmaker automaker giant telco broadcaster insurer "
    "conglomerate brewer chain producer distributor newspaper magazine studio consultancy distiller team side broker bourse "
    "shipbuilder steelmaker planemaker drugmaker bookmaker exporter importer provider miner"
)
_PRODUCTS = word_set(
    "console software player laptop phone handset brand car range browser computer chip processor camera service system "
    "messenger application model engine drug whisky beer jet plane aircraft truck van tablet printer drink"
)
_BROADCASTS = word_set("programme show series documentary bulletin")
_BEFORE_KINDS = word_set("mobile digital music media video operating search games game video-game sports anti-virus")
_LANDS = word_set("US U.S. UK U.K. USA")
_ORIGINS = frozenset({"from", "of"})
_REFUSED = word_set("former ex would-be future proposed potential possible alleged non-")
_TAKEN = frozenset({"dobj", "obj", "dative"})
MAX_NOUNS = 4  # between an adjective of a country and a name


def name_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields what the names of the sentence that stand beside each other say."""
    if is_question(sentence.span):
        return
    for one, other in pairwise(sentence.named):
        words = list(one.head.doc[one.last + 1 : start_of(other)])
        said = [token.lower_ for token in words]
        if len(said) == 1 and said[0] in _POSSESSIVE:
            yield from _of_owner(one, other)
        elif not said:
            yield from _of_people(one, other)
        elif said == ["of"] and one.type == "Organization" and other.type == "Location" and is_city(other.entity):
            yield from _of_city(one, other)
        elif said == ["by"]:
            yield from _by_maker(one, other)
        elif said[0] in ("in", "at") and (len(said) == 1 or said[1:] == ["the"]):
            yield from _at_place(one, other)
        elif said[:2] == ["-", "born"] or said[0] == "-born":
            yield from _born(one, other, said)
        elif country_of(one.entity):
            yield from _of_country(one, other, words)
        if is_personal(one):
            yield from _from(one, other, words)
    for one in sentence.named:
        yield from _of_maker(sentence, one)


def _stated(source: Named, target: Named, words: str, relation: str, evidence: Evidence = "place") -> Statement:
    return Statement(source, target, Predicate("", words), evidence, source.head, relation=relation)


def _of_owner(owner: Named, thing: Named) -> Iterator[Statement]:
    """Yields `Britain's X` and `Ford's X`."""
    if country_of(owner.entity) and not is_adjective(owner.entity):
        if is_personal(thing):
            yield _stated(thing, owner, "of", "HAS_NATIONALITY", "nationality")
        elif (
            thing.type == "Organization"
            and not type_by_words(thing.entity)
            and not country_of(thing.entity)
            and not _goes_on(thing)
        ):
            yield _stated(thing, owner, "of", "BASED_IN")
    elif is_personal(thing) and len(thing.entity.split()) > 1 and _is_body(owner):
        yield _stated(thing, owner, "of", "AFFILIATED_WITH")
    elif owner.type == "Location" and thing.type == UNKNOWN and type_by_words(thing.entity) in ("Organization", "Location"):
        yield _stated(thing, owner, "of", "LOCATED_IN")


def _is_body(one: Named) -> bool:
    """Tells whether the name may be that of an organization: of this type, or of none and no person's."""
    if one.type == "Organization":
        return True
    words = one.entity.split()
    return (
        one.type == UNKNOWN and not any(is_first_name(word) or is_surname(word) for word in words) and not is_city(one.entity)
    )


def _of_people(land: Named, thing: Named) -> Iterator[Statement]:
    """Yields `Russian X`."""
    if is_adjective(land.entity) and is_personal(thing) and len(thing.entity.split()) > 1:
        yield _stated(thing, land, "of", "HAS_NATIONALITY", "nationality")


def _of_city(body: Named, city: Named) -> Iterator[Statement]:
    """Yields `Windrose Gears of Augsburg`."""
    if type_by_words(body.entity) != "Location" and not _goes_on(city):
        yield _stated(body, city, "of", "BASED_IN")


def _by_maker(thing: Named, maker: Named) -> Iterator[Statement]:
    """Yields `White Teeth by Zadie Smith`."""
    if not is_personal(maker) or len(maker.entity.split()) < 2:
        return
    before = thing.head.doc[thing.first - 1].pos_ if thing.first else ""
    if thing.type == "Work" or (
        thing.type == UNKNOWN and len(thing.entity.split()) > 1 and before not in ("ADP", "DET", "PART")
    ):
        yield _stated(thing, maker, "by", "CREATED_BY")


def _at_place(event: Named, place: Named) -> Iterator[Statement]:
    if event.type == "Event" and place.type == "Location" and not is_adjective(place.entity):
        yield _stated(event, place, "in", "TOOK_PLACE_IN")


def _born(place: Named, person: Named, said: list[str]) -> Iterator[Statement]:
    """Yields `London-born actor X`."""
    is_place = place.type == "Location" and not is_adjective(place.entity)
    if is_place and is_personal(person) and len(said) < MAX_NOUNS and "," not in said:
        yield _stated(person, place, "born in", "BORN_IN")


def _of_country(land: Named, thing: Named, words: list[Any]) -> Iterator[Statement]:
    """Yields `French car maker X`, `UK telco X` and `US actor X`."""
    written = land.head.doc[land.first : land.last + 1].text
    if len(words) > MAX_NOUNS or not (is_adjective(land.entity) or written in _LANDS):
        return
    kind = "".join(token.lower_ + token.whitespace_ for token in words).split()[-1]
    if not kind.isalpha() and kind not in _COMPANIES:
        return
    if kind.isalpha() and any(not _may_describe(token) for token in words):
        return
    is_firm = kind in _COMPANIES and thing.type in ("Organization", UNKNOWN) and not is_personal(thing)
    is_role = is_personal(thing) and kind not in _COMPANIES and is_profession(words[-1])
    if is_firm or (is_role and not any(token.lower_ == "and" for token in words)):
        yield _stated(thing, land, land.entity, "HAS_NATIONALITY", "nationality")


def _may_describe(token: Any) -> bool:
    """Tells whether the word may stand between an adjective of a country and the name of what it describes."""
    if token.lower_ in _REFUSED or token.tag_ in ("VBD", "VBZ", "VBP"):
        return False
    return token.text in ("-", "and") or (token.text.islower() and token.pos_ in ("NOUN", "ADJ", "VERB", "PROPN"))


def _of_maker(sentence: Sentence, thing: Named) -> Iterator[Statement]:
    """Yields `Sony's Walkman players`, `its Windows software` and `the BBC's Today programme`."""
    doc, after = thing.head.doc, thing.last + 1
    if (
        thing.type not in (UNKNOWN, "Product", "Work", "Organization")
        or is_personal(thing)
        or thing.first <= sentence.span.start
    ):
        return
    while after < sentence.span.end and after - thing.last < MAX_NOUNS and doc[after].lower_ in _BEFORE_KINDS:
        after += 1
    kind = doc[after].lemma_.lower() if after < sentence.span.end else ""
    relation = "MADE_BY" if kind in _PRODUCTS else "BROADCAST_ON" if kind in _BROADCASTS else None
    if relation is None or (relation == "MADE_BY" and thing.type == "Organization"):
        return
    before = doc[thing.first - 1]
    if before.text in _POSSESSIVE:
        owner = next((one for one in sentence.named if one.last == before.i - 1), None)
        meant = Referent(owner) if owner is not None else None
    else:
        meant = sentence.meant(before) if before.lower_ == "its" else None
    if meant is None or meant.named.type not in ("Organization", UNKNOWN) or is_personal(meant.named):
        return
    predicate = Predicate("", f"{kind} of")
    yield Statement(thing, meant.named, predicate, "owner", thing.head, meant.by_pronoun, relation)


def _from(person: Named, other: Named, words: list[Any]) -> Iterator[Statement]:
    """Yields `X from Y`, `X, 34, of Y` and `X, from the charity Y`."""
    said = [token.lower_ for token in words]
    apart = said[:1] == [","]
    if apart:
        said = said[1:]
        if len(said) > 1 and words[1].like_num and said[1] == ",":
            said = said[2:]
    if not said or said[0] not in _ORIGINS or len(said) > MAX_NOUNS or (person.head.dep_ in _TAKEN and not apart):
        return
    between = words[len(words) - len(said) + 1 :]
    if any(token.lower_ not in ("the",) and not (token.text.islower() and token.pos_ in ("NOUN", "ADJ")) for token in between):
        return
    if is_adjective(other.entity) or _goes_on(other):
        return
    if other.type == "Location" and not any(token.pos_ == "NOUN" for token in between):
        if not (said[0] == "from" and _is_way(person)):
            yield _stated(person, other, said[0], "COMES_FROM")
    elif other.type == "Organization" or (other.type == UNKNOWN and _is_body(other) and (said[0] == "from" or between)):
        yield _stated(person, other, said[0], "AFFILIATED_WITH")


def _goes_on(one: Named) -> bool:
    """Tells whether the name only begins a longer phrase: `X of Y's board` is of Y, `X from Y's north` is not."""
    doc, after = one.head.doc, one.last + 1
    return bool(
        after < len(doc) and (doc[after].text in _POSSESSIVE or doc[after].text == "-" or doc[after].pos_ in ("NOUN", "PROPN"))
    )


def _is_way(person: Named) -> bool:
    """Tells whether `from` may belong to a verb before the name: `moved X from Y`."""
    return person.head.dep_ in _TAKEN or person.head.dep_ == "pobj"
