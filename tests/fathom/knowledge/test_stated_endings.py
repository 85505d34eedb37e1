"""A fact that says an end ends what says the same without one: in another tense, denied, left or moved from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.graph.write.aggregates import _row
from fathom.knowledge.assertions import AssertedFact, Assertion, unpack
from fathom.knowledge.fact_validity import DEFAULT_RULES, Claim, compute_validity, override_rules, role_by_types
from fathom.knowledge.stated_endings import parse_relation

CAME = datetime(2026, 11, 29, tzinfo=UTC)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def fact(
    source: str,
    relation: str,
    target: str,
    since: int | None = None,
    until: int | None = None,
    *,
    document: int | None = None,
    said: tuple[str | None, str | None] = (None, None),
    slot: str | None = None,
) -> Claim:
    """The claim of a fact by its dates, and by the date of its document where that has its own."""
    at, came = (year(document), CAME) if document else (CAME, None)
    dates = (since and year(since), until and year(until))
    one = Assertion("e", "words", at, dates[0] or None, dates[1] or None, None, relation, *said, came, slot)
    return AssertedFact(f"{source} {relation} {target} {since} {until}", source, target, relation, (one,)).claim()


def held(*claims: Claim) -> list[tuple[int | None, int | None]]:
    """From which year and until which each of the claims holds."""
    found = compute_validity(claims, DEFAULT_RULES)
    shuffled = compute_validity(reversed(claims), DEFAULT_RULES)
    assert found == shuffled
    ends = [(one, found[one.uuid]) for one in claims]
    return [(one.begins.year if now.begun else None, now.invalid_at.year if now.invalid_at else None) for one, now in ends]


@pytest.mark.case(76)
def test_a_fact_of_which_only_an_end_is_told_has_no_beginning() -> None:
    assert held(fact("Kiran", "WORKED_ON", "Atlas", None, 2025)) == [(None, 2025)]
    assert held(fact("Kiran", "WORKED_ON", "Atlas", None, 2025, document=2026)) == [(None, 2025)]
    assert held(fact("Kiran", "WORKED_ON", "Atlas", None, 2025, document=2024)) == [(None, 2025)]


@pytest.mark.case(67)
def test_a_fact_whose_beginning_could_not_be_read_has_none() -> None:
    assert held(fact("Caesar", "CONQUERED", "Gaul", said=("58 BC", None))) == [(None, None)]


@pytest.mark.case(78)
@pytest.mark.parametrize(
    ("open_one", "over"),
    [
        ("WORKS_ON", "WORKED_ON"),
        ("IS_WORKING_ON", "HAS_WORKED_ON"),
        ("LIVES_IN", "LIVED_IN"),
        ("STUDIES_AT", "STUDIED_AT"),
        ("LEADS", "LED"),
        ("OWNS", "OWNED"),
        ("MANAGES", "MANAGED"),
        ("CEO_OF", "WAS_CEO_OF"),
        ("HOLDS", "HELD"),
    ],
)
def test_a_told_end_ends_the_same_in_another_tense(open_one: str, over: str) -> None:
    assert held(fact("A", open_one, "B", 2024), fact("A", over, "B", None, 2025)) == [(2024, 2025), (None, 2025)]
    # without a date of its own it began before its end
    assert held(fact("A", open_one, "B"), fact("A", over, "B", None, 2025)) == [(None, 2025), (None, 2025)]


@pytest.mark.case(79)
@pytest.mark.parametrize(
    "denial",
    [
        "NOT_CEO_OF",
        "NO_LONGER_CEO_OF",
        "IS_NO_LONGER_CEO_OF",
        "FORMER_CEO_OF",
        "CEASED_TO_BE_CEO_OF",
        "STEPPED_DOWN_AS_CEO_OF",
        "RESIGNED_AS_CEO_OF",
        "EX_CEO_OF",
        "LEFT",
    ],
)
def test_a_denial_ends_what_it_denies(denial: str) -> None:
    assert held(fact("E", "CEO_OF", "G", 2010), fact("E", denial, "G", 2020)) == [(2010, 2020), (2020, None)]
    assert held(fact("G", "HAS_CEO", "E", 2010), fact("E", denial, "G", 2020))[0] == (2010, None if denial == "LEFT" else 2020)
    assert held(fact("E", "CEO_OF", "G", 2010), fact("E", denial, "G", None, 2020))[0] == (2010, 2020)
    assert held(fact("E", "FOUNDED", "G", 2010), fact("E", denial, "G", 2020))[0] == (2010, None)
    assert held(fact("E", "CEO_OF", "H", 2010), fact("E", denial, "G", 2020))[0] == (2010, None)
    assert held(fact("E", "CEO_OF", "G", 2022), fact("E", denial, "G", 2020))[0] == (2022, None)


@pytest.mark.parametrize("denial", ["DID_NOT_ACQUIRE", "WILL_NOT_ACQUIRE", "NEVER_ACQUIRED", "COULD_NOT_ACQUIRE"])
def test_what_is_said_not_to_have_happened_ends_nothing(denial: str) -> None:
    assert held(fact("A", "ACQUIRED", "B", 2010), fact("A", denial, "B", 2020))[0] == (2010, None)


@pytest.mark.case(77)
@pytest.mark.parametrize("leaving", ["MOVED_FROM", "LEFT", "RELOCATED_FROM", "MOVED_AWAY_FROM", "EMIGRATED_FROM"])
def test_who_left_a_place_no_longer_lives_there(leaving: str) -> None:
    assert held(fact("L", "LIVES_IN", "W", 2020), fact("L", leaving, "W", 2023)) == [(2020, 2023), (2023, None)]
    assert held(fact("L", "BORN_IN", "W", 1990), fact("L", leaving, "W", 2023))[0] == (1990, None)


@pytest.mark.case(77)
def test_who_moved_to_a_place_no_longer_lives_elsewhere() -> None:
    assert role_by_types("MOVED_TO", "Person", "Location") == "home"
    assert role_by_types("MOVED_TO", "Person", "Organization") is None
    assert role_by_types("RELOCATED_TO", "Organization", "Location") == "seat"
    assert role_by_types("LIVES_IN", "Person", "Location") is None
    moved = fact("L", "MOVED_TO", "Electronic City", 2023, slot="home")
    assert held(fact("L", "LIVES_IN", "Whitefield", 2020), moved) == [(2020, 2023), (2023, None)]
    assert held(fact("L", "LIVES_IN", "Whitefield", 2020), fact("L", "MOVED_TO", "Google", 2023))[0] == (2020, None)


@pytest.mark.case(80)
def test_a_report_without_a_date_is_ordered_by_its_documents_own_date() -> None:
    ada, bert, cleo = (
        fact(who, "CEO_OF", "Works", document=when) for who, when in (("Ada", 2019), ("Bert", 2021), ("Cleo", 2023))
    )
    assert held(ada, bert, cleo) == [(2019, 2021), (2021, 2023), (2023, None)]
    assert held(fact("Ada", "CEO_OF", "Works", 2010), bert) == [(2010, 2021), (2021, None)]
    # the day on which a document came orders nothing
    assert held(fact("Ada", "CEO_OF", "Works"), fact("Bert", "CEO_OF", "Works")) == [(2026, None), (2026, None)]


@pytest.mark.case(80)
def test_who_is_reported_again_later_is_the_one() -> None:
    again = fact("Ada", "CEO_OF", "Works", document=2019)
    again = replace(again, reports=(year(2019), year(2023)))
    assert held(again, fact("Bert", "CEO_OF", "Works", document=2021)) == [(2019, None), (2021, 2023)]


@pytest.mark.case(80)
def test_a_document_that_says_it_still_holds_after_the_end_is_believed() -> None:
    over = fact("A", "WORKED_ON", "B", None, 2025)
    assert held(fact("A", "WORKS_ON", "B", document=2026), over)[0] == (2026, None)
    assert held(fact("A", "WORKS_ON", "B", document=2024), over)[0] == (2024, 2025)


def test_a_period_does_not_end_what_began_before_it() -> None:
    assert held(fact("A", "WORKS_ON", "B", 1980), fact("A", "WORKED_ON", "B", 1990, 1994))[0] == (1980, None)
    assert held(fact("A", "WORKS_ON", "B", 1991), fact("A", "WORKED_ON", "B", 1990, 1994))[0] == (1991, 1994)


def test_an_end_in_the_year_of_the_beginning_is_not_before_it() -> None:
    began = replace(fact("A", "WORKS_ON", "B", 2020), begins=datetime(2020, 5, 3, tzinfo=UTC))
    over = fact("A", "WORKED_ON", "B", None, 2020, said=(None, "2020"))
    found = compute_validity([began, over], DEFAULT_RULES)[began.uuid]
    assert (found.invalid_at, found.begun) == (datetime(2020, 12, 31, tzinfo=UTC), True)


def test_a_collections_own_relation_is_ended_by_its_denial() -> None:
    rules = override_rules({"MOORED_AT": "source"})
    claims = [fact("Star", "MOORED_AT", "Quay", 1970), fact("Star", "NO_LONGER_MOORED_AT", "Quay", 1980)]
    assert compute_validity(claims, rules)[claims[0].uuid].invalid_at == year(1980)


@pytest.mark.parametrize(
    ("relation", "kind", "stems"),
    [
        ("WORKS_FOR", "holds", "WORK FOR"),
        ("WAS_WORKING_FOR", "holds", "WORK FOR"),
        ("NO_LONGER_WORKS_FOR", "not", "WORK FOR"),
        ("STOPPED_WORKING_FOR", "not", "WORK FOR"),
        ("FORMERLY_EMPLOYED_BY", "over", "EMPLOY BY"),
        ("HAS_LEFT", "leaves", ""),
        ("FORMER", "holds", "FORMER"),
        ("NOT", "holds", "NOT"),
        ("", "holds", ""),
    ],
)
def test_meaning(relation: str, kind: str, stems: str) -> None:
    found = parse_relation(relation)
    assert (found.kind, found.stems) == (kind, stems)


DAYS = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(lambda at: at.replace(hour=0))
SAYING = st.tuples(
    st.sampled_from(["Ada", "Bo"]),
    st.sampled_from(["CEO_OF", "WAS_CEO_OF", "NO_LONGER_CEO_OF", "HAS_CEO", "LIVES_IN", "LEFT", "MOVED_TO", "WORKED_ON"]),
    st.sampled_from(["Works", "Town"]),
    st.builds(
        Assertion,
        st.uuids().map(str),
        st.just("words"),
        DAYS,
        st.none() | DAYS,
        st.none() | DAYS,
        st.sampled_from([None, "source", "both"]),
        st.just(""),
        st.sampled_from([None, "58 BC", "2001"]),
        st.sampled_from([None, "the 1990s", "2010"]),
        st.none() | st.just(CAME),
        st.sampled_from([None, "home"]),
    ),
)


def written(said: list[tuple[str, str, str, Assertion]]) -> dict[str, AssertedFact]:
    """The facts once all that is said was written, one saying after another."""
    facts: dict[str, AssertedFact] = {}
    for source, relation, target, one in said:
        uuid = f"{source} {relation} {target}"
        empty = facts.get(uuid) or AssertedFact(uuid, source, target, relation, ())
        facts[uuid] = empty.with_assertions([replace(one, relation=relation)])
    return facts


@pytest.mark.case(76)
@given(st.lists(SAYING, max_size=10, unique_by=lambda one: one[3].episode), st.randoms())
def test_no_interval_ends_before_it_begins_in_whatever_order_it_was_written(
    said: list[tuple[str, str, str, Assertion]], random: Any
) -> None:
    facts = written(said)
    found = compute_validity([one.claim() for one in facts.values()], DEFAULT_RULES)
    random.shuffle(said)
    again = written(said)
    assert compute_validity([again[uuid].claim() for uuid in sorted(again)], DEFAULT_RULES) == found
    for uuid, one in facts.items():
        row = _row("c", one, one.claim(), found[uuid])
        assert row["valid_at"] is None or row["invalid_at"] is None or row["valid_at"] <= row["invalid_at"]
        assert row == _row("c", again[uuid], again[uuid].claim(), found[uuid])
        assert all(unpack(saying.pack(uuid)) == (uuid, saying) for saying in one.assertions)
        if row["valid_at"] is not None:  # a start is told by somebody, or is the date of a text that tells nothing else
            starts = {saying.valid_at for saying in one.assertions} | {saying.at for saying in one.assertions if saying.undated}
            assert row["valid_at"] in starts
