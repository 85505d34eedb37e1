"""Relations of English nouns: `X, director of Y`, `Y's chairman, X`, `the Norwegian singer X`."""

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
_APPOINTING_VERBS = frozenset(
    {"appoint", "elect", "name", "nominate", "make", "crown", "ordain", "hire", "recruit", "reelect", "re-elect"}
)
_ROLE_VERBS = frozenset(
    {"serve", "work", "act", "appoint", "elect", "hire", "recruit", "know", "retire", "resign", "continue", "name"}
)
# Verbs whose subject holds, or held, the role after `as`.
_SUBJECT_ROLE_VERBS = word_set("serve work act retire resign continue take step stand quit return start begin")
FORMER = frozenset({"former", "ex", "erstwhile", "one-time", "outgoing", "retired", "previous", "late", "past"})
NOT_HELD = word_set(
    "future prospective proposed would-be alleged possible potential purported aspiring supposed no not never then unlike "
    "like shadow fellow"
)
_RANK_MODIFIERS = word_set("vice deputy assistant associate acting honorary interim co junior senior under sub")
_PERSON_NOUN = re.compile(
    r"(?:er|or|[iy]st|man|woman|ian|ant|ent|eer|ess|chief|head|aide|spokesperson|secretary|judge|king|queen|coach|rep|clerk|aide|nurse|pilot|cleric|mathematician|vicar|monk)$"
)
# Head nouns of leaders, who lead a part where a noun modifies the role: `Ford marketing boss` does not lead Ford.
HEADS = word_set("boss chief head leader president chairman director chair manager captain executive")
_WHOLE_NOUNS = word_set("board state government committee council company group directors management executive")
_CONTINENTAL_ADJECTIVES = frozenset({"european", "african", "asian", "american", "latin american", "western", "eastern"})
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
_KINSHIP_NOUNS = word_set("son daughter child wife husband widow brother sister father mother nephew niece grandson")
_WORK_NOUNS = word_set("film movie song album single novel book series show game band opera play magazine newspaper sitcom")


class RoleHolder(NamedTuple):
    """The holder of a role: the referent that a noun describes, with the verb of the predication, if any."""

    referent: Referent
    verb: Any
    evidence: Evidence
    former: bool = False


def noun_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields the relations that the nouns of the sentence state between two named things."""
    for noun in sentence.span:
        if noun.pos_ not in ("NOUN", "PROPN") or sentence.at(noun) is not None or not is_noun_asserted(noun):
            continue
        if noun.i > sentence.span.start and noun.nbor(-1).text == "-" and not set(_before_hyphen(noun)) & _RANK_MODIFIERS:
            continue  # `great-granddaughter`
        holders = [holder for holder in _holders(sentence, noun) if holder.verb is None or is_asserted(holder.verb)]
        if holders:
            for words, written, target, is_owner in _targets(sentence, noun):
                for holder in holders:
                    yield from noun_statement(noun, holder, target, (words, written), is_owner)
            yield from _location_statements(sentence, noun, holders)
    yield from _prenominal_statements(sentence)


def nationality_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields nationality and origin from demonym adjectives: `the Norwegian singer X`, `X is a Norwegian company`."""
    for land in sentence.named:
        if not (country_of(land.entity) and is_adjective(land.entity)):
            continue
        noun = land.head.head
        if land.head.dep_ not in ("amod", "compound", "nmod") or noun.i == land.head.i or land.head.i > noun.i:
            continue
        for holder in _described_holders(sentence, noun):
            thing = holder.referent.named
            if (
                (holder.verb is None or is_asserted(holder.verb))
                and (relation := _nationality_relation(thing, noun))
                and not _negated(noun)
            ):
                yield Statement(
                    thing, land, Predicate("", land.entity), "nationality", noun, holder.referent.by_pronoun, relation
                )


def _modifiers_before(noun: Any) -> list[str]:
    """Returns the role modifiers directly before the noun: `deputy chief` of `deputy chief executive`."""
    first = noun.i
    while first > noun.sent.start and noun.doc[first - 1].lower_ in _ROLE_MODIFIERS:
        first -= 1
    return [token.lower_ for token in noun.doc[first : noun.i]]


def _before_hyphen(noun: Any) -> list[str]:
    return [token.lower_ for token in noun.doc[max(0, noun.i - 2) : noun.i - 1]]


def _described_holders(sentence: Sentence, noun: Any) -> list[RoleHolder]:
    own = sentence.at(noun)
    if own is not None:
        return [RoleHolder(Referent(own), None, "nationality")]
    return list(_holders(sentence, noun))


def _negated(noun: Any) -> bool:
    return not is_noun_asserted(noun)


