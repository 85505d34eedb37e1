"""What was compared of facts: once between two things and since one day, until it is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.resolution.store.fact_verdict_store import FactVerdictStore

ACME, LOTUS, SINCE = ("ada", "acme"), ("ada", "lotus"), datetime(2024, 5, 6, tzinfo=UTC)
BY = {"model": "m/1", "prompt": "same-facts-1"}


def test_a_sentence_is_compared_once_between_two_things_and_since_one_day(tmp_path: Path) -> None:
    facts = FactVerdictStore(open_database(f"sqlite:///{tmp_path / 'fathom.db'}"))
    here, later, there = ("s", None, *ACME), ("s", SINCE, *ACME), ("s", None, *LOTUS)
    facts.mark_compared("a", [here])
    facts.mark_compared("a", [here, later])
    assert facts.uncompared("a", {here, later, there}) == {there}
    assert facts.uncompared("other", {here}) == {here}
    facts.mark_uncompared("a", [here])
    assert facts.uncompared("a", {here, later, there}) == {here, there}
    facts.mark_compared("a", [here, there])
    facts.retain("a", ["s"], [there])
    assert facts.uncompared("a", {here, later, there}) == {here, later}
    facts.retain("a", [])
    assert not facts.has_any("a")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def test_where_both_of_two_were_compared_is_known(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> None:
    postgres = database == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path / 'fathom.db'}"
    facts = FactVerdictStore(open_database(url))
    facts.mark_compared("a", [("s", None, *ACME), ("t", SINCE, *ACME), ("s", SINCE, *LOTUS), ("t2", None, *LOTUS)])
    assert facts.entity_pairs_of("a", [("s", "t")]) == {ACME}
    assert facts.entity_pairs_of("other", [("s", "t")]) == set()
    facts.retain("a", [])


def test_of_relations_something_is_kept_too(tmp_path: Path) -> None:
    facts = FactVerdictStore(open_database(f"sqlite:///{tmp_path / 'fathom.db'}"))
    facts.relations.record("a", {("BOUGHT", "SUED"): False}, **BY)
    assert facts.has_any("a")
    facts.relations.retain("a", ["BOUGHT"])
    assert not facts.has_any("a")
