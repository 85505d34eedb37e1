"""Names of one key that texts tell apart by legal form or accents are two, in any order; where none does, they are one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.knowledge.chunk_rows import OF_ITSELF, OF_UNKNOWN
from fathom.knowledge.clustering import MatchVerdicts
from fathom.knowledge.name_disambiguation import (
    ACCENTS,
    LEGAL,
    NO_DISTINCTIONS,
    Distinctions,
    distinctions_in_documents,
    distinctions_in_text,
)
from fathom.knowledge.name_resolution import (
    MentionKey,
    initial_key,
    mention_key,
    resolve_within_collection,
    resolve_within_document,
)
from fathom.resolution.entity_candidates import block
from tests.fathom.knowledge.test_chunk_rows import rows_of

PLC, LTD, SHELL = (mention_key(name, "Organization") for name in ("Shell plc", "Shell Ltd", "Shell"))
NAMES = ["Shell plc", "Shell Ltd", "Shell Limited", "Shéll", "SHELL", "J. Peña", "José Peña", "Jose Pena", "J Pena", "Ann"]
SENSES = st.lists(st.builds(mention_key, st.sampled_from(NAMES), st.sampled_from(["Person", "Organization"])), max_size=8)
TOLD = st.dictionaries(st.sampled_from(["shell", "jose pena"]), st.frozensets(st.sampled_from([ACCENTS, LEGAL]), min_size=1))


def test_legal_forms_are_one_until_something_tells_them_apart() -> None:
    assert len(set(resolve_within_collection({PLC, LTD, SHELL}).values())) == 1
    assert resolve_within_collection({PLC, LTD, SHELL})[PLC] == MentionKey("shell", "")
    told = resolve_within_collection({PLC, LTD, SHELL}, distinctions={"shell": frozenset({LEGAL})})
    assert len(set(told.values())) == 3
    assert told[SHELL] == MentionKey("shell", "")


def test_a_document_tells_two_legal_forms_apart_and_one_beside_the_bare_name_it_does_not() -> None:
    def documents(*names: tuple[str, str]) -> Distinctions:
        senses = [(document, mention_key(name, None)) for document, name in names]
        return distinctions_in_documents((document, one.key, one.form) for document, one in senses)

    assert documents(("a", "Shell plc"), ("a", "Shell Ltd")) == {"shell": {LEGAL}}
    assert documents(("a", "Shell plc"), ("b", "Shell Ltd")) == NO_DISTINCTIONS
    assert documents(("a", "Shell Ltd"), ("a", "Shell"), ("a", "Shell Limited")) == NO_DISTINCTIONS


@pytest.mark.parametrize(
    ("named", "related", "told"),
    [
        ([("Ana Peña", "Person"), ("Ana Pena", "Person")], False, {ACCENTS}),
        ([("Café Lynher", "Organization"), ("Cafe Lynher", "Organization")], False, set()),
        ([("Café Lynher", "Organization"), ("Cafe Lynher", "Organization")], True, {ACCENTS}),
        ([("Shell", "Organization"), ("Shell Ltd", "Organization")], False, set()),
        ([("Shell", "Organization"), ("Shell Ltd", "Organization")], True, {LEGAL}),
        ([("Bath", "Location"), ("Bath Spa", "Location")], False, {LEGAL}),
        ([("iPhone", "Product"), ("iPhone SE", "Product")], False, {LEGAL}),
        ([("Kelmouth", "Location"), ("Kelmouth Ltd", "Organization")], False, set()),
        ([("Shell Ltd", "Organization"), ("Shell Limited", "Organization")], True, set()),
    ],
)
def test_what_a_text_tells_apart(named: list[tuple[str, str]], related: bool, told: set[str]) -> None:
    senses = [(mention_key(name, kind), kind) for name, kind in named]
    (one, _), (other, _) = senses
    pairs = [(one.key, one.form, other.form)] if related else []
    found = distinctions_in_text([(sense.key, sense.form, kind) for sense, kind in senses], pairs)
    assert found == ({one.key: told} if told else {})


@pytest.mark.case(81)
def test_a_fact_between_two_legal_forms_stays_and_another_is_of_the_right_one() -> None:
    rows = rows_of(
        ("Shell plc", "Organization"),
        ("Shell Ltd", "Organization"),
        ("Ada", "Person"),
        facts=[("Shell plc", "Shell Ltd", "Shell plc owns Shell Ltd."), ("Ada", "Shell Limited", "Ada directs Shell Ltd.")],
    )
    said = {(rows.entities[source][0], rows.entities[target][0]) for source, _, target, _ in rows.facts}
    assert said == {("Shell plc", "Shell Ltd"), ("Ada", "Shell Ltd")}
    assert not rows.left_out


def test_facts_that_have_no_place_are_counted() -> None:
    people = (("Ada", "Person"), ("Bo", "Person"))
    rows = rows_of(*people, facts=[("Ada", "ADA", "One."), ("Ada", "Nobody", "Two."), ("Ada", "Bo", "Three.")])
    assert rows.left_out == {OF_ITSELF: 1, OF_UNKNOWN: 1}


def test_the_end_of_a_fact_that_may_be_either_of_two_is_none() -> None:
    firms = (("Shell plc", "Organization"), ("Shell Ltd", "Organization"), ("Ada", "Person"))
    rows = rows_of(*firms, facts=[("Ada", "Shell", "Ada directs Shell.")])
    assert (len(rows.facts), rows.left_out) == (0, {OF_UNKNOWN: 1})


def test_names_that_are_told_apart_are_no_question_and_no_verdict_joins_them() -> None:
    told: Distinctions = {"shell": frozenset({LEGAL})}
    same = MatchVerdicts(frozenset({("royal dutch", "shell||ltd"), ("royal dutch", "shell||plc")}))
    dutch = mention_key("Royal Dutch", None)
    found = resolve_within_collection({PLC, LTD, dutch}, same, told)
    assert len(set(found.values())) == 3
    signs = dict.fromkeys(("shell", "shell||ltd", "shell||plc"), b"\x01" * 48)
    assert block(signs, signs) == {"shell": [], "shell||ltd": [], "shell||plc": []}


@given(SENSES, TOLD, st.randoms())
def test_what_is_told_apart_is_the_same_in_every_order(senses: list[MentionKey], told: Distinctions, random: Any) -> None:
    shuffled = list(dict.fromkeys(random.sample(senses, len(senses))))
    for found, again in (
        (resolve_within_document(set(senses), told), resolve_within_document(shuffled, told)),
        (resolve_within_collection(set(senses), distinctions=told), resolve_within_collection(shuffled, distinctions=told)),
    ):
        assert found == again


@given(SENSES, TOLD)
def test_a_neighbourhood_alone_gives_what_the_whole_collection_gives_of_forms(
    senses: list[MentionKey], told: Distinctions
) -> None:
    whole = resolve_within_collection(set(senses), distinctions=told)
    for sense in set(senses):
        keys = {sense.key} | ({near_by} if (near_by := initial_key(sense)) else set())
        some = {other for other in senses if other.key in keys or initial_key(other) in keys}
        assert resolve_within_collection(some, distinctions=told)[sense] == whole[sense]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["Person", "Organization", "Thing"])), max_size=7))
def test_what_a_text_reads_as_two_things_stays_two_in_its_collection(named: list[tuple[str, str]]) -> None:
    rows = rows_of(*named)
    assert all(mention_key(name, kind) == sense for sense, (name, kind) in rows.entities.items())
    documents = distinctions_in_documents(("a", one.key, one.form) for one in rows.entities)
    told = {
        key: rows.distinctions.get(key, frozenset()) | documents.get(key, frozenset())
        for key in {*rows.distinctions, *documents}
    }
    where = resolve_within_collection(set(rows.entities), distinctions=told)
    assert len(set(where.values())) == len(rows.entities)
