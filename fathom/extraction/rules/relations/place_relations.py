"""States where things are by how their names stand with a place's: `Leith, Scotland`, `the University of X in Y`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.gazetteer import is_city, is_surname
from fathom.extraction.rules.names.name_cleaning import type_by_words
from fathom.extraction.rules.relations.statements import Named, Predicate, Statement, is_subject
from fathom.extraction.rules.text.sentence import Sentence

_IN = frozenset({"in", "at", "within"})
_JOINS = frozenset({"and", "or", "&"})
_LISTS = _JOINS | {",", "the"}
LOCATED = "LOCATED_IN"


def place_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields which place of the sentence lies in which other, and where its persons come from."""
    for one in sentence.named:
        if one.type == "Person":
            yield from _of_person(sentence, one)
        if one.type == "Location" or (one.type == "Organization" and type_by_words(one.entity)):
            for preposition in (child for child in one.head.children if child.dep_ == "prep" and child.lower_ in _IN):
                follows = preposition.i == one.last + 1
                for place in (child for child in preposition.children if child.dep_ == "pobj") if follows else ():
                    for target in sentence.within(place)[:1]:
                        if target.named.type == "Location" and not is_adjective(target.named.entity):
                            yield _placed(one, target.named, f"{preposition.lower_}")
        elif one.type == "Event":
            for preposition in (child for child in one.head.children if child.dep_ == "prep" and child.lower_ in ("in", "at")):
                for place in (child for child in preposition.children if child.dep_ == "pobj"):
                    for target in sentence.within(place)[:1]:
                        if target.named.type == "Location":
                            yield Statement(one, target.named, Predicate("", "in"), "place", one.head, relation="TOOK_PLACE_IN")
    yield from _of_owners(sentence)
    for run in _runs(sentence.named):
        yield from _after_comma(run)


def _of_person(sentence: Sentence, person: Named) -> Iterator[Statement]:
    """Yields `X of France` and `X of Lehman Brothers`, right behind the person's name."""
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


def _of_owners(sentence: Sentence) -> Iterator[Statement]:
    """Yields `London's Imperial College`, `X's novel Y` and `Rotterdam-based X`."""
    for one in sentence.named:
        for owner in (child for child in one.head.children if child.dep_ == "poss"):
            other = sentence.at(owner)
            if other is None:
                continue
            if _is_place(other) and one.type in ("Organization", "Location") and type_by_words(one.entity):
                yield _placed(one, other, "of")
            elif other.type == "Person" and one.type == "Work":
                yield Statement(one, other, Predicate("", "of"), "place", one.head, relation="CREATED_BY")
    for place, thing in pairwise(sentence.named):
        between = [token.lower_ for token in place.head.doc[place.last + 1 : thing.first]]
        based = between[:2] == ["-", "based"] and len(between) <= 6 and "," not in between
        if based and (_is_place(place) or is_city(place.entity)) and thing.type in ("Organization", "Person", "Entity"):
            yield Statement(thing, place, Predicate("", "based in"), "place", thing.head, relation="BASED_IN")


def _runs(named: Sequence[Named]) -> Iterator[list[Named]]:
    """Yields the places that stand in a row with nothing but commas and `and` between them."""
    run: list[Named] = []
    for one in named:
        if run and not (_is_place(one) and _between(run[-1], one) <= _LISTS):
            yield run
            run = []
        if _is_place(one):
            run.append(one)
    yield run


def _after_comma(run: Sequence[Named]) -> Iterator[Statement]:
    """Yields `Leith, Scotland`: a place right behind a comma, not one of a list."""
    lands = [country_of(one.entity) is not None for one in run]
    has_and = any(_between(one, other) & _JOINS for one, other in pairwise(run)) or _goes_on(run)
    # `Leith, Scotland, and Oslo, Norway`
    in_turn = len(run) % 2 == 0 and lands == [bool(place % 2) for place in range(len(run))]
    listed = bool(run) and not any(lands) and run[0].first > 0 and run[0].head.doc[run[0].first - 1].lower_ in _LISTS
    if (
        listed
        or (len(run) == 2 and _goes_on(run))
        or (not in_turn and (has_and or len(run) > 3 or (len(run) == 3 and not lands[-1])))
    ):
        return
    for (one, land), (other, is_land) in pairwise(zip(run, lands, strict=True)):
        known = is_land or (_is_known(one, other) and not is_surname(other.entity))
        if _between(one, other) == {","} and not land and known and not _is_apart(other):
            yield _placed(one, other, ",")


def _is_apart(other: Named) -> bool:
    """Tells whether the second of two places has a role of its own: `After Leith, Wick was …`, `in Leith, Wick's harbour`."""
    return is_subject(other.head) or other.head.dep_ == "poss"


def _goes_on(run: Sequence[Named]) -> bool:
    """Tells whether `and` comes right behind the last place, as in a list: `Leith, Oslo, and even Rome`."""
    after = list(run[-1].head.doc[run[-1].last + 1 : run[-1].last + 4]) if run else []
    joins = [place for place, token in enumerate(after[:2]) if token.lower_ in _JOINS]
    following = after[joins[0] + 1 : joins[0] + 2] if joins else []
    return any(token.pos_ in ("PROPN", "NOUN", "DET", "ADJ", "ADV") for token in following)


def _is_known(one: Named, other: Named) -> bool:
    """Tells whether a place that is no country is known to be one, or its name says so: `Wick, Caithness County`."""
    return any(is_city(place.entity) or type_by_words(place.entity) == "Location" for place in (one, other))


def _placed(one: Named, other: Named, words: str) -> Statement:
    return Statement(one, other, Predicate("", words), "place", one.head, relation=LOCATED)


def _is_place(one: Named) -> bool:
    return one.type == "Location" and not is_adjective(one.entity)


def _between(one: Named, other: Named) -> set[str]:
    return {token.lower_ for token in one.head.doc[one.last + 1 : other.first]}
