"""Locations of named things, from adjacent place names: `Leith, Scotland`, `the University of X in Y`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.gazetteer import is_city, is_surname
from fathom.extraction.rules.names.name_cleaning import type_by_words
from fathom.extraction.rules.relations.statements import Named, Predicate, Statement, is_subject
from fathom.extraction.rules.text.sentence import Sentence

_LOCATIVE_PREPOSITIONS = frozenset({"in", "at", "within"})
_CONJUNCTIONS = frozenset({"and", "or", "&"})
_LIST_WORDS = _CONJUNCTIONS | {",", "the"}
LOCATED = "LOCATED_IN"


def place_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields the locations of places, organizations and events, and the origins of persons."""
    for named in sentence.named:
        if named.type == "Person":
            yield from _origin_statements(sentence, named)
        if named.type == "Location" or (named.type == "Organization" and type_by_words(named.entity)):
            for preposition in (
                child for child in named.head.children if child.dep_ == "prep" and child.lower_ in _LOCATIVE_PREPOSITIONS
            ):
                follows = preposition.i == named.last + 1
                for place in (child for child in preposition.children if child.dep_ == "pobj") if follows else ():
                    for target in sentence.within(place)[:1]:
                        if target.named.type == "Location" and not is_adjective(target.named.entity):
                            yield _location_statement(named, target.named, f"{preposition.lower_}")
        elif named.type == "Event":
            for preposition in (
                child for child in named.head.children if child.dep_ == "prep" and child.lower_ in ("in", "at")
            ):
                for place in (child for child in preposition.children if child.dep_ == "pobj"):
                    for target in sentence.within(place)[:1]:
                        if target.named.type == "Location":
                            yield Statement(
                                named, target.named, Predicate("", "in"), "place", named.head, relation="TOOK_PLACE_IN"
                            )
    yield from _possessive_statements(sentence)
    for run in _runs(sentence.named):
        yield from _comma_statements(run)


def _origin_statements(sentence: Sentence, person: Named) -> Iterator[Statement]:
    """Yields the origin or affiliation directly after a person's name: `X of France`, `X of Lehman Brothers`."""
    for preposition in person.head.children:
        if preposition.dep_ != "prep" or preposition.lower_ not in ("of", "from") or preposition.i != person.last + 1:
            continue
        for word in preposition.children:
            other = sentence.at(word)
            if other is None or is_adjective(other.entity) or other.first != preposition.i + 1:
                continue
            if _is_place(other):
                yield Statement(person, other, Predicate("", preposition.lower_), "place", person.head, relation="COMES_FROM")
            elif other.type == "Organization":
                yield Statement(
                    person, other, Predicate("", preposition.lower_), "place", person.head, relation="AFFILIATED_WITH"
                )


def _possessive_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields relations of possessives and of `-based`: `London's Imperial College`, `X's novel Y`, `Rotterdam-based X`."""
    for named in sentence.named:
        for owner in (child for child in named.head.children if child.dep_ == "poss"):
            other = sentence.at(owner)
            if other is None:
                continue
            if _is_place(other) and named.type in ("Organization", "Location") and type_by_words(named.entity):
                yield _location_statement(named, other, "of")
            elif other.type == "Person" and named.type == "Work":
                yield Statement(named, other, Predicate("", "of"), "place", named.head, relation="CREATED_BY")
    for place, thing in pairwise(sentence.named):
        between = [token.lower_ for token in place.head.doc[place.last + 1 : thing.first]]
        based = between[:2] == ["-", "based"] and len(between) <= 6 and "," not in between
        if based and (_is_place(place) or is_city(place.entity)) and thing.type in ("Organization", "Person", "Entity"):
            yield Statement(thing, place, Predicate("", "based in"), "place", thing.head, relation="BASED_IN")


def _runs(names: Sequence[Named]) -> Iterator[list[Named]]:
    """Yields runs of places with only commas, conjunctions and `the` between them."""
    run: list[Named] = []
    for named in names:
        if run and not (_is_place(named) and _between(run[-1], named) <= _LIST_WORDS):
            yield run
            run = []
        if _is_place(named):
            run.append(named)
    yield run


def _comma_statements(run: Sequence[Named]) -> Iterator[Statement]:
    """Yields the location of a place before a comma, outside lists: `Leith, Scotland`."""
    are_countries = [country_of(place.entity) is not None for place in run]
    has_and = any(_between(place, other) & _CONJUNCTIONS for place, other in pairwise(run)) or _list_continues(run)
    # `Leith, Scotland, and Oslo, Norway`
    in_turn = len(run) % 2 == 0 and are_countries == [bool(index % 2) for index in range(len(run))]
    listed = (
        bool(run) and not any(are_countries) and run[0].first > 0 and run[0].head.doc[run[0].first - 1].lower_ in _LIST_WORDS
    )
    if (
        listed
        or (len(run) == 2 and _list_continues(run))
        or (not in_turn and (has_and or len(run) > 3 or (len(run) == 3 and not are_countries[-1])))
    ):
        return
    for (place, is_country), (other, other_is_country) in pairwise(zip(run, are_countries, strict=True)):
        known = other_is_country or (_is_known_place(place, other) and not is_surname(other.entity))
        if _between(place, other) == {","} and not is_country and known and not _has_own_role(other):
            yield _location_statement(place, other, ",")


def _has_own_role(other: Named) -> bool:
    """Returns whether the second place is a subject or possessor: `After Leith, Wick was …`, `in Leith, Wick's harbour`."""
    return is_subject(other.head) or other.head.dep_ == "poss"


def _list_continues(run: Sequence[Named]) -> bool:
    """Returns whether a conjunction follows the last place, as in a list: `Leith, Oslo, and even Rome`."""
    after = list(run[-1].head.doc[run[-1].last + 1 : run[-1].last + 4]) if run else []
    conjunctions = [place for place, token in enumerate(after[:2]) if token.lower_ in _CONJUNCTIONS]
    following = after[conjunctions[0] + 1 : conjunctions[0] + 2] if conjunctions else []
    return any(token.pos_ in ("PROPN", "NOUN", "DET", "ADJ", "ADV") for token in following)


def _is_known_place(named: Named, other: Named) -> bool:
    """Returns whether either name is a known city or contains a place noun: `Wick, Caithness County`."""
    return any(is_city(named_place.entity) or type_by_words(named_place.entity) == "Location" for named_place in (named, other))


def _location_statement(named: Named, other: Named, words: str) -> Statement:
    return Statement(named, other, Predicate("", words), "place", named.head, relation=LOCATED)


def _is_place(named: Named) -> bool:
    return named.type == "Location" and not is_adjective(named.entity)


def _between(named: Named, other: Named) -> set[str]:
    return {token.lower_ for token in named.head.doc[named.last + 1 : other.first]}
