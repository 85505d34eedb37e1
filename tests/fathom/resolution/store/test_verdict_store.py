"""Verdicts on names: durable, each once, known by whoever asks of any name that hangs together with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.knowledge.context_isolation import SourceDocument
from fathom.resolution.store.fact_verdict_store import FactVerdictStore
from fathom.resolution.store.verdict_store import NameVerdictStore
from fathom.tables import compared_names, name_verdicts, tentative_matches, verdict_scopes

BY = {"model": "m/1", "prompt": "same-names-1"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def verdicts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NameVerdictStore]:
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path / 'fathom.db'}"
    engine = open_database(url)
    yield NameVerdictStore(engine)
    with engine.begin() as connection:
        connection.execute(compared_names.delete())
        connection.execute(name_verdicts.delete())
        connection.execute(tentative_matches.delete())
        connection.execute(verdict_scopes.delete())
    engine.dispose()


def test_a_name_brings_all_that_hangs_together_with_it(verdicts: NameVerdictStore) -> None:
    verdicts.record("a", {("b", "c"): True, ("c", "d"): True, ("b", "d"): False, ("d", "e"): False, ("x", "y"): True}, **BY)
    same, apart = verdicts.closure_of("a", ["d"])
    assert same == {("b", "c"), ("c", "d")}
    assert apart == {("b", "d")}
    assert verdicts.closure_of("other", ["d"]) == (frozenset(), frozenset())
    assert verdicts.of("a", [("b", "d"), ("b", "e"), ("x", "y")]) == {("b", "d"): False, ("x", "y"): True}


def test_an_initial_brings_the_names_of_its_kin_that_are_one_with_others(verdicts: NameVerdictStore) -> None:
    verdicts.mark_compared(
        "a", {"mary jones": ("m jones", None), "may jones": ("m jones", None), "may baker": ("m baker", None)}
    )
    verdicts.record("a", {("mary jones", "mary jones baker"): True}, **BY)
    assert verdicts.closure_of("a", ["m jones"], ["m jones"])[0] == {("mary jones", "mary jones baker")}
    assert verdicts.closure_of("a", ["m baker"], ["m baker"])[0] == frozenset()


def test_what_was_said_first_stands(verdicts: NameVerdictStore) -> None:
    verdicts.record("a", {("b", "c"): True}, **BY)
    verdicts.record("a", {("b", "c"): False, ("c", "d"): False}, **BY)
    assert verdicts.of("a", [("b", "c"), ("c", "d")]) == {("b", "c"): True, ("c", "d"): False}
    told = verdicts.decided_at("a", ["b", "c"])
    assert told[("b", "c")] < told[("c", "d")]
    assert verdicts.decided_at("other", ["b", "c"]) == {}


def test_a_name_is_compared_once_until_it_is_forgotten(verdicts: NameVerdictStore) -> None:
    assert not verdicts.has_any("a")
    verdicts.mark_compared("a", {"b": ("b", b"\xff\x00"), "c": (None, None)})
    assert verdicts.uncompared("a", {"b", "c", "d"}) == {"d"}
    assert verdicts.uncompared("other", {"b"}) == {"b"}
    assert verdicts.compared_names("a", limit=9) == {"b": b"\xff\x00", "c": None}
    assert len(verdicts.compared_names("a", limit=1)) == 1
    assert verdicts.compared_names("other", limit=9) == {}
    verdicts.record("a", {("b", "c"): True, ("c", "d"): False}, **BY)
    verdicts.retain("a", {"c", "d"})
    assert verdicts.uncompared("a", {"b", "c"}) == {"b"}
    assert verdicts.of("a", [("b", "c"), ("c", "d")]) == {("c", "d"): False}
    verdicts.retain("a", set())
    assert not verdicts.has_any("a")
    assert verdicts.of("a", [("c", "d")]) == {}


def test_a_long_chain_of_names_is_found_from_its_end(verdicts: NameVerdictStore) -> None:
    many = {f"name {number:05}": (None, None) for number in range(200)}
    verdicts.mark_compared("a", many)
    assert verdicts.uncompared("a", {*many, "another"}) == {"another"}
    chain = list(many)
    verdicts.record("a", dict.fromkeys(pairwise(chain), True), **BY)
    assert len(verdicts.closure_of("a", chain[:1])[0]) == 199


def test_what_was_called_one_in_sight_of_others_waits_until_it_has_a_verdict_or_is_gone(verdicts: NameVerdictStore) -> None:
    pairs = [("b", "c"), ("c", "d"), ("d", "e")]
    verdicts.record("a", {("x", "y"): False}, pairs, **BY)
    assert verdicts.tentative_matches("a", [*pairs, ("x", "y")]) == {*pairs}
    assert verdicts.of("a", pairs) == {}
    assert verdicts.closure_of("a", ["b", "c", "d", "e"]) == (frozenset(), frozenset())
    assert verdicts.tentative_matches("other", pairs) == set()
    verdicts.record("a", {("b", "c"): True, ("c", "d"): False}, **BY)
    assert verdicts.tentative_matches("a", pairs) == {("d", "e")}
    verdicts.retain("a", ["e"])
    assert not verdicts.has_any("a")


def test_what_is_told_alone_stands_above_what_was_told_in_sight_of_others(verdicts: NameVerdictStore) -> None:
    one, two, three = ("b", "c"), ("c", "d"), ("d", "e")
    ours, theirs = (
        frozenset((SourceDocument(f"a/{name}.md", name), SourceDocument("a/x.md", "x"))) for name in ("ours", "theirs")
    )
    for company in (ours, theirs, ours):
        verdicts.record("a", {one: True, two: True, three: True, ("x", "y"): False}, sources=company, **BY)
    assert Counter(verdicts.scopes("a", ["b"])[one]) == Counter([ours, theirs])
    assert verdicts.scopes("a", ["y"]) == verdicts.scopes("other", ["b", "d"]) == {}
    verdicts.record("a", {one: False, two: True}, **BY)
    assert verdicts.of("a", [one, two, three]) == {one: False, two: True, three: True}
    assert verdicts.scopes("a", ["c", "e"]).keys() == {three}
    verdicts.retain("a", ["d"])
    assert verdicts.scopes("a", ["d"]) == {}


def test_what_waits_of_names_is_not_what_waits_of_facts(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    names, facts = NameVerdictStore(engine), FactVerdictStore(engine)
    names.record("a", {}, [("b", "c")], **BY)
    assert (names.tentative_matches("a", [("b", "c")]), facts.tentative_matches("a", [("b", "c")])) == ({("b", "c")}, set())
    facts.retain("a", [])
    assert names.has_any("a")
