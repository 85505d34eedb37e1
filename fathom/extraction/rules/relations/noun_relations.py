"""States what English nouns say of named things: `X, director of Y`, `Y's chairman, X`, `the Norwegian singer X`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.gazetteer import is_first_name
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN, Reading, readings, relations, word_set
from fathom.extraction.rules.relations.statements import Evidence, Named, Predicate, Statement, is_subject
from fathom.extraction.rules.text.factuality import has_ended, is_asserted, is_former, is_noun_asserted
from fathom.extraction.rules.text.sentence import Referent, Sentence, objects_of

NATIONALITY, ORIGIN, BASED = "HAS_NATIONALITY", "HAS_ORIGIN", "BASED_IN"
_BE = frozenset({"be", "become", "remain"})
_MADE = frozenset({"appoint", "elect", "name", "nominate", "make", "crown", "ordain", "hire", "recruit", "reelect", "re-elect"})
_AS = frozenset({"serve", "work", "act", "appoint", "elect", "hire", "recruit", "know", "retire", "resign", "continue", "name"})
# Verbs of whom the subject has, or had, the role behind `as`.
_DONE_AS = word_set("serve work act retire resign continue take step stand quit return start begin")
FORMER = frozenset({"former", "ex", "erstwhile", "one-time", "outgoing", "retired", "previous", "late", "past"})
NOT_HELD = word_set(
    "future prospective proposed would-be alleged possible potential purported aspiring supposed no not never then unlike "
    "like shadow fellow"
)
_LESSER = word_set("vice deputy assistant associate acting honorary interim co junior senior under sub")
_PERSON_NOUN = re.compile(
    r"(?:er|or|[iy]st|man|woman|ian|ant|ent|eer|ess|chief|head|aide|spokesperson|secretary|judge|king|queen|coach|rep|clerk|aide|nurse|pilot|cleric|mathematician|vicar|monk)$"
)
# What heads the whole, and not one of its parts: `Ford marketing boss` does not lead Ford.
HEADS = word_set("boss chief head leader president chairman director chair manager captain executive")
_WHOLE = word_set("board state government committee council company group directors management executive")
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
_PLACES_NAMED = word_set("city town village region province state county district municipality island oblast territory parish")
_KIN = word_set("son daughter child wife husband widow brother sister father mother nephew niece grandson")
_WORKS = word_set("film movie song album single novel book series show game band opera play magazine newspaper sitcom")


class Held(NamedTuple):
    """A thing that a noun is said of, and the verb that says so, where one does."""

    meant: Referent
    verb: Any
    evidence: Evidence
    former: bool = False


def noun_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields what each noun of the sentence states of two named things."""
    for noun in sentence.span:
        if noun.pos_ not in ("NOUN", "PROPN") or sentence.at(noun) is not None or not is_noun_asserted(noun):
            continue
        if noun.i > sentence.span.start and noun.nbor(-1).text == "-" and not set(_before_hyphen(noun)) & _LESSER:
            continue  # `great-granddaughter`
        holders = [one for one in _holders(sentence, noun) if one.verb is None or is_asserted(one.verb)]
        if holders:
            for words, written, target, is_owner in _targets(sentence, noun):
                for held in holders:
                    yield from noun_statement(noun, held, target, (words, written), is_owner)
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
            if (held.verb is None or is_asserted(held.verb)) and (relation := _by_country(thing, noun)) and not _negated(noun):
                yield Statement(thing, land, Predicate("", land.entity), "nationality", noun, held.meant.by_pronoun, relation)


def _kept_before(noun: Any) -> list[str]:
    """Returns the words right before the noun that belong to what it says: `deputy chief` of `deputy chief executive`."""
    first = noun.i
    while first > noun.sent.start and noun.doc[first - 1].lower_ in _KEPT:
        first -= 1
    return [token.lower_ for token in noun.doc[first : noun.i]]


def _before_hyphen(noun: Any) -> list[str]:
    return [token.lower_ for token in noun.doc[max(0, noun.i - 2) : noun.i - 1]]