def _nationality_relation(thing: Named, noun: Any) -> str | None:
    if is_person(thing):
        return NATIONALITY
    kind = noun.lemma_.lower()
    if (thing.type == "Organization" and kind not in _WORK_NOUNS) or (thing.type == UNKNOWN and kind in _ORGANIZATION_NOUNS):
        return NATIONALITY
    return ORIGIN if thing.type in ("Work", "Product") or (thing.type == UNKNOWN and kind in _WORK_NOUNS) else None


def _holders(sentence: Sentence, noun: Any) -> Iterator[RoleHolder]:
    """Yields the holders of the noun: by apposition, copula, naming verbs, `as`, or coordination."""
    former = is_former(noun)
    if _denotes_place(sentence, noun):
        return
    if noun.dep_ == "appos" and not _is_misattached(noun) and (named := sentence.meant(noun.head)) is not None:
        yield RoleHolder(named, None, "apposition", former)
    appositions = [child for child in noun.children if child.dep_ == "appos"]
    # `the capital of Y, X,`: the parser attaches X to Y
    for deeper in objects_of(noun, ("of",)) if noun.dep_ != "appos" else ():
        appositions += [child for child in deeper.children if child.dep_ == "appos" and sentence.at(deeper) is not None]
    for child in appositions:
        yield from (RoleHolder(referent, None, "apposition", former) for referent in sentence.all_meant(child))
    verb = noun.head
    if noun.dep_ in ("compound", "nmod") and noun.i < verb.i and (own := sentence.at(verb)) is not None:
        yield RoleHolder(Referent(own), None, "apposition", former)  # `singer X`
    former = former or (verb.lemma_ == "be" and has_ended(verb))
    if noun.dep_ in ("attr", "oprd", "dobj") and verb.lemma_ in (_BE | _APPOINTING_VERBS):
        passive = any(child.dep_ in ("nsubjpass", "auxpass") for child in verb.children) or verb.lemma_ in _BE
        if noun.dep_ == "dobj" and not passive:
            return
        holders = sentence.subjects(verb) if passive else _objects(sentence, verb, noun)
        yield from (RoleHolder(referent, verb, "noun", former) for referent in holders)
    elif is_subject(noun) and verb.lemma_ == "be":
        for child in verb.children:
            if child.dep_ == "attr" and (own := sentence.at(child)) is not None:
                yield RoleHolder(Referent(own), verb, "noun", former)
    elif noun.dep_ == "pobj" and verb.lower_ == "as" and verb.head.lemma_ in _ROLE_VERBS | _SUBJECT_ROLE_VERBS:
        role_verb = verb.head
        passive = any(child.dep_ in ("nsubjpass", "auxpass") for child in role_verb.children)
        own_subject = passive or role_verb.lemma_ in _SUBJECT_ROLE_VERBS
        holders = sentence.subjects(role_verb) if own_subject else _objects(sentence, role_verb, noun)
        yield from (RoleHolder(referent, role_verb, "noun", former) for referent in holders)
    elif noun.dep_ == "conj" and noun.head.pos_ in ("NOUN", "PROPN") and sentence.at(noun.head) is None:
        is_list = _denotes_place(sentence, noun.head)  # `the city of X and the capital of Y`
        yield from _holders(sentence, noun.head) if not is_list else ()


def _denotes_place(sentence: Sentence, noun: Any) -> bool:
    """Returns whether the noun and the name denote the same place: `the region of X`, `the X region`."""
    if noun.lower_ not in _PLACES_NAMED:
        return False
    before = [child for child in noun.children if child.dep_ == "compound" and child.i == noun.i - 1]
    named = [sentence.at(word) for word in (*before, *objects_of(noun, ("of",)))]
    by_article = any(child.lower_ == "the" for child in noun.children)
    return by_article and any(name is not None and name.type != "Person" and not country_of(name.entity) for name in named)


def _is_misattached(noun: Any) -> bool:
    """Returns whether the parser attached a person's apposition to the preceding place: `born in X the son of Y`."""
    is_in = noun.head.dep_ == "pobj" and noun.head.head.lower_ in ("in", "at", "near")
    return is_in and (noun.lemma_.lower() in _KINSHIP_NOUNS or is_profession(noun))


def _objects(sentence: Sentence, verb: Any, noun: Any) -> list[Referent]:
    return [
        referent
        for child in verb.children
        if child.dep_ in ("dobj", "obj") and child.i != noun.i
        for referent in sentence.all_meant(child)
    ]


