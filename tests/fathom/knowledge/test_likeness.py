"""Which names are worth a question: what may be one thing is asked about, what cannot be is not."""

from __future__ import annotations

import pytest

from fathom.embedding.binary_vectors import binarize
from fathom.embedding.minilm import MiniLM
from fathom.knowledge.clustering import Pair, pair_of
from fathom.knowledge.name_normalization import normalize_name
from fathom.resolution.entity_candidates import MAX_PAIRS_PER_NAME, SignBits, block, candidate_pairs

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


TYPES = frozenset({"Organization"})


@pytest.fixture(scope="module")
def embedder() -> MiniLM:
    return MiniLM()


def signs(embedder: MiniLM, *names: str) -> dict[str, bytes | None]:
    return {normalize_name(name): binarize(vector) for name, vector in zip(names, embedder.embed(names), strict=True)}


def asked(fresh: SignBits, everyone: SignBits, types: dict[str, frozenset[str]] | None = None) -> list[Pair]:
    return candidate_pairs(block(fresh, everyone), types or dict.fromkeys(everyone, TYPES))


@pytest.mark.parametrize(("one", "other"), ONE_THING)
def test_names_that_may_be_one_thing_are_asked_about(embedder: MiniLM, one: str, other: str) -> None:
    both = signs(embedder, one, other)
    for name in both:
        assert asked({name: both[name]}, both) == [pair_of(*both)]


@pytest.mark.parametrize(("one", "other"), TWO_THINGS)
def test_names_that_cannot_be_one_thing_cost_no_question(embedder: MiniLM, one: str, other: str) -> None:
    both = signs(embedder, one, other)
    assert asked(both, both) == []


def test_a_person_is_not_held_against_what_is_none(embedder: MiniLM) -> None:
    both = signs(embedder, "Ada Moreno", "Ada Moreno Works")
    person, firm = both
    types = {person: frozenset({"Person"}), firm: TYPES}
    assert asked(both, both, types) == []
    assert asked(both, both, {**types, firm: frozenset({"Thing"})}) == [(person, firm)]


def test_a_name_that_is_no_entity_of_its_own_is_not_asked_about(embedder: MiniLM) -> None:
    both = signs(embedder, "Apple", "Apple Computer")
    assert asked(both, both, {"apple": TYPES}) == []


def test_only_the_nearest_of_many_are_asked_about(embedder: MiniLM) -> None:
    many = signs(
        embedder, *(f"Plymouth Harbour Board of {word}" for word in ("Trade", "Works", "Pilots", "Dues", "Tolls", "Law"))
    )
    first = next(iter(many))
    assert len(asked({first: many[first]}, many)) == MAX_PAIRS_PER_NAME == len(many) - 1


def test_names_without_vectors_are_known_by_their_initials_alone() -> None:
    bare: SignBits = dict.fromkeys(
        map(normalize_name, ("Plymouth Harbour Board", "Harbour Board of Plymouth", "PHB", "Lynher"))
    )
    assert asked(bare, bare) == [("phb", "plymouth harbour board")]


def test_vectors_of_another_length_are_near_to_none(embedder: MiniLM) -> None:
    both = signs(embedder, "Holland", "Netherlands") | {"of another model": b"\x01\x02"}
    assert asked({"holland": b"\x01\x02"}, both) == []
