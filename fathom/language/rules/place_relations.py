"""States where things are by how their names stand with a place's: `Leith, Scotland`, `the University of X in Y`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fathom.language.rules.countries import country_of, is_adjective
from fathom.language.rules.name_cleaning import type_by_words
from fathom.language.rules.sentence import Sentence
from fathom.language.rules.statements import Named, Predicate, Statement, is_subject

_IN = frozenset({"in", "at", "within"})
_JOINS = frozenset({"and", "or", "&"})
_LISTS = _JOINS | {",", "the"}
LOCATED = "LOCATED_IN"


def place_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields which place of the sentence lies in which other."""
    for one in sentence.named:
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
    for run in _runs(sentence.named):
        yield from _after_comma(run)


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
    has_and = any(_between(one, other) & _JOINS for one, other in pairwise(run))
    for one, other in pairwise(run):
        if _between(one, other) != {","} or country_of(one.entity) or is_subject(other.head):
            continue
        if country_of(other.entity) or (not has_and and (len(run) == 2 or (country_of(run[-1].entity) and len(run) == 3))):
            yield _placed(one, other, ",")


def _placed(one: Named, other: Named, words: str) -> Statement:
    return Statement(one, other, Predicate("", words), "place", one.head, relation=LOCATED)


def _is_place(one: Named) -> bool:
    return one.type == "Location" and not is_adjective(one.entity)


def _between(one: Named, other: Named) -> set[str]:
    return {token.lower_ for token in one.head.doc[one.last + 1 : other.first]}