def _targets(sentence: Sentence, noun: Any) -> Iterator[tuple[str, str, Referent, bool]]:
    """Yields the complements of the noun: Y of `director of Y`, `Y's director`, `Y director`.

    Each has the key of noun and preposition, its written form, the referent, and whether it is a possessor or modifier.
    """
    words, written = _noun_words(sentence, noun)
    last = noun
    while True:  # in `founder and director of Y`, `of` depends on the last noun
        for child in last.children:
            if child.dep_ == "prep" and not _is_of_conjunct(child):
                for deeper in child.children:
                    if deeper.dep_ == "pobj":
                        for referent in sentence.within(deeper):
                            yield f"{words} {child.lower_}", f"{written} {child.lower_}", referent, False
        conjuncts = [
            child for child in last.children if child.dep_ == "conj" and child.pos_ in ("NOUN", "PROPN") and child.i > last.i
        ]
        if not conjuncts or any(child.dep_ == "prep" for child in last.children) or sentence.at(conjuncts[0]) is not None:
            break
        last = conjuncts[0]
    yield from ((f"{words} of", f"{written} of", owner, True) for owner in _have_subjects(sentence, noun))
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
    """Returns whether the complement of the noun must be a person: `wife of`."""
    ends = (relations()[reading.name].source if reading.backwards else relations()[reading.name].target for reading in found)
    return any(end == {"Person"} for end in ends)


def _is_of_conjunct(preposition: Any) -> bool:
    """Returns whether the preposition belongs to the coordinated noun before it: `head of X and widow of Y`."""
    before = preposition.nbor(-1) if preposition.i else preposition
    return bool(
        before.dep_ == "conj"
        and before.i != preposition.head.i
        and readings(f"{before.lemma_.lower()} {preposition.lower_}", noun=True)
    )


def _have_subjects(sentence: Sentence, noun: Any) -> list[Referent]:
    """Returns the subjects of `have` with the noun as object: Y of `Y had two sons, A and B`."""
    verb = noun.head
    return sentence.subjects(verb) if noun.dep_ == "dobj" and verb.lemma_ == "have" and is_asserted(verb) else []


def _noun_words(sentence: Sentence, noun: Any) -> tuple[str, str]:
    """Returns the noun with its unnamed modifiers, as key and as written: `vice president`."""
    before = [
        child
        for child in noun.children
        if child.i < noun.i
        and (child.dep_ == "compound" or (child.dep_ == "amod" and child.lower_ in _ROLE_MODIFIERS))
        and sentence.at(child) is None
    ]
    modifiers = [child.lower_ for child in before]
    # the parser attaches `deputy` to the following name
    ranks = [word for word in _modifiers_before(noun) if word not in modifiers]
    words = " ".join([*ranks, *modifiers, noun.lemma_.lower()])
    return words, words


_ROLE_MODIFIERS = (
    _RANK_MODIFIERS
    | frozenset(
        ["chief", "prime", "executive", "general", "managing", "head", "financial", "technical", "operating", "foreign"]
    )
    | word_set("political economic medical scientific artistic musical diplomatic military regional")
)


def noun_statement(
    noun: Any, holder: RoleHolder, target: Referent, forms: tuple[str, str], is_owner: bool
) -> Iterator[Statement]:
    """Yields the relation of a noun between its holder and its complement.

    `forms` is the noun with its preposition, as key and as written; `is_owner` is true for a possessor or modifier.
    """
    words, written = forms
    preceding = word_before(target.named) if is_owner else ""
    if preceding in NOT_HELD:
        return
    holder = holder._replace(former=holder.former or preceding in FORMER)
    thing, kind = holder.referent.named, noun.lemma_.lower()
    key = words
    is_lesser = bool(set(words.split()[:-2]) & _RANK_MODIFIERS)
    if not readings(key, noun=True) and not is_lesser:
        key = f"{kind} {words.split()[-1]}"
    found = readings(key, noun=True)
    known = bool(found)
    is_modifier = is_owner and not target.by_pronoun and target.named.head.dep_ in ("compound", "nmod", "amod")
    if is_modifier and is_of_persons(found):
        return  # `the Barclay brothers`
    evidence: Evidence = "owner" if is_owner else holder.evidence
    predicate, relation = Predicate(key, written, True), None
    if not is_owner and kind in HEADS and _leads_to_employer(target.named):
        return  # `head of Distribution at Y`
    if is_owner and known and kind in HEADS and _covers_part(noun) and not country_of(target.named.entity):
        key, known = "work for", True
        predicate = Predicate(key, written)
        if holder.former:
            return
    is_land = country_of(target.named.entity) is not None
    if (is_modifier or (is_owner and kind == "commander")) and is_land and kind not in _OFFICES:  # `US actor X`
        if not is_person(thing):
            return
        evidence, relation = "nationality", NATIONALITY
    elif not known:
        if not is_person(thing) or not (is_profession(noun) or (is_lesser and readings(_without_rank(words), noun=True))):
            return
        if is_owner and country_of(target.named.entity) and kind not in _OFFICES:
            evidence, relation = "nationality", NATIONALITY
        elif not holder.former and target.named.type != "Location" and _is_workplace(words, is_owner and not is_lesser):
            predicate = Predicate("work for", written)
        elif not words.endswith(" of"):
            return
    by_pronoun = holder.referent.by_pronoun or target.by_pronoun
    yield Statement(thing, target.named, predicate, evidence, holder.verb or noun, by_pronoun, relation, holder.former)


