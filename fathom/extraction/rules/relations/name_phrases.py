"""Relations of adjacent names: `Britain's X`, `Ford's X`, `X from Y`, `French car maker X`, `the Games in Y`.

Uses word order, since the parser often attaches these phrases to the wrong word.
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
_COMPANY_NOUNS = word_set(
    "company firm bank group club band charity agency manufacturer supplier publisher retailer airline brewery startup "
    "start-up corporation label contractor operator developer maker carmaker automaker giant telco broadcaster insurer "
    "conglomerate brewer chain producer distributor newspaper magazine studio consultancy distiller team side broker bourse "
    "shipbuilder steelmaker planemaker drugmaker bookmaker exporter importer provider miner"
)
_PRODUCT_NOUNS = word_set(
    "console software player laptop phone handset brand car range browser computer chip processor camera service system "
    "messenger application model engine drug whisky beer jet plane aircraft truck van tablet printer drink"
)
_BROADCAST_NOUNS = word_set("programme show series documentary bulletin")
_PRODUCT_MODIFIERS = word_set("mobile digital music media video operating search games game video-game sports anti-virus")
_COUNTRY_ABBREVIATIONS = word_set("US U.S. UK U.K. USA")
_ORIGINS = frozenset({"from", "of"})
_EXCLUDED_MODIFIERS = word_set("former ex would-be future proposed potential possible alleged non-")
_OBJECT_LABELS = frozenset({"dobj", "obj", "dative"})
MAX_NOUNS = 4  # tokens between a demonym adjective and a name


def name_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields the relations between adjacent names of the sentence."""
    if is_question(sentence.span):
        return
    for named, other in pairwise(sentence.named):
        words = list(named.head.doc[named.last + 1 : start_of(other)])
        forms = [token.lower_ for token in words]
        if len(forms) == 1 and forms[0] in _POSSESSIVE:
            yield from _possessive_statements(named, other)
        elif not forms:
            yield from _demonym_statements(named, other)
        elif forms == ["of"] and named.type == "Organization" and other.type == "Location" and is_city(other.entity):
            yield from _city_statements(named, other)
        elif forms == ["by"]:
            yield from _creator_statements(named, other)
        elif forms[0] in ("in", "at") and (len(forms) == 1 or forms[1:] == ["the"]):
            yield from _event_statements(named, other)
        elif forms[:2] == ["-", "born"] or forms[0] == "-born":
            yield from _birth_statements(named, other, forms)
        elif country_of(named.entity):
            yield from _nationality_statements(named, other, words)
        if is_personal(named):
            yield from _origin_statements(named, other, words)
    for named in sentence.named:
        yield from _maker_statements(sentence, named)


def _statement(source: Named, target: Named, words: str, relation: str, evidence: Evidence = "place") -> Statement:
    return Statement(source, target, Predicate("", words), evidence, source.head, relation=relation)


def _possessive_statements(owner: Named, thing: Named) -> Iterator[Statement]:
    """Yields relations of possessives: `Britain's X`, `Ford's X`."""
    if country_of(owner.entity) and not is_adjective(owner.entity):
        if is_personal(thing):
            yield _statement(thing, owner, "of", "HAS_NATIONALITY", "nationality")
        elif (
            thing.type == "Organization"
            and not type_by_words(thing.entity)
            and not country_of(thing.entity)
            and not _continues(thing)
        ):
            yield _statement(thing, owner, "of", "BASED_IN")
    elif is_personal(thing) and len(thing.entity.split()) > 1 and _may_be_organization(owner):
        yield _statement(thing, owner, "of", "AFFILIATED_WITH")
    elif owner.type == "Location" and thing.type == UNKNOWN and type_by_words(thing.entity) in ("Organization", "Location"):
        yield _statement(thing, owner, "of", "LOCATED_IN")


def _may_be_organization(named: Named) -> bool:
    """Returns whether the name may be an organization's: by its type, or of unknown type and neither a person nor a city."""
    if named.type == "Organization":
        return True
    words = named.entity.split()
    return (
        named.type == UNKNOWN
        and not any(is_first_name(word) or is_surname(word) for word in words)
        and not is_city(named.entity)
    )


def _demonym_statements(land: Named, thing: Named) -> Iterator[Statement]:
    """Yields the nationality of `Russian X`."""
    if is_adjective(land.entity) and is_personal(thing) and len(thing.entity.split()) > 1:
        yield _statement(thing, land, "of", "HAS_NATIONALITY", "nationality")


def _city_statements(body: Named, city: Named) -> Iterator[Statement]:
    """Yields the seat of an organization: `Windrose Gears of Augsburg`."""
    if type_by_words(body.entity) != "Location" and not _continues(city):
        yield _statement(body, city, "of", "BASED_IN")


def _creator_statements(thing: Named, maker: Named) -> Iterator[Statement]:
    """Yields the creator of a work: `White Teeth by Zadie Smith`."""
    if not is_personal(maker) or len(maker.entity.split()) < 2:
        return
    before = thing.head.doc[thing.first - 1].pos_ if thing.first else ""
    if thing.type == "Work" or (
        thing.type == UNKNOWN and len(thing.entity.split()) > 1 and before not in ("ADP", "DET", "PART")
    ):
        yield _statement(thing, maker, "by", "CREATED_BY")


