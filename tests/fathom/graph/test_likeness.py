"""Which names are worth a question: what may be one thing is asked about, what cannot be is not."""

from __future__ import annotations

import pytest

from fathom.graph.likeness import MOST_ALIKE, Name, alike
from fathom.graph.naming import name_key
from fathom.graph.signs import bits_of
from fathom.language.embedder import MiniLM

ONE_THING = (
    ("IBM", "International Business Machines"),
    ("NYC", "New York City"),
    ("Holland", "Netherlands"),
    ("University of Plymouth", "Plymouth University"),
    ("Apple", "Apple Computer"),
    ("Ministère de la Défense", "Ministère de la Defense nationale"),
    ("HB", "Harbour Board"),
    ("Bob Smith", "Robert Smith"),
)
TWO_THINGS = (
    ("London", "Paris"),
    ("World War I", "World War II"),
    ("1998 World Cup", "2002 World Cup"),
    ("Moreno Works", "Harbour Works"),
    ("J. Smith", "John Smith"),
)


@pytest.fixture(scope="module")
def embedder() -> MiniLM:
    return MiniLM()


def named(embedder: MiniLM, name: str, *types: str) -> Name:
    return Name(name_key(name), name, frozenset(types), bits_of(embedder.embed([name])[0]))


@pytest.mark.parametrize(("one", "other"), ONE_THING)
def test_names_that_may_be_one_thing_are_asked_about(embedder: MiniLM, one: str, other: str) -> None:
    both = [named(embedder, one), named(embedder, other)]
    assert len(alike(both[:1], both)) == len(alike(both[1:], both)) == 1


@pytest.mark.parametrize(("one", "other"), TWO_THINGS)
def test_names_that_cannot_be_one_thing_cost_no_question(embedder: MiniLM, one: str, other: str) -> None:
    both = [named(embedder, one), named(embedder, other)]
    assert not alike(both, both)


def test_a_person_is_not_held_against_what_is_none(embedder: MiniLM) -> None:
    person, firm = named(embedder, "Ada Moreno", "Person"), named(embedder, "Ada Moreno Works", "Organization")
    assert not alike([person], [person, firm])
    unsure = named(embedder, "Ada Moreno Works", "Thing")
    assert alike([person], [person, unsure])


def test_only_the_nearest_of_many_are_asked_about(embedder: MiniLM) -> None:
    many = [
        named(embedder, f"Plymouth Harbour Board of {word}")
        for word in ("Trade", "Works", "Pilots", "Dues", "Tolls", "Law", "Art")
    ]
    assert len(alike(many[:1], many)) == MOST_ALIKE


def test_names_without_vectors_are_known_by_their_words(embedder: MiniLM) -> None:
    bare = [Name(name_key(name), name) for name in ("Plymouth Harbour Board", "Harbour Board of Plymouth", "PHB", "Lynher")]
    assert alike(bare[2:3], bare) == [("phb", "plymouth harbour board")]