def _described_by(sentence: Sentence, noun: Any) -> list[Held]:
    own = sentence.at(noun)
    if own is not None:
        return [Held(Referent(own), None, "nationality")]
    return list(_holders(sentence, noun))


def _negated(noun: Any) -> bool:
    return not is_noun_asserted(noun)


def _by_country(thing: Named, noun: Any) -> str | None:
    if is_person(thing):
        return NATIONALITY
    kind = noun.lemma_.lower()
    if (thing.type == "Organization" and kind not in _WORKS) or (thing.type == UNKNOWN and kind in _ORGANIZATION_NOUNS):
        return NATIONALITY
    return ORIGIN if thing.type in ("Work", "Product") or (thing.type == UNKNOWN and kind in _WORKS) else None


def _holders(sentence: Sentence, noun: Any) -> Iterator[Held]:
    """Yields the things that are called by the noun."""
    former = is_former(noun)
    if _is_place_itself(sentence, noun):
        return
    if noun.dep_ == "appos" and not _is_of_place(noun) and (named := sentence.meant(noun.head)) is not None:
        yield Held(named, None, "apposition", former)
    beside = [child for child in noun.children if child.dep_ == "appos"]
    for deeper in objects_of(noun, ("of",)) if noun.dep_ != "appos" else ():  # `the capital of Y, X,` hangs X on Y
        beside += [child for child in deeper.children if child.dep_ == "appos" and sentence.at(deeper) is not None]
    for child in beside:
        yield from (Held(one, None, "apposition", former) for one in sentence.all_meant(child))
    verb = noun.head
    if noun.dep_ in ("compound", "nmod") and noun.i < verb.i and (own := sentence.at(verb)) is not None:
        yield Held(Referent(own), None, "apposition", former)  # `singer X`
    former = former or (verb.lemma_ == "be" and has_ended(verb))
    if noun.dep_ in ("attr", "oprd", "dobj") and verb.lemma_ in (_BE | _MADE):
        passive = any(child.dep_ in ("nsubjpass", "auxpass") for child in verb.children) or verb.lemma_ in _BE
        if noun.dep_ == "dobj" and not passive:
            return
        holders = sentence.subjects(verb) if passive else _objects(sentence, verb, noun)
        yield from (Held(one, verb, "noun", former) for one in holders)
    elif is_subject(noun) and verb.lemma_ == "be":
        for child in verb.children:
            if child.dep_ == "attr" and (own := sentence.at(child)) is not None:
                yield Held(Referent(own), verb, "noun", former)
    elif noun.dep_ == "pobj" and verb.lower_ == "as" and verb.head.lemma_ in _AS | _DONE_AS:
        doing = verb.head
        passive = any(child.dep_ in ("nsubjpass", "auxpass") for child in doing.children)
        own_subject = passive or doing.lemma_ in _DONE_AS
        holders = sentence.subjects(doing) if own_subject else _objects(sentence, doing, noun)
        yield from (Held(one, doing, "noun", former) for one in holders)
    elif noun.dep_ == "conj" and noun.head.pos_ in ("NOUN", "PROPN") and sentence.at(noun.head) is None:
        is_list = _is_place_itself(sentence, noun.head)  # `the city of X and the capital of Y`
        yield from _holders(sentence, noun.head) if not is_list else ()


def _is_place_itself(sentence: Sentence, noun: Any) -> bool:
    """Tells whether the noun only says what a place is, and names it: `the region of X`, `the X region`."""
    if noun.lower_ not in _PLACES_NAMED:
        return False
    before = [child for child in noun.children if child.dep_ == "compound" and child.i == noun.i - 1]
    named = [sentence.at(word) for word in (*before, *objects_of(noun, ("of",)))]
    by_article = any(child.lower_ == "the" for child in noun.children)
    return by_article and any(one is not None and one.type != "Person" and not country_of(one.entity) for one in named)


