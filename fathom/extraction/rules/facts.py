"""Makes facts of statements: the relation's name and property, its dates, its confidence, one fact for each relation of two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fathom.extraction.model import Fact
from fathom.extraction.rules.confidence import confidence_of
from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.pairs.pair_model import Verdict
from fathom.extraction.rules.relations.noun_relations import is_person
from fathom.extraction.rules.relations.relation_vocabulary import (
    End,
    name_as_written,
    name_of_property,
    readings,
    relation_of,
    relations,
)
from fathom.extraction.rules.relations.statements import Named, Statement
from fathom.extraction.rules.text.clauses import clause
from fathom.extraction.rules.text.dates import Dates
from fathom.extraction.rules.text.factuality import asserts, governing_verb, has_ended, is_question

COUNTRY = "P17"  # Wikidata's property of a place or an organization that is in a country
_IN_PLACE = frozenset({"LOCATED_IN", "BASED_IN"})
_NATIONALITY = "HAS_NATIONALITY"  # of a person by its property; an organization is in a country
_OWN_PHRASE = frozenset({"apposition", "owner", "nationality", "place"})  # whose dates are in the noun's own words
_ABBREVIATION = re.compile(r"^[A-Z]{2,6}[a-z]?$|[a-z][A-Z]|\d")
_ENDS_OFFICE = frozenset({"resign", "retire", "quit", "dismiss", "sack", "step", "stand"})
_FORMER = "FORMER_"
_LIFE = re.compile(r"\((?:c\. ?)?\d{4}\s?[-–—]\s?(?:\d{4})?\)")  # `X (1814-1900) was born in …`
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_CLAUSES = frozenset({"relcl", "acl", "acl:relcl", "advcl", "ccomp", "parataxis", "conj", "pcomp"})
MAX_FACTS_OF_A_SENTENCE = 12
Validity = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Place:
    """Where a sentence stands in a text."""

    text: str
    start: int
    end: int


def facts_of(statements: Iterable[Statement], place: Place, dates: Dates, *, french: bool = False) -> list[Fact]:
    """Returns the facts that the statements of one sentence make, the surest of each relation of two things."""
    found: dict[tuple[str, str, str], Fact] = {}
    for statement in statements:
        fact = _fact(statement, place, dates, french)
        if fact is None or fact.source == fact.target:
            continue
        key = (fact.source, fact.target, fact.relation)
        if fact.relation not in relations() and any(other[:2] == key[:2] for other in found):
            continue  # `remains secretary of` beside SECRETARY_OF
        if key not in found or (found[key].confidence or 0) < (fact.confidence or 0):
            found[key] = fact
    return list(found.values())[:MAX_FACTS_OF_A_SENTENCE]


def _fact(statement: Statement, place: Place, dates: Dates, french: bool) -> Fact | None:
    source, target = statement.source, statement.target
    name, known = statement.relation, statement.relation in relations()
    if name is None:
        noun = statement.predicate.is_noun
        reading = relation_of(statement.predicate.key, (_end(source), _end(target)), noun=noun, french=french)
        if reading is None and readings(statement.predicate.key, noun=noun, french=french):
            return None  # said of things of other kinds: misread
        if reading is not None:
            name, known = reading.name, True
            source, target = (target, source) if reading.backwards else (source, target)
        else:
            name = name_as_written(statement.predicate.written)
    if not name or (known and _is_no_place(name, source, target)):
        return None
    if statement.former:
        name, known = f"{_FORMER}{name_as_written(statement.predicate.written)}", False
    relation = relations()[name] if known else None
    since, until = (None, None) if relation is not None and relation.lasting else _validity(statement, dates)
    if statement.word.lemma_ in _ENDS_OFFICE and statement.predicate.is_noun:
        since, until = None, until or since  # `resigned as director on 31 August`
    return Fact(
        source=source.entity,
        target=target.entity,
        relation=name,
        fact=" ".join(place.text[place.start : place.end].split()),
        span=(place.start, place.end),
        valid_at=since,
        invalid_at=until,
        one_at_a_time=relation.one_at_a_time if relation else None,
        property=_property(name, source, target),
        confidence=confidence_of(statement, named=known),
    )


def _is_no_place(name: str, source: Named, target: Named) -> bool:
    """Tells whether what would be a place by the relation is an abbreviation or a formula: `TE` in `ETn`."""
    relation = relations()[name]
    ends = ((relation.source, source), (relation.target, target))
    return any(types == {"Location"} and not one.is_sure and _ABBREVIATION.search(one.entity) for types, one in ends)


def _end(one: Named) -> End:
    return End(one.type, one.is_sure)


def learned_facts(verdicts: Iterable[Verdict], known: Sequence[Fact], place: Place) -> list[Fact]:
    """Returns the facts of learned verdicts, one for each two things, where rules state nothing of the two."""
    pairs = {frozenset((fact.source, fact.target)) for fact in known}
    found = []
    for verdict in verdicts:
        pair = frozenset((verdict.source.entity, verdict.target.entity))
        name = _learned_name(verdict)
        if name is None or pair in pairs or len(pair) < 2 or not _is_asserted(verdict):
            continue
        pairs.add(pair)
        relation = relations()[name]
        found.append(
            Fact(
                source=verdict.source.entity,
                target=verdict.target.entity,
                relation=name,
                fact=" ".join(place.text[place.start : place.end].split()),
                span=(place.start, place.end),
                one_at_a_time=relation.one_at_a_time,
                property=verdict.property,
                confidence=round(verdict.probability, 3),
            )
        )
    return found


def _is_asserted(verdict: Verdict) -> bool:
    """Tells whether the verbs above the two names say what is so, and the names are no parts of words: `Moscow-based`."""
    if any(
        one.last + 1 < len(one.head.doc) and one.head.doc[one.last + 1].text == "-" for one in (verdict.source, verdict.target)
    ):
        return False
    if _only_describes(verdict.source, verdict.target):
        return False
    verbs = [governing_verb(one.head) for one in (verdict.source, verdict.target)]
    return not is_question(verbs[0].sent) and all(
        asserts(verb) and not has_ended(verb) for verb in verbs if verb.pos_ in ("VERB", "AUX")
    )


def _only_describes(source: Named, target: Named) -> bool:
    """Tells whether the target is said of a noun that the source describes, `X style resorts in Y`, or of another."""
    noun, after = source.head.head, source.last + 1
    if is_adjective(target.entity) and target.head.head in source.head.conjuncts:  # `X and the Russian army`
        return True
    if after < len(noun.doc) and noun.doc[after].lower_ in ("style", "type", "themed", "inspired"):
        return True
    describes = source.head.dep_ in ("compound", "nmod", "amod") and noun.pos_ == "NOUN" and noun.i > source.last
    return describes and target.head.i > noun.i and noun.is_ancestor(target.head)


def _learned_name(verdict: Verdict) -> str | None:
    if verdict.property == COUNTRY:
        if is_adjective(verdict.target.entity):
            return {"Work": "HAS_ORIGIN", "Product": "HAS_ORIGIN", "Organization": "BASED_IN"}.get(verdict.source.type)
        kinds = {"Location": "LOCATED_IN", "Organization": "BASED_IN", "Person": None, "Group": "BASED_IN"}
        return kinds.get(verdict.source.type, "HAS_ORIGIN" if verdict.source.type != "Entity" else "LOCATED_IN")
    return name_of_property(verdict.property)


def _property(name: str, source: Named, target: Named) -> str | None:
    relation = relations().get(name)
    if name == _NATIONALITY and not is_person(source):
        return COUNTRY
    return property_of(name, relation.property if relation else None, country_of(target.entity) is not None)


def property_of(name: str, usual: str | None, in_country: bool) -> str | None:
    """Returns Wikidata's property of a relation, that of a country where a place or an organization is said to be in one."""
    return COUNTRY if name in _IN_PLACE and in_country else usual


