"""What mentions keep of facts goes with these to other uuids, also where it was written without its relation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from fathom.knowledge.assertions import AssertedFact, Assertion, rename_asserted_facts, statement_key, unpack

AT = datetime(2024, 1, 1, tzinfo=UTC)


def said(relation: str, words: str) -> Assertion:
    return Assertion("e", words, AT, None, None, None, relation)


def test_what_is_packed_is_what_is_unpacked() -> None:
    one = Assertion("e", "A owns B.", AT, AT, None, "source", "OWNS")
    assert unpack(one.pack("f")) == ("f", one)
    more = replace(one, role="owner", wikidata="P1830", confidence=0.83)
    assert unpack(more.pack("f")) == ("f", more)


def test_a_fact_has_the_highest_confidence_of_its_sayings_and_none_where_none_was_measured() -> None:
    sayings = [replace(said("OWNS", "A owns B."), episode=str(at), confidence=sure) for at, sure in enumerate((None, 0.7, 0.9))]
    fact = AssertedFact("f", "a", "b", "OWNS", ()).with_assertions(sayings)
    assert fact.confidence == 0.9
    assert (left := fact.without({"1", "2"})) is not None
    assert left.confidence is None


def test_a_fact_has_the_property_that_most_sayings_by_its_own_relation_give() -> None:
    given = [("OWNS", "P1830"), ("OWNS", None), ("BOUGHT", "P127"), ("BOUGHT", "P127")]
    sayings = [replace(said(relation, "A has B."), episode=str(at), wikidata=one) for at, (relation, one) in enumerate(given)]
    assert AssertedFact("f", "a", "b", "OWNS", ()).with_assertions(sayings).wikidata == "P1830"
    assert AssertedFact("f", "a", "b", "HAS", ()).with_assertions(sayings).wikidata == "P127"
    assert AssertedFact("f", "a", "b", "OWNS", ()).with_assertions(sayings[1:2]).wikidata is None


def test_two_sayings_of_one_fact_can_go_to_two() -> None:
    own, buy = said("OWNS", "A owns B."), said("BOUGHT", "A bought B.")
    names = {"f": {own.key: ("f", "OWNS"), buy.key: ("g", "BOUGHT")}}
    assert rename_asserted_facts([own.pack("f"), buy.pack("f"), own.pack("h")], names) == [
        own.pack("f"),
        buy.pack("g"),
        own.pack("h"),
    ]
    assert rename_asserted_facts(None, names) is None


def test_one_that_was_written_without_its_relation_goes_by_its_sentence_and_has_it_then() -> None:
    old = json.dumps(["f", "e", AT.isoformat(), None, None, "A owns B."])
    names = {"f": {statement_key("BOUGHT", "A bought B."): ("g", "BOUGHT"), statement_key("OWNS", "A owns B."): ("f", "OWNS")}}
    assert rename_asserted_facts([old], names) == [said("OWNS", "A owns B.").pack("f")]
    assert rename_asserted_facts([old], {}) == [said("", "A owns B.").pack("f")]
