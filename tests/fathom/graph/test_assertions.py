"""What mentions keep of facts goes with these to other uuids, also where it was written without its relation."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from fathom.graph.assertions import Assertion, renamed, saying_key, unpacked

AT = datetime(2024, 1, 1, tzinfo=UTC)


def said(relation: str, words: str) -> Assertion:
    return Assertion("e", words, AT, None, None, None, relation)


def test_what_is_packed_is_what_is_unpacked() -> None:
    one = Assertion("e", "A owns B.", AT, AT, None, "source", "OWNS")
    assert unpacked(one.packed("f")) == ("f", one)


def test_two_sayings_of_one_fact_can_go_to_two() -> None:
    own, buy = said("OWNS", "A owns B."), said("BOUGHT", "A bought B.")
    names = {"f": {own.key: ("f", "OWNS"), buy.key: ("g", "BOUGHT")}}
    assert renamed([own.packed("f"), buy.packed("f"), own.packed("h")], names) == [
        own.packed("f"),
        buy.packed("g"),
        own.packed("h"),
    ]
    assert renamed(None, names) is None


def test_one_that_was_written_without_its_relation_goes_by_its_sentence_and_has_it_then() -> None:
    old = json.dumps(["f", "e", AT.isoformat(), None, None, "A owns B."])
    names = {"f": {saying_key("BOUGHT", "A bought B."): ("g", "BOUGHT"), saying_key("OWNS", "A owns B."): ("f", "OWNS")}}
    assert renamed([old], names) == [said("OWNS", "A owns B.").packed("f")]
    assert renamed([old], {}) == [said("", "A owns B.").packed("f")]
