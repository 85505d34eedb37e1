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
    facts.mark_judged("a", [here])
    facts.mark_judged("a", [here, later])
    assert facts.unjudged("a", {here, later, there}) == {there}
    assert facts.unjudged("other", {here}) == {here}
    facts.mark_unjudged("a", [here])
    assert facts.unjudged("a", {here, later, there}) == {here, there}
    facts.mark_judged("a", [here, there])
    facts.keep_only("a", ["s"], [there])
    assert facts.unjudged("a", {here, later, there}) == {here, later}
    facts.keep_only("a", [])
    assert not facts.any("a")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def test_where_both_of_two_were_compared_is_known(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> None:
    postgres = database == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path / 'fathom.db'}"
    facts = FactVerdictStore(open_database(url))
    facts.mark_judged("a", [("s", None, *ACME), ("t", SINCE, *ACME), ("s", SINCE, *LOTUS), ("t2", None, *LOTUS)])
    assert facts.both_said("a", [("s", "t")]) == {ACME}
    assert facts.both_said("other", [("s", "t")]) == set()
    facts.keep_only("a", [])


def test_of_relations_something_is_kept_too(tmp_path: Path) -> None:
    facts = FactVerdictStore(open_database(f"sqlite:///{tmp_path / 'fathom.db'}"))
    facts.relations.record("a", {("BOUGHT", "SUED"): False}, **BY)
    assert facts.any("a")
    facts.relations.keep_only("a", ["BOUGHT"])
    assert not facts.any("a")