def _is_of_place(noun: Any) -> bool:
    """Tells whether what is said of a person was read as of the place before: `born in X the son of Y`."""
    is_in = noun.head.dep_ == "pobj" and noun.head.head.lower_ in ("in", "at", "near")
    return is_in and (noun.lemma_.lower() in _KIN or is_profession(noun))


def _objects(sentence: Sentence, verb: Any, noun: Any) -> list[Referent]:
    return [
        one
        for child in verb.children
        if child.dep_ in ("dobj", "obj") and child.i != noun.i
        for one in sentence.all_meant(child)
    ]


def _targets(sentence: Sentence, noun: Any) -> Iterator[tuple[str, str, Referent, bool]]:
    """Yields what the noun is of, with the noun and its preposition: Y of `director of Y`, `Y's director`, `Y director`."""
    words, written = _noun_words(sentence, noun)
    last = noun
    while True:  # `founder and director of Y` has its `of` at the last noun
        for child in last.children:
            if child.dep_ == "prep" and not _is_of_another(child):
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
            yield f"{words} of", f"{written} of", Referent(named), True


def is_of_persons(found: Sequence[Reading]) -> bool:
    """Tells whether the noun may be of nobody but a person: `wife of`."""
    ends = (relations()[one.name].source if one.backwards else relations()[one.name].target for one in found)
    return any(end == {"Person"} for end in ends)


def _is_of_another(preposition: Any) -> bool:
    """Tells whether a noun right before the preposition has it: `head of X and widow of Y`, where both are read of `head`."""
    before = preposition.nbor(-1) if preposition.i else preposition
    return bool(
        before.dep_ == "conj"
        and before.i != preposition.head.i
        and readings(f"{before.lemma_.lower()} {preposition.lower_}", noun=True)
    )


def _had(sentence: Sentence, noun: Any) -> list[Referent]:
    """Returns who has what the noun says: Y of `Y had two sons, A and B`."""
    verb = noun.head
    return sentence.subjects(verb) if noun.dep_ == "dobj" and verb.lemma_ == "have" and is_asserted(verb) else []


def _noun_words(sentence: Sentence, noun: Any) -> tuple[str, str]:
    """Returns the noun with what stands before it and is no name: `vice president`."""
    before = [
        child
        for child in noun.children
        if child.i < noun.i
        and (child.dep_ == "compound" or (child.dep_ == "amod" and child.lower_ in _KEPT))
        and sentence.at(child) is None
    ]
    said = [child.lower_ for child in before]
    lesser = [word for word in _kept_before(noun) if word not in said]  # the parser hangs `deputy` on the name behind
    words = " ".join([*lesser, *said, noun.lemma_.lower()])
    return words, words


_KEPT = (
    _LESSER
    | frozenset(
        ["chief", "prime", "executive", "general", "managing", "head", "financial", "technical", "operating", "foreign"]
    )
    | word_set("political economic medical scientific artistic musical diplomatic military regional")
)


def noun_statement(noun: Any, held: Held, target: Referent, said: tuple[str, str], is_owner: bool) -> Iterator[Statement]:
    """Yields what a noun with its preposition, in both forms of `said`, says of the thing it is held of and its target."""
    words, written = said
    early = word_before(target.named) if is_owner else ""
    if early in NOT_HELD:
        return
    held = held._replace(former=held.former or early in FORMER)
    thing, kind = held.meant.named, noun.lemma_.lower()
    key = words
    is_lesser = bool(set(words.split()[:-2]) & _LESSER)
    if not readings(key, noun=True) and not is_lesser:
        key = f"{kind} {words.split()[-1]}"
    found = readings(key, noun=True)
    known = bool(found)
    beside = is_owner and not target.by_pronoun and target.named.head.dep_ in ("compound", "nmod", "amod")
    if beside and is_of_persons(found):
        return  # `the Barclay brothers`
    evidence: Evidence = "owner" if is_owner else held.evidence
    predicate, relation = Predicate(key, written, True), None
    if not is_owner and kind in HEADS and _leads_to_employer(target.named):
        return  # `head of Distribution at Y`
    if is_owner and known and kind in HEADS and _is_of_part(noun) and not country_of(target.named.entity):
        key, known = "work for", True
        predicate = Predicate(key, written)
        if held.former:
            return
    is_land = country_of(target.named.entity) is not None
    if (beside or (is_owner and kind == "commander")) and is_land and kind not in _OFFICES:  # `US actor X`
        if not is_person(thing):
            return
        evidence, relation = "nationality", NATIONALITY
    elif not known:
        if not is_person(thing) or not (is_profession(noun) or (is_lesser and readings(_without_lesser(words), noun=True))):
            return
        if is_owner and country_of(target.named.entity) and kind not in _OFFICES:
            evidence, relation = "nationality", NATIONALITY
        elif not held.former and target.named.type != "Location" and _works_at(words, is_owner and not is_lesser):
            predicate = Predicate("work for", written)
        elif not words.endswith(" of"):
            return
    by_pronoun = held.meant.by_pronoun or target.by_pronoun
    yield Statement(thing, target.named, predicate, evidence, held.verb or noun, by_pronoun, relation, held.former)


