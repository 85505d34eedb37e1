"""Names that are one thing become one, whatever comes first; what may be two stays two."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.knowledge.name_normalization import normalize_name
from fathom.knowledge.name_resolution import (
    MentionKey,
    initial_key,
    mention_key,
    resolve_within_collection,
    resolve_within_document,
)

NAMES = ["John Smith", "J. Smith", "James Smith", "j  smith", "Mercury", "MERCURY", "The Mercury", "Ann", "A. B"]
KINDS = ["Person", "Organization", "Location", "Thing", "Entity", None]
SENSES = st.lists(st.builds(mention_key, st.sampled_from(NAMES), st.sampled_from(KINDS)), max_size=8)


@pytest.mark.parametrize(
    "spellings",
    [
        ("Ada Moreno", "ADA  MORENO", "ada moreno", "Dr. Ada Moreno", "Prof. Dr. Ada Moreno", "Ada Moreno's"),
        ("Café Société", "CAFE SOCIETE", "Cafe\u0301 Société"),
        ("Kelmouth Yards", "The Kelmouth Yards", "Kelmouth Yards Ltd.", "Kelmouth Yards, Inc.", "Kelmouth Yards GmbH"),
        ("Pemex", "Pemex S.A.", "Pemex SA", "Pemex, SA"),
        ("Port-Union", "Port Union", "“Port Union”", "Port–Union"),
        ("U.S.", "US", "U.S", "U. S."),
        ("J.K. Rowling", "J. K. Rowling", "J K Rowling"),
        ("World Health Organization", "World Health Organization (WHO)"),
    ],
)
def test_spellings_of_one_name_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({normalize_name(one) for one in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"),
        ("C", "C#"),
        ("Mr Smith", "Mrs Smith"),
        ("Apollo 1", "Apollo 11"),
        ("Section 1.1", "Section 11"),
        ("The Who", "WHO"),
        ("й", "и"),
        ("Route 66", "Route -66"),
        ("Limited", ""),
    ],
)
def test_what_tells_names_apart_is_kept(one: str, other: str) -> None:
    assert normalize_name(one) != normalize_name(other)


@given(st.text(max_size=40))
def test_a_key_is_its_own_key_and_case_does_not_count(name: str) -> None:
    key = normalize_name(name)
    assert normalize_name(key) == key
    assert bool(key) == bool(name.split())


def test_types_do_not_part_a_name_and_whoever_is_a_person_is_one() -> None:
    assert len({mention_key("Mercury", kind) for kind in ("Thing", None, "Organization", "Location")}) == 1
    thing, person = mention_key("Mercury", "Location"), mention_key("Mercury", "Person")
    assert resolve_within_collection({thing}) == {thing: thing}
    assert resolve_within_collection({thing, person}) == {thing: person, person: person}


def test_an_initial_is_the_one_person_it_can_be() -> None:
    short, john, james = (MentionKey(f"{first} smith", "Person") for first in ("j", "john", "james"))
    assert resolve_within_collection({short, john})[short] == john
    assert resolve_within_collection({short, john, james})[short] == short
    assert resolve_within_collection({short, john, MentionKey("james smith", "")})[short] == short
    assert resolve_within_collection({short})[short] == short
    assert resolve_within_collection({short, mention_key("John Smith", "Organization")})[short] == short


@given(SENSES, SENSES, st.randoms())
def test_it_is_the_same_in_every_order_and_only_open_ends_move(
    here: list[MentionKey], more: list[MentionKey], random: Any
) -> None:
    senses = [*here, *more]
    shuffled = list(dict.fromkeys(random.sample(senses, len(senses))))
    for read in (resolve_within_document, resolve_within_collection):
        found = read(set(senses))
        assert read(shuffled) == found
        assert all(before.type in ("", after.type) for before, after in found.items())
        assert all(
            before.type == after.type == "Person" or before.key == after.key or not before.type
            for before, after in found.items()
        )


@given(st.lists(SENSES, max_size=5))
def test_a_text_never_names_one_thing_twice(texts: list[list[MentionKey]]) -> None:
    read = [set(resolve_within_document(set(text)).values()) for text in texts]
    everything = {sense for text in read for sense in text}
    where = resolve_within_collection(everything)
    for text in read:
        assert len({where[sense] for sense in text}) == len(text)
        assert set(resolve_within_document(text).values()) == text


@given(SENSES)
def test_a_neighbourhood_alone_gives_what_the_whole_collection_gives(senses: list[MentionKey]) -> None:
    whole = resolve_within_collection(set(senses))
    for sense in set(senses):
        keys = {sense.key} | ({near} if (near := initial_key(sense)) else set())
        near_by = {other for other in senses if other.key in keys or initial_key(other) in keys}
        assert resolve_within_collection(near_by)[sense] == whole[sense]
