"""Builds facts from statements: relation and property, dates, confidence; a single fact per relation of a pair."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fathom.extraction.model import Fact
from fathom.extraction.rules.confidence import confidence_of
from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.pairs.pair_model import RelationVerdict
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
from fathom.extraction.rules.text.clauses import clause_text
from fathom.extraction.rules.text.dates import DateReader
from fathom.extraction.rules.text.factuality import governing_verb, has_ended, is_asserted, is_question

COUNTRY = "P17"  # Wikidata's property for the country of a place or an organization
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
Period = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class SentenceSpan:
    """A sentence's span in a text."""

    text: str
    start: int
    end: int


def facts_of(statements: Iterable[Statement], place: SentenceSpan, dates: DateReader, *, french: bool = False) -> list[Fact]:
    """Returns the facts of the statements of a sentence, the surest for each relation of a pair."""
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


def _fact(statement: Statement, place: SentenceSpan, dates: DateReader, french: bool) -> Fact | None:
    source, target = statement.source, statement.target
    name, known = statement.relation, statement.relation in relations()
    if name is None:
        noun = statement.predicate.is_noun
        reading = relation_of(statement.predicate.key, (_end(source), _end(target)), noun=noun, french=french)
        if reading is None and readings(statement.predicate.key, noun=noun, french=french):
            return None  # types do not fit: misparsed
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
    """Returns whether a supposed place is an abbreviation or a formula: `TE` in `ETn`."""
    relation = relations()[name]
    ends = ((relation.source, source), (relation.target, target))
    return any(types == {"Location"} and not named.is_sure and _ABBREVIATION.search(named.entity) for types, named in ends)


def _end(named: Named) -> End:
    return End(named.type, named.is_sure)


def learned_facts(verdicts: Iterable[RelationVerdict], known: Sequence[Fact], place: SentenceSpan) -> list[Fact]:
    """Returns the facts of learned verdicts, at most 1 per pair, where rules state none."""
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


def _is_asserted(verdict: RelationVerdict) -> bool:
    """Returns whether the governing verbs are asserted, and the names are no parts of words: `Moscow-based`."""
    if any(
        named.last + 1 < len(named.head.doc) and named.head.doc[named.last + 1].text == "-"
        for named in (verdict.source, verdict.target)
    ):
        return False
    if _only_describes(verdict.source, verdict.target):
        return False
    verbs = [governing_verb(named.head) for named in (verdict.source, verdict.target)]
    return not is_question(verbs[0].sent) and all(
        is_asserted(verb) and not has_ended(verb) for verb in verbs if verb.pos_ in ("VERB", "AUX")
    )


def _only_describes(source: Named, target: Named) -> bool:
    """Returns whether the target belongs to a noun that the source modifies, `X style resorts in Y`, or to another."""
    noun, after = source.head.head, source.last + 1
    if is_adjective(target.entity) and target.head.head in source.head.conjuncts:  # `X and the Russian army`
        return True
    if after < len(noun.doc) and noun.doc[after].lower_ in ("style", "type", "themed", "inspired"):
        return True
    describes = source.head.dep_ in ("compound", "nmod", "amod") and noun.pos_ == "NOUN" and noun.i > source.last
    return describes and target.head.i > noun.i and noun.is_ancestor(target.head)


def _learned_name(verdict: RelationVerdict) -> str | None:
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
    """Returns the Wikidata property of a relation; that of the country for a place or organization in a country."""
    return COUNTRY if name in _IN_PLACE and in_country else usual


def _validity(statement: Statement, dates: DateReader) -> Period:
    word = statement.word
    if statement.evidence in _OWN_PHRASE and word.pos_ not in ("VERB", "AUX"):
        return dates.validity(_phrase(word))
    said_in = str(word.sent.text)
    whole = _LIFE.sub(lambda match: " " * len(match[0]), clause_text(word.sent, word))
    parts = _parts(whole, statement, word.sent)
    if parts is not None:
        for part in parts:
            found = dates.validity(part)
            if found != (None, None):
                return found
        whole, said_in = _without_brackets(whole), _without_brackets(said_in)
    found = dates.validity(whole)
    return dates.validity(said_in) if found == (None, None) and _is_one_clause(word.sent) else found


def _without_brackets(words: str) -> str:
    """Returns the words with brackets blanked, since those date only the words before them: `A (1994-1999) and B`."""
    return _IN_BRACKETS.sub(lambda match: " " * len(match[0]), words)


def _is_one_clause(sentence: Any) -> bool:
    """Returns whether the sentence has a single clause or verb, so that any date is that verb's."""
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
    """Returns the object's own part of a clause with coordinated objects: `A in 2016 and B in 2018`."""
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
    """Returns the coordinated words of a word, also across prepositions: `for A and then for B`."""
    preposition = word.head
    if preposition.dep_ != "conj" or preposition.pos_ != "ADP":
        return list(word.conjuncts)
    beside = [other for other in preposition.head.children if other.dep_ == "prep" and other.i < preposition.i]
    return [*word.conjuncts, *(child for other in beside for child in other.children if child.dep_ == "pobj")]
