"""States what English nouns say of named things: `X, director of Y`, `Y's chairman, X`, `the Norwegian singer X`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from fathom.language.rules.countries import country_of, is_adjective
from fathom.language.rules.factuality import asserts, is_former, noun_asserts
from fathom.language.rules.gazetteer import is_first_name
from fathom.language.rules.relation_vocabulary import UNKNOWN, readings, relations, word_set
from fathom.language.rules.sentence import Meant, Sentence, objects_of
from fathom.language.rules.statements import Evidence, Named, Predicate, Statement, is_subject

NATIONALITY, ORIGIN, BASED = "HAS_NATIONALITY", "HAS_ORIGIN", "BASED_IN"
_BE = frozenset({"be", "become", "remain"})
_MADE = frozenset({"appoint", "elect", "name", "nominate", "make", "crown", "ordain", "hire", "recruit", "reelect", "re-elect"})
_AS = frozenset({"serve", "work", "act", "appoint", "elect", "hire", "recruit", "know", "retire", "resign", "continue", "name"})
_LESSER = word_set("vice deputy assistant associate acting honorary interim co junior senior under sub")
_PERSON_NOUN = re.compile(
    r"(?:er|or|[iy]st|man|woman|ian|ant|ent|eer|ess|chief|head|aide|spokesperson|secretary|judge|king|queen|coach|rep|clerk|aide|nurse|pilot|cleric|mathematician|vicar|monk)$"
)
_CONTINENTAL = frozenset({"european", "african", "asian", "american", "latin american", "western", "eastern"})
_NO_PROFESSIONS = word_set(
    "man woman patient resident parent student client customer owner lover supporter opponent member brother sister "
    "father mother winner"
)
_OFFICES = word_set(
    "minister secretary president premier chancellor ambassador governor senator king queen monarch leader chief captain coach "
    "prime attorney consul envoy delegate representative prosecutor commissioner treasurer spokesman spokeswoman president"
)
_ORGANIZATION_NOUNS = word_set(
    "company firm bank group club band organisation organization charity agency university college school manufacturer "
    "supplier publisher retailer airline brewery startup start-up institute corporation label contractor shipyard operator "
    "developer"
)
_PLACE_NOUNS = word_set(
    "town city village hamlet municipality district suburb county river lake island port settlement commune neighbourhood "
    "parish borough mountain valley station airport park castle stadium harbour region province community township street "
    "bridge"
)
_WORKS = word_set("film movie song album single novel book series show game band opera play magazine newspaper sitcom")


class _Held(NamedTuple):
    """A thing that a noun is said of, and the verb that says so, where one does."""

    meant: Meant
    verb: Any
    evidence: Evidence
    former: bool = False


def noun_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields what each noun of the sentence states of two named things."""
    for noun in sentence.span:
        if noun.pos_ not in ("NOUN", "PROPN") or sentence.at(noun) is not None or not noun_asserts(noun):
            continue
        if noun.i > sentence.span.start and noun.nbor(-1).text == "-" and not set(_before_hyphen(noun)) & _LESSER:
            continue  # `great-granddaughter`
        holders = [one for one in _holders(sentence, noun) if one.verb is None or asserts(one.verb)]
        if holders:
            for words, written, target, is_owner in _targets(sentence, noun):
                for held in holders:
                    yield from _stated(noun, held, target, (words, written), is_owner)
            yield from _of_kind(sentence, noun, holders)
    yield from _before_names(sentence)