def _validity(statement: Statement, dates: Dates) -> Validity:
    word = statement.word
    if statement.evidence in _OWN_PHRASE and word.pos_ not in ("VERB", "AUX"):
        return dates.validity(_phrase(word))
    said_in = str(word.sent.text)
    whole = _LIFE.sub(lambda match: " " * len(match[0]), clause(word.sent, word))
    parts = _parts(whole, statement, word.sent)
    if parts is not None:
        for said in parts:
            found = dates.validity(said)
            if found != (None, None):
                return found
        whole, said_in = _without_brackets(whole), _without_brackets(said_in)
    found = dates.validity(whole)
    return dates.validity(said_in) if found == (None, None) and _is_one_clause(word.sent) else found


def _without_brackets(words: str) -> str:
    """Returns the words with those in brackets blank, which date only what is before them: `A (1994-1999) and B`."""
    return _IN_BRACKETS.sub(lambda match: " " * len(match[0]), words)


def _is_one_clause(sentence: Any) -> bool:
    """Tells whether the sentence has one clause, or one verb, so that whatever date it has is that of its verb."""
    verbs = [word for word in sentence if word.pos_ in ("VERB", "AUX")]
    return sum(word.pos_ == "VERB" for word in verbs) <= 1 or not any(word.dep_ in _CLAUSES for word in verbs)


def _phrase(noun: Any) -> str:
    """Returns the words that belong to the noun itself, without the clauses that describe it."""
    inside = {noun.i}
    for token in noun.subtree:
        above = token
        while above.i != noun.i and above.dep_ not in ("relcl", "appos", "acl"):
            above = above.head
        if above.i == noun.i:
            inside.add(token.i)
    return "".join(
        t.text_with_ws if t.i in inside else " " * len(t.text_with_ws) for t in noun.doc[min(inside) : max(inside) + 1]
    )


def _parts(whole: str, statement: Statement, sentence: Any) -> Sequence[str] | None:
    """Returns the part of a clause that is the object's own where others are joined to it: `A in 2016 and B in 2018`."""
    ends = {statement.source.head.i, statement.target.head.i}
    for end in (statement.target.head, statement.source.head):
        others = [other for other in _peers(end) if other.i not in ends and sentence.start <= other.i < sentence.end]
        if not others:
            continue
        start = 0 if all(other.i > end.i for other in others) else end.idx - sentence.start_char
        after = min((other.idx for other in others if other.i > end.i), default=sentence.end_char) - sentence.start_char
        before = _without_brackets(whole[: max(start, 0)])
        return [whole[end.idx - sentence.start_char : after], before]
    return None


def _peers(word: Any) -> list[Any]:
    """Returns the words joined to a word, also where their prepositions are: `for A and then for B`."""
    preposition = word.head
    if preposition.dep_ != "conj" or preposition.pos_ != "ADP":
        return list(word.conjuncts)
    beside = [other for other in preposition.head.children if other.dep_ == "prep" and other.i < preposition.i]
    return [*word.conjuncts, *(child for other in beside for child in other.children if child.dep_ == "pobj")]