def _leads_to_employer(part: Named) -> bool:
    doc, after = part.head.doc, part.last + 1
    return bool(
        after + 1 < len(doc)
        and doc[after].lower_ == "at"
        and (doc[after + 1].pos_ == "PROPN" or doc[after + 1].lower_ == "the")
    )


def _is_of_part(noun: Any) -> bool:
    """Tells whether a role that somebody has is of a part only: `X's head of research`."""
    parts = objects_of(noun, ("of", "for"))
    return any(part.pos_ == "NOUN" and part.text.islower() and part.lower_ not in _WHOLE for part in parts)


def word_before(one: Named) -> str:
    """Returns the word before a name, which tells when a role was held: `former` of `former Y boss X` and `ex-Y boss X`."""
    doc, place, start = one.head.doc, one.first - 1, one.head.sent.start
    if place > start and doc[place].text == "-":
        place -= 1
    if place - 2 >= start and doc[place - 1].text == "-":  # `would-be`
        return f"{doc[place - 2].lower_}-{doc[place].lower_}"
    return str(doc[place].lower_) if place >= start else ""


def _without_lesser(words: str) -> str:
    return " ".join(word for word in words.split() if word not in _LESSER)


def _may_employ(one: Named, noun: Any) -> bool:
    """Tells whether a name right before a noun may be what the noun is of: `Nokia director`, not `Crown Princess`."""
    if one.type in ("Person", "Language") or is_adjective(one.entity) or one.entity.casefold() in _CONTINENTAL:
        return False
    if one.type == "Location":
        return country_of(one.entity) is not None
    return bool(one.type != UNKNOWN or noun.text.islower())


def is_person(thing: Named) -> bool:
    """Tells whether the thing is a person, or of no certain type with a first name before another."""
    words = thing.entity.split()
    unsure = thing.type == UNKNOWN or (thing.type == "Group" and not thing.is_sure)
    return thing.type == "Person" or (unsure and len(words) > 1 and is_first_name(words[0]))


def _works_at(words: str, is_owner: bool) -> bool:
    """Tells whether a profession is said with where it is done: `a glaciologist at X`, `X botanist`."""
    return words.endswith((" at", " with")) or (is_owner and words.endswith(" of"))


def is_profession(noun: Any) -> bool:
    """Tells whether the noun is what a person does, by its ending: `singer`, `chief`."""
    word = noun.lemma_.lower()
    return word not in _NO_PROFESSIONS and _PERSON_NOUN.search(word) is not None


def _of_kind(sentence: Sentence, noun: Any, holders: list[Held]) -> Iterator[Statement]:
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
            if not is_noun_asserted(noun):
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
                listed = any(token.lower_ in ("and", ",") for token in owner.doc[owner.i : noun.i])
                if target is not None and not listed and _may_employ(target, noun):
                    held = Held(Referent(one), None, "owner", is_former(noun))
                    yield from noun_statement(noun, held, Referent(target), (f"{words} of", f"{words} of"), True)