def _leads_to_employer(part: Named) -> bool:
    doc, after = part.head.doc, part.last + 1
    return bool(
        after + 1 < len(doc)
        and doc[after].lower_ == "at"
        and (doc[after + 1].pos_ == "PROPN" or doc[after + 1].lower_ == "the")
    )


def _covers_part(noun: Any) -> bool:
    """Returns whether the role covers only a part of the organization: `X's head of research`."""
    parts = objects_of(noun, ("of", "for"))
    return any(part.pos_ == "NOUN" and part.text.islower() and part.lower_ not in _WHOLE_NOUNS for part in parts)


def word_before(named: Named) -> str:
    """Returns the word before a name, which may mark a former role: `former Y boss X`, `ex-Y boss X`."""
    doc, place, start = named.head.doc, named.first - 1, named.head.sent.start
    if place > start and doc[place].text == "-":
        place -= 1
    if place - 2 >= start and doc[place - 1].text == "-":  # `would-be`
        return f"{doc[place - 2].lower_}-{doc[place].lower_}"
    return str(doc[place].lower_) if place >= start else ""


def _without_rank(words: str) -> str:
    return " ".join(word for word in words.split() if word not in _RANK_MODIFIERS)


def _may_employ(named: Named, noun: Any) -> bool:
    """Returns whether a name directly before a noun may be its complement: `Nokia director`, not `Crown Princess`."""
    if named.type in ("Person", "Language") or is_adjective(named.entity) or named.entity.casefold() in _CONTINENTAL_ADJECTIVES:
        return False
    if named.type == "Location":
        return country_of(named.entity) is not None
    return bool(named.type != UNKNOWN or noun.text.islower())


def is_person(thing: Named) -> bool:
    """Returns whether the thing is a person, by type or, where the type is unsure, by a first name before another word."""
    words = thing.entity.split()
    unsure = thing.type == UNKNOWN or (thing.type == "Group" and not thing.is_sure)
    return thing.type == "Person" or (unsure and len(words) > 1 and is_first_name(words[0]))


def _is_workplace(words: str, is_owner: bool) -> bool:
    """Returns whether the complement of a profession is a workplace: `a glaciologist at X`, `X botanist`."""
    return words.endswith((" at", " with")) or (is_owner and words.endswith(" of"))


def is_profession(noun: Any) -> bool:
    """Returns whether the noun is a profession, by its ending: `singer`, `chief`."""
    word = noun.lemma_.lower()
    return word not in _NO_PROFESSIONS and _PERSON_NOUN.search(word) is not None


def _location_statements(sentence: Sentence, noun: Any, holders: list[RoleHolder]) -> Iterator[Statement]:
    """Yields the location of a thing from its head noun: `X, a company from Gdansk`, `X is a village in Norway`."""
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
                for holder in holders:
                    if _fits_relation(holder.referent.named, name):
                        yield Statement(
                            holder.referent.named,
                            target.named,
                            Predicate("", f"{kind} {child.lower_}", True),
                            holder.evidence,
                            holder.verb or noun,
                            holder.referent.by_pronoun,
                            name,
                            holder.former,
                        )


def _fits_relation(thing: Named, relation: str) -> bool:
    wanted = {BASED: ("Organization", "Entity"), "COMES_FROM": ("Person",)}.get(
        relation, ("Location", "Organization", "Entity")
    )
    return thing.type in wanted


def _prenominal_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields relations of a role noun before a person's name: `Y chief executive X`, `Y's director X`."""
    for person in sentence.named:
        if person.type != "Person":
            continue
        nouns = [
            child
            for child in person.head.children
            if child.dep_ in ("compound", "nmod") and sentence.at(child) is None and child.pos_ in ("NOUN", "PROPN")
        ]
        for noun in (child for child in nouns if child.lower_ == child.text and child.i < person.head.i):
            if not is_noun_asserted(noun):
                continue
            near = [*noun.children, *person.head.children]
            owners = [
                child
                for child in near
                if child.dep_ in ("compound", "nmod", "poss", "amod") and child.i < noun.i and sentence.at(child) is not None
            ]
            owners = [child for child in owners if child.dep_ == "poss"] or owners
            words = " ".join([*_modifiers_before(noun), noun.lemma_.lower()])
            for owner in owners:
                target = sentence.at(owner)
                listed = any(token.lower_ in ("and", ",") for token in owner.doc[owner.i : noun.i])
                if target is not None and not listed and _may_employ(target, noun):
                    holder = RoleHolder(Referent(person), None, "owner", is_former(noun))
                    yield from noun_statement(noun, holder, Referent(target), (f"{words} of", f"{words} of"), True)