def _event_statements(event: Named, place: Named) -> Iterator[Statement]:
    if event.type == "Event" and place.type == "Location" and not is_adjective(place.entity):
        yield _statement(event, place, "in", "TOOK_PLACE_IN")


def _birth_statements(place: Named, person: Named, forms: list[str]) -> Iterator[Statement]:
    """Yields the birthplace of `London-born actor X`."""
    is_place = place.type == "Location" and not is_adjective(place.entity)
    if is_place and is_personal(person) and len(forms) < MAX_NOUNS and "," not in forms:
        yield _statement(person, place, "born in", "BORN_IN")


def _nationality_statements(land: Named, thing: Named, words: list[Any]) -> Iterator[Statement]:
    """Yields the nationality of `French car maker X`, `UK telco X` and `US actor X`."""
    written = land.head.doc[land.first : land.last + 1].text
    if len(words) > MAX_NOUNS or not (is_adjective(land.entity) or written in _COUNTRY_ABBREVIATIONS):
        return
    kind = "".join(token.lower_ + token.whitespace_ for token in words).split()[-1]
    if not kind.isalpha() and kind not in _COMPANY_NOUNS:
        return
    if kind.isalpha() and any(not _may_describe(token) for token in words):
        return
    is_firm = kind in _COMPANY_NOUNS and thing.type in ("Organization", UNKNOWN) and not is_personal(thing)
    is_role = is_personal(thing) and kind not in _COMPANY_NOUNS and is_profession(words[-1])
    if is_firm or (is_role and not any(token.lower_ == "and" for token in words)):
        yield _statement(thing, land, land.entity, "HAS_NATIONALITY", "nationality")


def _may_describe(token: Any) -> bool:
    """Returns whether the token may stand between a demonym adjective and the name that it modifies."""
    if token.lower_ in _EXCLUDED_MODIFIERS or token.tag_ in ("VBD", "VBZ", "VBP"):
        return False
    return token.text in ("-", "and") or (token.text.islower() and token.pos_ in ("NOUN", "ADJ", "VERB", "PROPN"))


def _maker_statements(sentence: Sentence, thing: Named) -> Iterator[Statement]:
    """Yields the maker or broadcaster: `Sony's Walkman players`, `its Windows software`, `the BBC's Today programme`."""
    doc, after = thing.head.doc, thing.last + 1
    if (
        thing.type not in (UNKNOWN, "Product", "Work", "Organization")
        or is_personal(thing)
        or thing.first <= sentence.span.start
    ):
        return
    while after < sentence.span.end and after - thing.last < MAX_NOUNS and doc[after].lower_ in _PRODUCT_MODIFIERS:
        after += 1
    kind = doc[after].lemma_.lower() if after < sentence.span.end else ""
    relation = "MADE_BY" if kind in _PRODUCT_NOUNS else "BROADCAST_ON" if kind in _BROADCAST_NOUNS else None
    if relation is None or (relation == "MADE_BY" and thing.type == "Organization"):
        return
    before = doc[thing.first - 1]
    if before.text in _POSSESSIVE:
        owner = next((named for named in sentence.named if named.last == before.i - 1), None)
        maker = Referent(owner) if owner is not None else None
    else:
        maker = sentence.meant(before) if before.lower_ == "its" else None
    if maker is None or maker.named.type not in ("Organization", UNKNOWN) or is_personal(maker.named):
        return
    predicate = Predicate("", f"{kind} of")
    yield Statement(thing, maker.named, predicate, "owner", thing.head, maker.by_pronoun, relation)


def _origin_statements(person: Named, other: Named, words: list[Any]) -> Iterator[Statement]:
    """Yields the origin or affiliation of a person: `X from Y`, `X, 34, of Y`, `X, from the charity Y`."""
    forms = [token.lower_ for token in words]
    has_comma = forms[:1] == [","]
    if has_comma:
        forms = forms[1:]
        if len(forms) > 1 and words[1].like_num and forms[1] == ",":
            forms = forms[2:]
    if (
        not forms
        or forms[0] not in _ORIGINS
        or len(forms) > MAX_NOUNS
        or (person.head.dep_ in _OBJECT_LABELS and not has_comma)
    ):
        return
    between = words[len(words) - len(forms) + 1 :]
    if any(token.lower_ not in ("the",) and not (token.text.islower() and token.pos_ in ("NOUN", "ADJ")) for token in between):
        return
    if is_adjective(other.entity) or _continues(other):
        return
    if other.type == "Location" and not any(token.pos_ == "NOUN" for token in between):
        if not (forms[0] == "from" and _is_object(person)):
            yield _statement(person, other, forms[0], "COMES_FROM")
    elif other.type == "Organization" or (
        other.type == UNKNOWN and _may_be_organization(other) and (forms[0] == "from" or between)
    ):
        yield _statement(person, other, forms[0], "AFFILIATED_WITH")


def _continues(named: Named) -> bool:
    """Returns whether a longer phrase starts with the name, which is then not its head: `X from Y's north`."""
    doc, after = named.head.doc, named.last + 1
    return bool(
        after < len(doc) and (doc[after].text in _POSSESSIVE or doc[after].text == "-" or doc[after].pos_ in ("NOUN", "PROPN"))
    )


def _is_object(person: Named) -> bool:
    """Returns whether `from` may attach to a verb before the name: `moved X from Y`."""
    return person.head.dep_ in _OBJECT_LABELS or person.head.dep_ == "pobj"