def nationality_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields `the Norwegian singer X` and `X is a Norwegian company`: an adjective of a country that describes the thing."""
    for land in sentence.named:
        if not (country_of(land.entity) and is_adjective(land.entity)):
            continue
        noun = land.head.head
        if land.head.dep_ not in ("amod", "compound", "nmod") or noun.i == land.head.i or land.head.i > noun.i:
            continue
        for held in _described_by(sentence, noun):
            thing = held.meant.named
            if (held.verb is None or asserts(held.verb)) and (relation := _by_country(thing, noun)) and not _negated(noun):
                yield Statement(
                    thing, land, Predicate("", land.entity), "nationality", noun, held.meant.by_pronoun, relation, held.former
                )


def _kept_before(noun: Any) -> list[str]:
    """Returns the words right before the noun that belong to what it says: `deputy chief` of `deputy chief executive`."""
    first = noun.i
    while first > noun.sent.start and noun.doc[first - 1].lower_ in _KEPT:
        first -= 1
    return [token.lower_ for token in noun.doc[first : noun.i]]


def _before_hyphen(noun: Any) -> list[str]:
    return [token.lower_ for token in noun.doc[max(0, noun.i - 2) : noun.i - 1]]


def _described_by(sentence: Sentence, noun: Any) -> list[_Held]:
    own = sentence.at(noun)
    if own is not None:
        return [_Held(Meant(own), None, "nationality")]
    return list(_holders(sentence, noun))


def _negated(noun: Any) -> bool:
    return not noun_asserts(noun)


def _by_country(thing: Named, noun: Any) -> str | None:
    if _is_person(thing):
        return NATIONALITY
    kind = noun.lemma_.lower()
    if (thing.type == "Organization" and kind not in _WORKS) or (thing.type == UNKNOWN and kind in _ORGANIZATION_NOUNS):
        return NATIONALITY
    return ORIGIN if thing.type in ("Work", "Product") or (thing.type == UNKNOWN and kind in _WORKS) else None


def _holders(sentence: Sentence, noun: Any) -> Iterator[_Held]:
    """Yields the things that are called by the noun."""
    former = is_former(noun)
    if noun.dep_ == "appos" and (named := sentence.meant(noun.head)) is not None:
        yield _Held(named, None, "apposition", former)
    beside = [child for child in noun.children if child.dep_ == "appos"]
    for deeper in objects_of(noun, ("of",)):  # `the capital of Y, X,` hangs X on Y
        beside += [child for child in deeper.children if child.dep_ == "appos" and sentence.at(deeper) is not None]
    for child in beside:
        yield from (_Held(one, None, "apposition", former) for one in sentence.all_meant(child))
    verb = noun.head
    if noun.dep_ in ("compound", "nmod") and noun.i < verb.i and (own := sentence.at(verb)) is not None:
        yield _Held(Meant(own), None, "apposition", former)  # `singer X`
    if noun.dep_ in ("attr", "oprd", "dobj") and verb.lemma_ in (_BE | _MADE):
        passive = any(child.dep_ in ("nsubjpass", "auxpass") for child in verb.children) or verb.lemma_ in _BE
        if noun.dep_ == "dobj" and not passive:
            return
        holders = sentence.subjects(verb) if passive else _objects(sentence, verb, noun)
        yield from (_Held(one, verb, "noun", former) for one in holders)
    elif is_subject(noun) and verb.lemma_ == "be":
        for child in verb.children:
            if child.dep_ == "attr" and (own := sentence.at(child)) is not None:
                yield _Held(Meant(own), verb, "noun", former)
    elif noun.dep_ == "pobj" and verb.lower_ == "as" and verb.head.lemma_ in _AS:
        doing = verb.head
        passive = any(child.dep_ in ("nsubjpass", "auxpass") for child in doing.children)
        own_subject = passive or doing.lemma_ in ("serve", "work", "act", "retire", "resign", "continue")
        holders = sentence.subjects(doing) if own_subject else _objects(sentence, doing, noun)
        yield from (_Held(one, doing, "noun", former) for one in holders)
    elif noun.dep_ == "conj" and noun.head.pos_ in ("NOUN", "PROPN") and sentence.at(noun.head) is None:
        yield from _holders(sentence, noun.head)


def _objects(sentence: Sentence, verb: Any, noun: Any) -> list[Meant]:
    return [
        one
        for child in verb.children
        if child.dep_ in ("dobj", "obj") and child.i != noun.i
        for one in sentence.all_meant(child)
    ]


def _targets(sentence: Sentence, noun: Any) -> Iterator[tuple[str, str, Meant, bool]]:
    """Yields what the noun is of, with the noun and its preposition: Y of `director of Y`, `Y's director`, `Y director`."""
    words, written = _noun_words(sentence, noun)
    last = noun
    while True:  # `founder and director of Y` has its `of` at the last noun
        for child in last.children:
            if child.dep_ == "prep":
                for deeper in child.children:
                    if deeper.dep_ == "pobj":
                        for one in sentence.within(deeper):
                            yield f"{words} {child.lower_}", f"{written} {child.lower_}", one, False
        joined = [
            child for child in last.children if child.dep_ == "conj" and child.pos_ in ("NOUN", "PROPN") and child.i > last.i
        ]
        if not joined or any(child.dep_ == "prep" for child in last.children) or sentence.at(joined[0]) is not None:
            break
        last = joined[0]
    yield from ((f"{words} of", f"{written} of", owner, True) for owner in _had(sentence, noun))
    for child in noun.children:
        if child.dep_ == "poss" and (owner := sentence.meant(child)) is not None:
            yield f"{words} of", f"{written} of", owner, True
        elif (
            child.dep_ in ("compound", "nmod", "amod")
            and (named := sentence.at(child)) is not None
            and _may_employ(named, noun)
        ):
            yield f"{words} of", f"{written} of", Meant(named), True


def _had(sentence: Sentence, noun: Any) -> list[Meant]:
    """Returns who has what the noun says: Y of `Y had two sons, A and B`."""
    verb = noun.head
    return sentence.subjects(verb) if noun.dep_ == "dobj" and verb.lemma_ == "have" and asserts(verb) else []


def _noun_words(sentence: Sentence, noun: Any) -> tuple[str, str]:
    """Returns the noun with what stands before it and is no name: `vice president`."""
    before = [
        child
        for child in noun.children
        if child.i < noun.i
        and (child.dep_ == "compound" or (child.dep_ == "amod" and child.lower_ in _KEPT))
        and sentence.at(child) is None
    ]
    words = " ".join([*(child.lower_ for child in before), noun.lemma_.lower()])
    return words, words


_KEPT = _LESSER | frozenset(
    ["chief", "prime", "executive", "general", "managing", "head", "financial", "technical", "operating", "foreign"]
)


def _stated(noun: Any, held: _Held, target: Meant, said: tuple[str, str], is_owner: bool) -> Iterator[Statement]:
    words, written = said
    thing, kind = held.meant.named, noun.lemma_.lower()
    key = words
    if not readings(key, noun=True) and not set(words.split()[:-2]) & _LESSER:
        key = f"{kind} {words.split()[-1]}"
    found = readings(key, noun=True)
    known = bool(found)
    beside = is_owner and not target.by_pronoun and target.named.head.dep_ in ("compound", "nmod", "amod")
    if beside and any(relations()[reading.name].target == {"Person"} for reading in found):
        return  # `the Barclay brothers`
    evidence: Evidence = "owner" if is_owner else held.evidence
    predicate, relation = Predicate(key, written, True), None
    if beside and country_of(target.named.entity) and kind not in _OFFICES:  # `US actor X`
        if not _is_person(thing):
            return
        evidence, relation = "nationality", NATIONALITY
    elif not known:
        if not _is_person(thing) or not _is_profession(noun):
            return
        if is_owner and country_of(target.named.entity) and kind not in _OFFICES:
            evidence, relation = "nationality", NATIONALITY
        elif not held.former and target.named.type != "Location" and _works_at(words, is_owner):
            predicate = Predicate("work for", written)
        elif not words.endswith(" of"):
            return
    by_pronoun = held.meant.by_pronoun or target.by_pronoun
    yield Statement(thing, target.named, predicate, evidence, held.verb or noun, by_pronoun, relation, held.former)


def _may_employ(one: Named, noun: Any) -> bool:
    """Tells whether a name right before a noun may be what the noun is of: `Nokia director`, not `Crown Princess`."""
    if one.type in ("Person", "Language") or is_adjective(one.entity) or one.entity.casefold() in _CONTINENTAL:
        return False
    if one.type == "Location":
        return country_of(one.entity) is not None
    return bool(one.type != UNKNOWN or noun.text.islower())


def _is_person(thing: Named) -> bool:
    """Tells whether the thing is a person, or of no certain type with a first name before another."""
    words = thing.entity.split()
    return thing.type == "Person" or (thing.type == UNKNOWN and len(words) > 1 and is_first_name(words[0]))


def _works_at(words: str, is_owner: bool) -> bool:
    """Tells whether a profession is said with where it is done: `a glaciologist at X`, `X botanist`."""
    return words.endswith((" at", " with")) or (is_owner and words.endswith(" of"))


def _is_profession(noun: Any) -> bool:
    word = noun.lemma_.lower()
    return word not in _NO_PROFESSIONS and _PERSON_NOUN.search(word) is not None


def _of_kind(sentence: Sentence, noun: Any, holders: list[_Held]) -> Iterator[Statement]:
    """Yields `X, a company from Gdansk` and `X is a village in Norway`: where a thing of that kind is."""
    kind = noun.lemma_.lower()
    relation = BASED if kind in _ORGANIZATION_NOUNS else "LOCATED_IN" if kind in _PLACE_NOUNS else None
    for child in noun.children:
        if child.dep_ != "prep" or child.lower_ not in ("in", "from", "near", "at"):
            continue
        for deeper in child.children:
            for target in sentence.within(deeper) if deeper.dep_ == "pobj" else ():
                name = relation
                if relation is None and child.lower_ == "from" and _PERSON_NOUN.search(kind):
                    name = "COMES_FROM"
                if name == "LOCATED_IN" and child.lower_ == "near":
                    name = "LOCATED_NEAR"
                if name is None or target.named.type not in ("Location", "Entity"):
                    continue
                for held in holders:
                    if _is_of_kind(held.meant.named, name):
                        yield Statement(
                            held.meant.named,
                            target.named,
                            Predicate("", f"{kind} {child.lower_}", True),
                            held.evidence,
                            held.verb or noun,
                            held.meant.by_pronoun,
                            name,
                            held.former,
                        )


def _is_of_kind(thing: Named, relation: str) -> bool:
    wanted = {BASED: ("Organization", "Entity"), "COMES_FROM": ("Person",)}.get(
        relation, ("Location", "Organization", "Entity")
    )
    return thing.type in wanted


def _before_names(sentence: Sentence) -> Iterator[Statement]:
    """Yields `Y chief executive X` and `Y's director X`, where the noun stands right before the person's name."""
    for one in sentence.named:
        if one.type != "Person":
            continue
        nouns = [
            c
            for c in one.head.children
            if c.dep_ in ("compound", "nmod") and sentence.at(c) is None and c.pos_ in ("NOUN", "PROPN")
        ]
        for noun in (c for c in nouns if c.lower_ == c.text and c.i < one.head.i):
            if not noun_asserts(noun):
                continue
            near = [*noun.children, *one.head.children]
            owners = [
                c
                for c in near
                if c.dep_ in ("compound", "nmod", "poss", "amod") and c.i < noun.i and sentence.at(c) is not None
            ]
            owners = [c for c in owners if c.dep_ == "poss"] or owners
            words = " ".join([*_kept_before(noun), noun.lemma_.lower()])
            for owner in owners:
                target = sentence.at(owner)
                if target is not None and _may_employ(target, noun):
                    held = _Held(Meant(one), None, "owner", is_former(noun))
                    yield from _stated(noun, held, Meant(target), (f"{words} of", f"{words} of"), True)
